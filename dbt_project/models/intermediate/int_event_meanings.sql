-- What the names that sources give to events mean.
select
    names.name_key,
    names.source,
    names.source_event,
    names.event_kind,
    case when taxonomy.event_type is null then coalesce(names.event_kind, names.source_event) else names.source_event end
        as known_as,
    coalesce(taxonomy.event_type, kinds.event_type, names.event_kind, names.source_event) as event_type,
    coalesce(taxonomy.is_activity, kinds.is_activity, false) as is_activity,
    coalesce(taxonomy.is_key_action, kinds.is_key_action, false) as is_key_action,
    coalesce(taxonomy.is_login, kinds.is_login, false) as is_login,
    coalesce(taxonomy.event_type, kinds.event_type) is not null as is_in_taxonomy
from {{ ref('int_event_names') }} as names
left join {{ ref('event_taxonomy') }} as taxonomy
    on taxonomy.source = names.source and taxonomy.source_event = names.source_event
-- A page that the taxonomy does not list by name means what pages mean.
left join {{ ref('event_taxonomy') }} as kinds
    on kinds.source = names.source and kinds.source_event = names.event_kind
