-- The months and weeks (Monday to Sunday, UTC) that reports show, the newest not over yet; two months ahead for forecasts;
-- and one period that holds everything.
with numbers as (
    {{ dbt.generate_series(150) }}
),
today as (
    select cast({{ as_of() }} as date) as today
),
starts as (
    select
        'month' as period_type,
        cast({{ dbt.dateadd('month', 'cast(3 - numbers.generated_number as int)', month_of('today.today')) }} as date) as period_start
    from numbers
    cross join today
    where numbers.generated_number <= {{ whole_report_setting('months_shown') }} + 3
    union all
    select 'week', {{ days_after('cast(7 * (1 - numbers.generated_number) as int)', week_of('today.today')) }}
    from numbers
    cross join today
    where numbers.generated_number <= {{ whole_report_setting('weeks_shown') }} + 1
),
periods as (
    select
        period_type,
        period_start,
        case
            when period_type = 'month' then cast({{ dbt.dateadd('month', 1, 'period_start') }} as date)
            else {{ days_after(7, 'period_start') }}
        end as period_end
    from starts
    union all
    select 'ever', {{ ever() }}, {{ days_after(1, 'today') }} from today
)
select
    periods.period_type,
    periods.period_start,
    periods.period_end,
    cast(periods.period_end as timestamp) <= {{ as_of() }} or periods.period_type = 'ever' as is_complete,
    cast(periods.period_start as timestamp) > {{ as_of() }} as is_ahead
from periods
