-- The last week that is over beside the weeks before it, of one segment at a time.
with weeks as (
    select
        metrics.metric_id,
        metrics.segment_type,
        metrics.segment,
        metrics.period_start,
        metrics.value,
        row_number() over (
            partition by metrics.metric_id, metrics.segment_type, metrics.segment order by metrics.period_start desc
        ) as place
    from {{ ref('metrics') }} as metrics
    where metrics.period_type = 'week'
        and metrics.is_complete
        and metrics.segment_type <> 'owner'
        and metrics.segment <> 'unknown'
        and metrics.metric_id in ('signups', 'new_pqls', 'pqls_present', 'active_users')
),
summed as (
    select
        metric_id,
        segment_type,
        segment,
        max(case when place = 1 then period_start end) as week_start,
        max(case when place = 1 then value end) as value,
        count(case when place > 1 then value end) as usual_weeks,
        sum(case when place > 1 then value end) as summed,
        sum(case when place > 1 then value * value end) as summed_squares
    from weeks
    where place <= 1 + {{ whole_report_setting('attention_weeks') }}
    group by metric_id, segment_type, segment
),
-- Sums of counts are exact in whatever order; what databases make of deviations is not.
compared as (
    select
        summed.*,
        summed.summed / nullif(usual_weeks, 0) as usual_value,
        sqrt(greatest(summed_squares - summed.summed * summed.summed / nullif(usual_weeks, 0), 0) / nullif(usual_weeks - 1, 0)) as usual_deviation
    from summed
),
judged as (
    select
        compared.*,
        case when usual_value > 0 then 100 * (value - usual_value) / usual_value end as change_pct,
        {{ is_few('greatest(value, usual_value)') }} as is_small
    from compared
)
select
    metric_id,
    segment_type,
    segment,
    week_start,
    value,
    usual_weeks,
    usual_value,
    usual_deviation,
    change_pct,
    is_small,
    -- Fewer than four weeks are no history.
    case
        when usual_weeks >= 4 and value is not null then
            not is_small
            and abs(value - usual_value) > {{ whole_report_setting('attention_deviations') }} * usual_deviation
            and 100 * abs(value - usual_value) >= {{ whole_report_setting('attention_change_pct') }} * usual_value
    end as needs_attention
from judged
