-- When each actor was seen as each user, up to the clock of the run.
select
    seen.actor_key,
    seen.user_id,
    min(seen.first_at) as first_at,
    max(seen.last_at) as last_at,
    max(case when meanings.is_activity then seen.last_at end) as last_active_at,
    max(case when meanings.is_login then seen.last_at end) as last_login_at
from {{ ref('int_actor_names_seen') }} as seen
inner join {{ ref('int_event_meanings') }} as meanings on meanings.name_key = seen.name_key
group by seen.actor_key, seen.user_id
