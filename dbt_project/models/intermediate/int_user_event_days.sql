{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='happened_on',
    on_schema_change='sync_all_columns',
    pre_hook="{{ forget_what_was_made_otherwise(['int_user_event_days', 'int_event_meanings']) }}",
    post_hook="delete from {{ this }} where event_count = 0",
) }}
{#
  One row per user, UTC day and event type, up to the clock of the run.

  A day is made again when its events changed (another build of int_event_days wrote it), when the clock saw another part of
  it, and all are when it is said otherwise who is who or what names mean.
#}
{% set models = ['int_user_event_days', 'int_event_meanings'] %}
with expected as (
    select
        happened_on,
        max(build_number) as build_number,
        sum(event_count) as stated_count,
        case
            when {{ dbt.dateadd('day', 1, 'happened_on') }} <= {{ as_of() }}
            then cast({{ dbt.dateadd('day', 1, 'happened_on') }} as timestamp)
            else {{ as_of() }}
        end as seen_until
    from {{ ref('int_event_days') }}
    where first_at <= {{ as_of() }}
    group by happened_on
),
said as (
    select {{ dbt.concat([
        fingerprint(ref('int_user_aliases'), ['alias_user_id', 'user_id']),
        "'/'",
        fingerprint(ref('int_anonymous_users'), ['anonymous_id', 'user_id', 'after_at', 'until_at']),
        "'/'",
        fingerprint(ref('event_taxonomy'), ['source', 'source_event', 'event_type', 'is_activity', 'is_key_action', 'is_login']),
    ]) }} as who_and_what
),
wanted as (
    select expected.*, said.who_and_what from expected cross join said
),
{% if goes_on() %}
found as (
    select
        happened_on, max(build_number) as build_number, max(stated_count) as stated_count, max(seen_until) as seen_until,
        max(who_and_what) as who_and_what
    from {{ this }}
    group by happened_on
),
changed as (
    select coalesce(wanted.happened_on, found.happened_on) as happened_on, wanted.happened_on is null as is_gone
    from wanted
    full outer join found on found.happened_on = wanted.happened_on
    where wanted.happened_on is null
        or found.happened_on is null
        or wanted.build_number <> found.build_number
        or wanted.stated_count <> found.stated_count
        or wanted.seen_until <> found.seen_until
        or wanted.who_and_what <> found.who_and_what
),
{% endif %}
identified as (
    {{ event_days_identified('select happened_on from changed' if goes_on() else none) }}
),
days as (
    select
        days.user_id,
        days.happened_on,
        meanings.event_type,
        meanings.is_activity,
        meanings.is_key_action,
        meanings.is_login,
        sum(days.event_count) as event_count,
        min(days.first_at) as first_at,
        max(days.last_at) as last_at
    from identified as days
    inner join {{ ref('int_event_meanings') }} as meanings
        on {{ is_meaning_of('days') }}
    where days.user_id is not null
    group by
        days.user_id, days.happened_on, meanings.event_type, meanings.is_activity, meanings.is_key_action, meanings.is_login
)
select
    days.user_id,
    days.happened_on,
    days.event_type,
    days.is_activity,
    days.is_key_action,
    days.is_login,
    cast(days.event_count as bigint) as event_count,
    days.first_at,
    days.last_at,
    wanted.build_number,
    wanted.stated_count,
    wanted.seen_until,
    wanted.who_and_what,
    '{{ made_by(models) }}' as made_by
from days
inner join wanted on wanted.happened_on = days.happened_on
{% if goes_on() %}
-- A changed day that has nothing any more takes the place of what was there, and then goes itself.
union all
select
    null, changed.happened_on, null, null, null, null, 0, null, null, null, null, null, null, '{{ made_by(models) }}'
from changed
left join (select distinct happened_on from days) as kept on kept.happened_on = changed.happened_on
where kept.happened_on is null
{% endif %}
