{{ config(materialized='view') }}
-- The rows of int_event_days up to the clock of the run, with the user they belong to.
select
    days.happened_on, days.actor_key, days.name_key, actors.user_id, actors.company_id,
    days.event_count, days.first_at, days.last_at
from {{ ref('int_event_days') }} as days
inner join {{ ref('int_actors_resolved') }} as actors
    on actors.actor_key = days.actor_key and actors.stated_user_id is not null
where days.last_at <= {{ as_of() }}
union all
select happened_on, actor_key, name_key, user_id, company_id, event_count, first_at, last_at
from {{ ref('int_event_days_looked_into') }}
