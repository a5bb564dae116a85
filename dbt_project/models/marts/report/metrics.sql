with facts as (
    select * from {{ ref('int_metric_facts') }}
),
segment_types as (
    {{ segment_types() }}
),
split as (
    select facts.*, segment_types.segment_type, {{ segment_of('facts', split_by() + ['owner']) }} as segment
    from facts
    cross join segment_types
),
counted as (
    select
        metric_id,
        period_type,
        period_start,
        segment_type,
        segment,
        sum(numerator) as numerator,
        sum(denominator) as denominator,
        count(measure) as measure_count,
        {{ percentile('measure', 0.5) }} as half,
        {{ percentile('measure', 0.9) }} as nine_of_ten
    from split
    where segment is not null
    group by metric_id, period_type, period_start, segment_type, segment
),
segments as (
    select metric_id, segment_type, segment from counted
    union distinct
    select metric_id, 'all', 'all' from {{ ref('metric_definitions') }}
),
-- A number is known of a period when it was looked at all through it; of what is found out later, once it had begun.
known_from as (
    select 'signups' as known_from, min(signed_up_at) as known_at from {{ ref('int_contact_stages') }}
    union all
    select 'history', {{ history_began_at() }}
    union all
    select 'usage', cast(min(period_start) as timestamp) from {{ ref('int_usage_periods') }}
    union all
    select 'handoffs', min(handed_off_at) from {{ ref('handoff_responses') }}
    union all
    select 'responses', min(case when response_state <> 'not_known' then handed_off_at end) from {{ ref('handoff_responses') }}
    union all
    select 'crm', min(sql_at) from {{ ref('int_contact_stages') }}
    union all
    select 'deals', min(created_at) from {{ ref('deals') }}
    union all
    select 'deals_and_history', case when count(is_pql_deal) > 0 then {{ history_began_at() }} end from {{ ref('deals') }}
),
spine as (
    select
        definitions.metric_id,
        definitions.kind,
        definitions.has_floor,
        segments.segment_type,
        segments.segment,
        periods.period_type,
        periods.period_start,
        periods.period_end,
        periods.is_complete,
        case
            when known_from.known_at is null then false
            when periods.period_type = 'ever' or definitions.kind = 'level' then cast(periods.period_end as timestamp) > known_from.known_at
            when definitions.known_from in ('history', 'deals_and_history') then cast(periods.period_start as timestamp) >= known_from.known_at
            else cast(periods.period_end as timestamp) > known_from.known_at
        end as is_known
    from {{ ref('metric_definitions') }} as definitions
    inner join segments on segments.metric_id = definitions.metric_id
    cross join {{ ref('int_report_periods') }} as periods
    left join known_from on known_from.known_from = definitions.known_from
    where (not periods.is_ahead or definitions.metric_id = 'forecast_arr')
        and not (periods.period_type = 'ever' and definitions.known_from = 'usage')
        and (periods.period_type = 'month' or definitions.metric_id <> 'forecast_arr')
),
valued as (
    select
        spine.*,
        cast(case when spine.is_known then
            case when spine.kind in ('median', 'p90') then counted.measure_count else coalesce(counted.numerator, 0) end
        end as {{ type_double() }}) as numerator,
        cast(case when spine.is_known then
            case
                when spine.kind in ('share', 'mean') then coalesce(counted.denominator, 0)
                when spine.kind in ('median', 'p90') then coalesce(counted.measure_count, 0)
            end
        end as {{ type_double() }}) as denominator,
        counted.half,
        counted.nine_of_ten
    from spine
    left join counted
        on counted.metric_id = spine.metric_id
        and counted.period_type = spine.period_type
        and counted.period_start = spine.period_start
        and counted.segment_type = spine.segment_type
        and counted.segment = spine.segment
),
computed as (
    select
        valued.*,
        cast(case
            when kind in ('count', 'sum', 'level') then numerator
            when denominator > 0 then
                case kind when 'median' then half when 'p90' then nine_of_ten else numerator / denominator end
        end as {{ type_double() }}) as value
    from valued
),
goals as (
    select
        goals.metric_id,
        periods.period_start,
        goals.goal,
        row_number() over (partition by goals.metric_id, periods.period_start order by goals.from_month desc) as place
    from {{ ref('goals') }} as goals
    inner join {{ ref('int_report_periods') }} as periods
        on periods.period_type = 'month'
        and cast({{ dbt.concat(['goals.from_month', "'-01'"]) }} as date) <= periods.period_start
)
select
    computed.metric_id,
    computed.segment_type,
    computed.segment,
    computed.period_type,
    computed.period_start,
    computed.period_end,
    computed.is_complete,
    computed.value,
    lag(computed.value) over (
        partition by computed.metric_id, computed.segment_type, computed.segment, computed.period_type
        order by computed.period_start
    ) as previous_value,
    cast(goals.goal as {{ type_double() }}) as goal,
    case when computed.kind not in ('median', 'p90') then computed.numerator end as numerator,
    computed.denominator,
    computed.denominator is not null and {{ is_few('computed.denominator') }} as is_small,
    computed.has_floor
        and not {{ is_few('computed.denominator') }}
        and coalesce(100 * computed.value < {{ whole_report_setting('conversion_floor_pct') }}, false)
        -- Of ever, the newest leads had no time to convert.
        and computed.period_type <> 'ever'
        and cast({{ dbt.dateadd('day', whole_report_setting('conversion_matures_days'), 'computed.period_end') }} as timestamp) <= {{ as_of() }}
            as is_below_floor
from computed
left join goals
    on computed.period_type = 'month'
    and computed.segment_type = 'all'
    and goals.metric_id = computed.metric_id
    and goals.period_start = computed.period_start
    and goals.place = 1
