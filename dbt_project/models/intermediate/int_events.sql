-- The one event table: what happened, what it means, who did it, and in which company they were when they did.
select
    events.event_id,
    events.source,
    events.user_id,
    coalesce(named.company_id, users.company_id) as company_id,
    case when taxonomy.event_type is null then coalesce(events.event_kind, events.source_event) else events.source_event end
        as source_event,
    coalesce(taxonomy.event_type, kinds.event_type, events.event_kind, events.source_event) as event_type,
    coalesce(taxonomy.is_activity, kinds.is_activity, false) as is_activity,
    coalesce(taxonomy.is_key_action, kinds.is_key_action, false) as is_key_action,
    coalesce(taxonomy.is_login, kinds.is_login, false) as is_login,
    coalesce(taxonomy.event_type, kinds.event_type) is not null as is_in_taxonomy,
    events.occurred_at,
    events.received_at,
    events.properties
from {{ ref('int_events_identified') }} as events
left join {{ ref('event_taxonomy') }} as taxonomy
    on taxonomy.source = events.source and taxonomy.source_event = events.source_event
-- A page that the taxonomy does not list by name means what pages mean.
left join {{ ref('event_taxonomy') }} as kinds
    on kinds.source = events.source and kinds.source_event = events.event_kind
left join {{ ref('int_companies_named') }} as named on named.company_id = events.company_id
left join {{ ref('int_users') }} as users on users.user_id = events.user_id
