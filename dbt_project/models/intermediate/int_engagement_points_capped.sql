-- What each rule adds to the score: first the cap of its group is given out, then the hundred of the whole score, to the
-- rule with the most points first.
with running as (
    select
        points.user_id,
        points.rule_id,
        points.points_decayed,
        cast(groups.cap as {{ type_points() }}) as cap,
        sum(points.points_decayed) over (
            partition by points.user_id, points.score_group
            order by points.points_decayed desc, points.rule_id
            rows between unbounded preceding and current row
        ) as running_points
    from {{ ref('int_engagement_points_decayed') }} as points
    inner join {{ ref('score_groups') }} as groups on groups.score_group = points.score_group
),
of_groups as (
    select user_id, rule_id, {{ points_left('points_decayed', 'running_points', 'cap') }} as points
    from running
),
running_in_all as (
    select
        of_groups.*,
        sum(points) over (
            partition by user_id order by points desc, rule_id rows between unbounded preceding and current row
        ) as running_points
    from of_groups
)
select user_id, rule_id, {{ points_left('points', 'running_points', '100') }} as points
from running_in_all
