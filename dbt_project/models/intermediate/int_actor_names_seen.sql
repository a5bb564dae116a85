-- What each actor did as each user, up to the clock of the run: many rows of days read once, for all who ask how often something
-- was done and when first and last.
with looked_into as (
    select actor_key, user_id, name_key, event_count, first_at, last_at from {{ ref('int_event_days_looked_into') }}
),
-- An actor that says who it is is one user's, whatever the day: nobody needs to know whose before the days are added up.
added_up as (
    select actor_key, name_key, sum(event_count) as event_count, min(first_at) as first_at, max(last_at) as last_at
    from (
        select actor_key, name_key, event_count, first_at, last_at
        from {{ ref('int_event_days') }}
        where last_at <= {{ as_of() }}
        union all
        select actor_key, name_key, event_count, first_at, last_at from looked_into
    ) as days
    group by actor_key, name_key
)
select
    added_up.actor_key, actors.user_id, added_up.name_key,
    cast(added_up.event_count as bigint) as event_count, added_up.first_at, added_up.last_at
from added_up
inner join {{ ref('int_actors_resolved') }} as actors
    on actors.actor_key = added_up.actor_key and actors.stated_user_id is not null
union all
select
    visits.actor_key, visits.user_id, visits.name_key,
    cast(sum(visits.event_count) as bigint), min(visits.first_at), max(visits.last_at)
from looked_into as visits
inner join {{ ref('int_actors_resolved') }} as actors
    on actors.actor_key = visits.actor_key and actors.stated_user_id is null
group by visits.actor_key, visits.user_id, visits.name_key
