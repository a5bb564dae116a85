with caps as (
    select least(cast(100 as {{ type_points() }}), cast(coalesce(min(cap), 100) as {{ type_points() }})) as cap
    from {{ ref('score_groups') }}
    where score = 'fit'
),
summed as (
    select user_id, cast(sum(points) as {{ type_points() }}) as points
    from {{ ref('int_fit_points') }}
    group by user_id
),
capped as (
    select
        people.user_id,
        least(coalesce(summed.points, cast(0 as {{ type_points() }})), caps.cap) as fit_points
    from {{ ref('int_people') }} as people
    left join summed on summed.user_id = people.user_id
    cross join caps
)
select user_id, fit_points, {{ round_half_up('fit_points') }} as fit_score
from capped
