with scores as (
    select * from {{ ref('contact_scores') }}
),
engagement as (
    select user_id, sum(decayed_points) as points
    from {{ ref('int_engagement_points_decayed') }}
    group by user_id
),
fit as (
    select user_id, sum(points) as points
    from {{ ref('int_fit_points') }}
    group by user_id
),
reasons as (
    select user_id, 'pql' as score_name, 'engagement' as kind, rule_id, label,
        cast(found as {{ dbt.type_string() }}) as found, last_met_at, decayed_points as points
    from {{ ref('int_engagement_points_decayed') }}
    union all
    select user_id, 'pql', 'negative', rule_id, label, found, null, points
    from {{ ref('int_negative_points') }}
    union all
    select user_id, 'fit', 'fit', rule_id, label, found, null, points
    from {{ ref('int_fit_points') }}
    -- What caps, the floor and rounding change is a reason too: without it the points would not add up to the score.
    union all
    select scores.user_id, 'pql', 'cap', 'cap', 'Cap of a group or of the whole score', null, null,
        scores.engagement_points - engagement.points
    from scores inner join engagement on engagement.user_id = scores.user_id
    union all
    select user_id, 'pql', 'floor', 'floor', 'A score is never below zero', null, null,
        pql_points - engagement_points - negative_points
    from scores
    union all
    select user_id, 'pql', 'rounding', 'rounding', 'Rounded to a whole number', null, null, pql_score - pql_points
    from scores
    union all
    select scores.user_id, 'fit', 'cap', 'cap', 'Cap of the whole score', null, null, scores.fit_points - fit.points
    from scores inner join fit on fit.user_id = scores.user_id
    union all
    select user_id, 'fit', 'rounding', 'rounding', 'Rounded to a whole number', null, null, fit_score - fit_points
    from scores
)
select
    user_id,
    score_name,
    kind,
    rule_id,
    label,
    found,
    cast(last_met_at as timestamp) as last_met_at,
    cast(points as {{ type_points() }}) as points
from reasons
where kind in ('engagement', 'negative', 'fit') or points <> 0
