with segment_types as (
    {{ segment_types() }}
),
split as (
    select segment_types.segment_type, {{ segment_of('deals', split_by() + ['owner']) }} as segment, deals.*
    from {{ ref('deals') }} as deals
    cross join segment_types
    where deals.deal_state = 'open'
)
select
    segment_type,
    segment,
    coalesce(stage, 'unknown') as stage,
    count(*) as deal_count,
    count(arr) as priced_count,
    -- Added up exactly: floats would depend on the order.
    cast(sum(arr) as {{ type_double() }}) as arr,
    cast(sum(cast(weighted_arr as decimal(28, 4))) as {{ type_double() }}) as weighted_arr,
    max(win_share) as win_share,
    max(win_share_of) as win_share_of,
    count(stage_age_days) as aged_count,
    cast({{ percentile('stage_age_days', 0.5) }} as {{ type_double() }}) as median_stage_age_days,
    cast({{ percentile('stage_age_days', 0.9) }} as {{ type_double() }}) as p90_stage_age_days,
    {{ is_few('count(*)') }} as is_small
from split
group by segment_type, segment, coalesce(stage, 'unknown')
