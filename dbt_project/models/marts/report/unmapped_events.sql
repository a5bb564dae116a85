select
    meanings.source,
    meanings.known_as as source_event,
    cast(sum(days.event_count) as bigint) as event_count,
    count(distinct days.user_id) as user_count,
    min(days.first_at) as first_at,
    max(days.last_at) as last_at
from {{ ref('int_actor_names_seen') }} as days
inner join {{ ref('int_event_meanings') }} as meanings
    on meanings.name_key = days.name_key
where not meanings.is_in_taxonomy
group by meanings.source, meanings.known_as
