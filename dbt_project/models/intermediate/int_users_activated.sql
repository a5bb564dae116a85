-- A milestone is reached by one event: the day it fell on is known by counting, and mostly also when on that day.
with milestones as (
    select * from {{ ref('activation_milestones') }}
),
days as (
    select
        user_id, event_type, happened_on,
        sum(event_count) as event_count, min(first_at) as first_at, max(last_at) as last_at
    from {{ ref('int_user_event_days') }}
    group by user_id, event_type, happened_on
),
counted as (
    select
        days.*,
        milestones.milestone_id,
        milestones.min_count - sum(days.event_count) over (
            partition by days.user_id, milestones.milestone_id
            order by days.happened_on
            rows between unbounded preceding and current row
        ) + days.event_count as missing_count
    from days
    inner join milestones on milestones.event_type = days.event_type
),
-- Which of the events of its day it was.
days_reached as (
    select * from counted where missing_count between 1 and event_count
),
in_between as (
    select
        days_reached.user_id,
        days_reached.milestone_id,
        days_reached.missing_count,
        events.occurred_at,
        row_number() over (
            partition by days_reached.user_id, days_reached.milestone_id order by events.occurred_at, events.event_id
        ) as occurrence
    from {{ ref('int_events') }} as events
    inner join days_reached
        on days_reached.user_id = events.user_id
        and days_reached.event_type = events.event_type
        and days_reached.happened_on = cast(events.occurred_at as date)
        and days_reached.missing_count > 1
        and days_reached.missing_count < days_reached.event_count
    where events.occurred_at <= {{ as_of() }}
),
reached as (
    select user_id, case when missing_count = 1 then first_at else last_at end as reached_at
    from days_reached
    where missing_count = 1 or missing_count = event_count
    union all
    select user_id, occurred_at from in_between where occurrence = missing_count
)
select user_id, max(reached_at) as activated_at
from reached
group by user_id
having count(*) = (select count(*) from milestones)
