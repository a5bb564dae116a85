{{ config(
    materialized=replacing_rows(),
    incremental_strategy='delete+insert',
    unique_key=['source', 'event_id'],
    on_schema_change='sync_all_columns',
    pre_hook="{{ forget_what_was_made_otherwise(event_models()) }}",
    post_hook="delete from {{ this }} where event_id is null and build_number < (select max(build_number) from {{ this }})",
) }}
{#
  Of events that are read where they landed: the deliveries that are not kept, because the same event was received before.

  Only ids that came in since the last build are looked at. One row without an id says up to which write (`read_until`).
#}
{% set position = ['received_at', 'occurred_at', 'load_id', 'line_number', 'call_number'] %}
{% set in_place = "source in ('" ~ read_in_place() | join("', '") ~ "')" %}
with {{ writes_and_what_is_unread() }},
-- Numbers instead of ids: nearly all events arrive once, and of those nothing else is read.
suspects as (
    select {{ key_of(['source', 'event_id']) }} as event_key
    from {{ ref('int_events_arrived') }}
    where {{ in_place }}
    {% if goes_on() %}
    and {{ key_of(['source', 'event_id']) }} in (
        select {{ key_of(['source', 'event_id']) }} from ({{ unread_events(['source', 'event_id'], read_in_place()) }}) as unread
    )
    {% endif %}
    group by {{ key_of(['source', 'event_id']) }}
    having count(*) > 1
),
compared as (
    select
        source, event_id, load_id, line_number, call_number, happened_on,
        row_number() over (partition by source, event_id order by {{ position | join(', ') }}) as arrival
    from {{ ref('int_events_arrived') }}
    where {{ in_place }} and {{ key_of(['source', 'event_id']) }} in (select event_key from suspects)
),
build as (
    select
        (select coalesce(max(write_id), 0) from writes) as read_until,
        {{ next_build_number('(select build_number from last_build)' if goes_on() else 'null') }} as build_number,
        '{{ made_by(event_models()) }}' as made_by
)
select
    compared.source, compared.event_id, compared.load_id, compared.line_number, compared.call_number, compared.happened_on,
    build.read_until, build.build_number, build.made_by
from compared
cross join build
where compared.arrival > 1
union all
select null, null, null, null, null, null, build.read_until, build.build_number, build.made_by
from build
