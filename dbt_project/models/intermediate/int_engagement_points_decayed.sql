-- The points of each rule that is switched on, before and after decay; none where it is not met.
with met as (
    select
        met.*,
        rules.label,
        rules.operator,
        rules.threshold,
        rules.points,
        rules.is_per_occurrence,
        rules.max_points,
        rules.score_group,
        case when groups.decays then rules.decay else 'none' end as decay,
        rules.decay_days,
        {{ elapsed_microseconds('met.last_met_at', as_of()) }} as age_microseconds
    from {{ ref('int_engagement_rules_met') }} as met
    inner join {{ ref('engagement_rules') }} as rules on rules.rule_id = met.rule_id
    inner join {{ ref('score_groups') }} as groups on groups.score_group = rules.score_group
    where rules.is_enabled
),
full_points as (
    select
        met.*,
        case
            when not is_met then 0
            -- More often than this no cap is reached: 100 points are a million times the smallest there are.
            when is_per_occurrence then least(points * cast(least({{ whole_times('found', 'threshold') }}, 1000000) as decimal(7, 0)), max_points)
            else points
        end as points_full
    from met
),
weighted as (
    select
        full_points.*,
        cast(case when is_met then {{ decay_factor('decay', 'decay_days', 'age_microseconds') }} else 1 end as {{ type_points() }}) as decay_factor
    from full_points
)
select
    user_id,
    rule_id,
    label,
    score_group,
    is_met,
    found,
    operator,
    threshold,
    last_met_at,
    proof_event_id,
    cast(points_full as {{ type_points() }}) as points_full,
    decay_factor,
    cast(points_full * decay_factor as {{ type_points() }}) as points_decayed,
    case
        when is_met and decay = 'step'
        then {{ dbt.dateadd('day', 'decay_days * (1 + cast(' ~ whole_times('greatest(' ~ elapsed_microseconds('decays_from', as_of()) ~ ', 0)', 'decay_days * cast(86400000000 as bigint)') ~ ' as bigint))', 'decays_from') }}
    end as next_decay_at
from weighted
