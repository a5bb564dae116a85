{{ config(materialized='view') }}
{#
  The rows of int_event_days up to the clock of the run that cannot be said to be somebody's by their actor alone: those of
  visitors, and what is left of rows that the clock, or the change of an anonymous id from one user to the next, goes
  through; of these the events are looked at one by one.
#}
with days as (
    select happened_on, actor_key, name_key, event_count, first_at, last_at
    from {{ ref('int_event_days') }}
    where first_at <= {{ as_of() }}
),
turns as (
    select * from {{ ref('int_anonymous_users') }}
),
shared as (
    select distinct anonymous_id from turns
),
visitors as (
    select
        days.*,
        turns.user_id,
        actors.company_id,
        days.last_at > {{ as_of() }} or (shared.anonymous_id is not null and turns.anonymous_id is null) as is_divided
    from days
    inner join {{ ref('int_actors_resolved') }} as actors
        on actors.actor_key = days.actor_key and actors.stated_user_id is null
    left join shared on shared.anonymous_id = actors.anonymous_id
    left join turns
        on turns.anonymous_id = actors.anonymous_id
        and (turns.after_at is null or days.first_at > turns.after_at)
        and (turns.until_at is null or days.last_at <= turns.until_at)
),
divided as (
    select happened_on, actor_key, name_key from visitors where is_divided
    union all
    select days.happened_on, days.actor_key, days.name_key
    from days
    inner join {{ ref('int_actors_resolved') }} as actors
        on actors.actor_key = days.actor_key and actors.stated_user_id is not null
    where days.last_at > {{ as_of() }}
)
select happened_on, actor_key, name_key, user_id, company_id, event_count, first_at, last_at
from visitors
where not is_divided
union all
select
    events.happened_on, events.actor_key, events.name_key, events.user_id, events.company_id,
    1, events.occurred_at, events.occurred_at
from {{ ref('int_events_identified') }} as events
inner join divided
    on divided.happened_on = events.happened_on
    and divided.actor_key = events.actor_key
    and divided.name_key = events.name_key
where events.occurred_at <= {{ as_of() }}
