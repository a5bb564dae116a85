-- The one event table: what happened, what it means, who did it, and in which company they were when they did.
select
    events.event_id,
    'product' as source,
    events.user_id,
    coalesce(named.company_id, users.company_id) as company_id,
    events.source_event,
    coalesce(taxonomy.event_type, events.source_event) as event_type,
    coalesce(taxonomy.is_activity, false) as is_activity,
    coalesce(taxonomy.is_key_action, false) as is_key_action,
    coalesce(taxonomy.is_login, false) as is_login,
    taxonomy.event_type is not null as is_in_taxonomy,
    events.occurred_at,
    events.received_at,
    events.properties
from {{ ref('stg_product__events') }} as events
left join {{ ref('event_taxonomy') }} as taxonomy
    on taxonomy.source = 'product' and taxonomy.source_event = events.source_event
left join {{ ref('int_companies_named') }} as named on named.company_id = events.company_id
left join {{ ref('int_users') }} as users on users.user_id = events.user_id
