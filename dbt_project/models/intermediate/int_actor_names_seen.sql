-- What each actor did as each user, up to the clock of the run: many rows of days read once, for all who ask how often something
-- was done and when first and last.
select
    actor_key,
    user_id,
    name_key,
    cast(sum(event_count) as bigint) as event_count,
    min(first_at) as first_at,
    max(last_at) as last_at
from {{ ref('int_event_days_identified') }}
group by actor_key, user_id, name_key
