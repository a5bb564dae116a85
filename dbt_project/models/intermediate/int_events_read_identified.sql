{{ config(materialized='view') }}
-- The events that are looked at one by one, up to the clock of the run, with the user they belong to.
select
    coalesce(actors.user_id, turns.user_id) as user_id,
    events.reading_id,
    events.event_id,
    events.happened_on,
    {{ microseconds_of('events.occurred_at') }} as occurred_microseconds,
    events.property_text,
    events.measure,
    events.divisor
from {{ ref('int_events_read') }} as events
inner join {{ ref('int_actors_resolved') }} as actors on actors.actor_key = events.actor_key
left join {{ ref('int_anonymous_users') }} as turns
    on actors.stated_user_id is null
    and {{ was_theirs('turns', 'actors.anonymous_id', 'events.occurred_at') }}
where events.occurred_at <= {{ as_of() }} and coalesce(actors.user_id, turns.user_id) is not null
