{{ config(materialized='view') }}
-- The one event table: what happened, what it means, who did it, and in which company they were when they did.
select
    events.event_id,
    events.source,
    events.user_id,
    events.name_key,
    {{ company_of('events') }} as company_id,
    meanings.known_as as source_event,
    meanings.event_type,
    meanings.is_activity,
    meanings.is_key_action,
    meanings.is_login,
    meanings.is_in_taxonomy,
    events.happened_on,
    events.occurred_at,
    events.received_at,
    events.properties
from {{ ref('int_events_identified') }} as events
inner join {{ ref('int_event_meanings') }} as meanings
    on meanings.name_key = events.name_key
{{ join_company_of('events') }}
