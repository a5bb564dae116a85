{{ config(
    materialized=replacing_rows(),
    incremental_strategy='delete+insert',
    unique_key=['source', 'event_id'],
    on_schema_change='sync_all_columns',
    pre_hook="{{ forget_what_was_made_otherwise(event_models()) }}",
) }}
{#
  One row per event of a source whose rows must be taken apart, as the source states it; of several deliveries of one event the first received is kept.

  Only what came in since the last build is read: files that were written since (`read_until` is the last write that is in
  here), and of tables that are in the warehouse already the rows that were loaded since. `build_number` is the build of
  this table that wrote the row. An event that is here already and arrives again is written anew, whichever delivery of it
  is kept.
#}
{% set columns = [
    'event_id', 'source', 'user_id', 'anonymous_id', 'email_as_written', 'company_id', 'source_event', 'event_kind',
    'occurred_at', 'happened_on', 'received_at', 'properties', 'load_id', 'line_number', 'call_number'
] %}
{% set position = ['received_at', 'occurred_at', 'load_id', 'line_number', 'call_number'] %}
with {{ writes_and_what_is_unread() }},
{% if goes_on() %}
met_again as (
    select known.source, known.event_id
    from {{ this }} as known
    inner join (
        select distinct source, event_id from ({{ unread_events(['source', 'event_id'], copied_sources()) }}) as unread
    ) as arrived on arrived.event_id = known.event_id and arrived.source = known.source
),
{% endif %}
-- Nearly all events arrive once, and need no comparing: what they carry is looked at for the others only.
repeated as (
    select source, event_id
    from (
        {{ unread_events(['source', 'event_id'], copied_sources()) }}
        {% if goes_on() %}
        union all
        select source, event_id from met_again
        {% endif %}
    ) as deliveries
    group by source, event_id
    having count(*) > 1
),
compared as (
    select
        deliveries.*,
        row_number() over (
            partition by deliveries.source, deliveries.event_id order by {{ columns_of('deliveries', position) }}
        ) as arrival
    from (
        {{ unread_events(columns, copied_sources()) }}
        {% if goes_on() %}
        union all
        select {{ columns | join(', ') }} from {{ this }}
        {% endif %}
    ) as deliveries
    inner join repeated on repeated.event_id = deliveries.event_id and repeated.source = deliveries.source
),
kept as (
    select {{ columns_of('single', columns) }}
    from ({{ unread_events(columns, copied_sources()) }}) as single
    left join repeated on repeated.event_id = single.event_id and repeated.source = single.source
    where repeated.event_id is null
    union all
    select {{ columns | join(', ') }} from compared where arrival = 1
)
select
    {{ columns | join(', ') }},
    (select coalesce(max(write_id), 0) from writes) as read_until,
    {{ next_build_number('(select build_number from last_build)' if goes_on() else 'null') }} as build_number,
    '{{ made_by(event_models()) }}' as made_by
from kept
