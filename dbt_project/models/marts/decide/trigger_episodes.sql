-- What is due, and why the rest waits.
{% set begins_at = dbt.dateadd('minute', 'min(not_before_minutes)', 'moment_at') %}
{% set due_at = dbt.dateadd('minute', 'min(due_minutes)', 'moment_at') %}
with still_open as (
    select * from {{ ref('int_trigger_actions_open') }}
),
judged as (
    select
        trigger_id, label, subject, subject_key, record_key, episode, moment_at, strength, is_begun, gives_way_to, gives_way_until,
        {{ begins_at }} as begins_at,
        {{ due_at }} as due_at,
        {{ dbt.dateadd('hour', 'max(expires_hours)', 'moment_at') }} as expires_at
    from still_open
    group by
        trigger_id, label, subject, subject_key, record_key, episode, moment_at, strength, is_begun, gives_way_to, gives_way_until
)
select
    trigger_id,
    label,
    subject,
    subject_key,
    record_key,
    cast(episode as bigint) as episode,
    moment_at,
    cast(strength as bigint) as strength,
    case
        when gives_way_to is not null then 'suppressed'
        when begins_at > {{ as_of() }} then 'later'
        else 'owed'
    end as episode_state,
    case
        when gives_way_to is not null then {{ dbt.concat(["'gives way to “'", 'gives_way_to', "'” until '", to_the_minute('gives_way_until')]) }}
        when begins_at > {{ as_of() }} then {{ dbt.concat(["'not before '", to_the_minute('begins_at')]) }}
        when expires_at <= {{ as_of() }} then {{ dbt.concat(["'its time ran out on '", to_the_minute('expires_at')]) }}
        else {{ dbt.concat(["case when is_begun then 'begun, the rest is due by ' else 'due by ' end", to_the_minute('due_at')]) }}
    end as because
from judged
