with aged as (
    select
        met.user_id,
        met.rule_id,
        met.found,
        met.last_met_at,
        rules.label,
        rules.threshold,
        rules.points,
        rules.score_group,
        rules.decay,
        rules.decay_days,
        {{ elapsed_microseconds('met.last_met_at', as_of()) }} as age_microseconds
    from {{ ref('int_engagement_rules_met') }} as met
    inner join {{ ref('engagement_rules') }} as rules on rules.rule_id = met.rule_id
),
weighted as (
    select aged.*, {{ decay_factor('decay', 'decay_days', 'age_microseconds') }} as decay_factor
    from aged
)
select
    user_id,
    rule_id,
    label,
    score_group,
    found,
    threshold,
    last_met_at,
    points,
    decay_factor,
    cast(points * decay_factor as {{ type_points() }}) as decayed_points
from weighted
