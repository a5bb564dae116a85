{{ config(materialized='view') }}
-- What users did on each UTC day, up to the clock of the run: a row per event type and actor that the user acted as.
select
    days.user_id,
    days.actor_key,
    days.name_key,
    days.happened_on,
    meanings.event_type,
    meanings.is_activity,
    meanings.is_key_action,
    meanings.is_login,
    days.event_count,
    days.first_at,
    days.last_at
from {{ ref('int_event_days_identified') }} as days
inner join {{ ref('int_event_meanings') }} as meanings on meanings.name_key = days.name_key
where days.user_id is not null
