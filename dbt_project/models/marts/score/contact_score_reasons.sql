with scores as (
    select * from {{ ref('int_contacts_scored') }}
),
fit_running as (
    select
        fit.*,
        groups.score_group,
        cast(groups.cap as {{ type_points() }}) as cap,
        sum(fit.points) over (
            partition by fit.user_id order by fit.points desc, fit.rule_id rows between unbounded preceding and current row
        ) as running_points
    from {{ ref('int_fit_points') }} as fit
    inner join {{ ref('score_groups') }} as groups on groups.score = 'fit'
),
reasons as (
    select
        decayed.user_id, 'pql' as score_name, 'engagement' as kind, decayed.rule_id, decayed.label, decayed.score_group,
        decayed.is_met,
        {{ plain_number('decayed.found') }} as found,
        cast(null as {{ dbt.type_string() }}) as found_in,
        decayed.operator,
        decayed.threshold,
        decayed.points_full, decayed.decay_factor, decayed.points_decayed,
        capped.points,
        decayed.last_met_at,
        case when capped.points > 0 then decayed.next_decay_at end as next_decay_at,
        decayed.proof_event_id
    from {{ ref('int_engagement_points_decayed') }} as decayed
    inner join {{ ref('int_engagement_points_capped') }} as capped
        on capped.user_id = decayed.user_id and capped.rule_id = decayed.rule_id
    union all
    select
        user_id, 'pql', 'negative', rule_id, label, null, true, found, null, null, null,
        points, 1, points, points, null, null, null
    from {{ ref('int_negative_points') }}
    union all
    select
        user_id, 'fit', 'fit', rule_id, label, score_group, true, found, found_in, null, null,
        points, 1, points, {{ points_left('points', 'running_points', 'cap') }}, null, null, null
    from fit_running
    -- What the floor and rounding change is a reason too: without it the points would not add up to the score.
    union all
    select
        user_id, 'pql', 'floor', 'floor', 'A score falls no further', null, true, null, null, null, null,
        null, null, null, pql_points - engagement_points - negative_points, null, null, null
    from scores
    where pql_points <> engagement_points + negative_points
    union all
    select
        user_id, 'pql', 'rounding', 'rounding', 'Rounded to a whole number', null, true, null, null, null, null,
        null, null, null, pql_score - pql_points, null, null, null
    from scores
    where pql_score <> pql_points
    union all
    select
        user_id, 'fit', 'rounding', 'rounding', 'Rounded to a whole number', null, true, null, null, null, null,
        null, null, null, fit_score - fit_points, null, null, null
    from scores
    where fit_score <> fit_points
)
select
    user_id,
    score_name,
    kind,
    rule_id,
    label,
    score_group,
    is_met,
    found,
    found_in,
    operator,
    threshold,
    cast(points_full as {{ type_points() }}) as points_full,
    cast(decay_factor as {{ type_points() }}) as decay_factor,
    cast(points_decayed as {{ type_points() }}) as points_decayed,
    cast(points as {{ type_points() }}) as points,
    last_met_at,
    next_decay_at,
    proof_event_id
from reasons
