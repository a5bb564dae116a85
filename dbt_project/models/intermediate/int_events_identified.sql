{{ config(materialized='view') }}
-- Every event of every source, and the user it belongs to; null where a visitor was never identified.
select
    events.event_id,
    events.source,
    coalesce(aliases.user_id, events.user_id, turns.user_id) as user_id,
    events.user_id as stated_user_id,
    events.anonymous_id,
    events.company_id,
    events.source_event,
    events.event_kind,
    events.actor_key,
    events.name_key,
    events.happened_on,
    events.occurred_at,
    events.received_at,
    events.properties
from {{ ref('int_events_deduplicated') }} as events
left join {{ ref('int_user_aliases') }} as aliases on aliases.alias_user_id = events.user_id
left join {{ ref('int_anonymous_users') }} as turns
    on events.user_id is null
    and {{ was_theirs('turns', 'events.anonymous_id', 'events.occurred_at') }}
