with milestones as (
    select * from {{ ref('activation_milestones') }}
),
numbered as (
    select
        events.user_id,
        milestones.milestone_id,
        milestones.min_count,
        events.occurred_at,
        row_number() over (
            partition by events.user_id, milestones.milestone_id order by events.occurred_at, events.event_id
        ) as occurrence
    from {{ ref('int_events') }} as events
    inner join milestones on milestones.event_type = events.event_type
    where events.user_id is not null and events.occurred_at <= {{ as_of() }}
),
reached as (
    select user_id, milestone_id, occurred_at as reached_at
    from numbered
    where occurrence = min_count
)
select user_id, max(reached_at) as activated_at
from reached
group by user_id
having count(*) = (select count(*) from milestones)
