{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['source', 'event_id'],
    on_schema_change='sync_all_columns',
    pre_hook="{{ forget_what_was_made_otherwise(event_models()) }}",
) }}
{#
  One row per event of any source, as the source states it; of several deliveries of one event the first received is kept.

  Only files that were written since the last build are read: `read_until` is the last write that is in here, and
  `build_number` the build of this table that wrote the row. An event that is here already and arrives again is written
  anew, whichever delivery of it is kept.
#}
{% set columns = [
    'event_id', 'source', 'user_id', 'anonymous_id', 'email', 'malformed_email', 'company_id', 'source_event', 'event_kind',
    'occurred_at', 'happened_on', 'received_at', 'properties', 'load_id', 'line_number', 'call_number'
] %}
{% set place = ['source', 'event_id', 'load_id', 'line_number', 'call_number'] %}
with writes as (
    select load_id, coalesce(write_id, load_id) as write_id from {{ source('raw', 'landing_files') }}
),
{% if goes_on() %}
last_build as (
    select coalesce(max(read_until), 0) as read_until, max(build_number) as build_number from {{ this }}
),
unread as (
    select writes.load_id from writes cross join last_build where writes.write_id > last_build.read_until
),
met_again as (
    select known.source, known.event_id, known.load_id, known.line_number, known.call_number, known.received_at, known.occurred_at
    from {{ this }} as known
    inner join (
        select distinct source, event_id
        from {{ ref('int_events_arrived') }}
        where load_id in (select load_id from unread)
    ) as arrived on arrived.event_id = known.event_id and arrived.source = known.source
    where known.load_id not in (select load_id from unread)
),
{% endif %}
-- What decides between deliveries, without what events carry: they are many.
deliveries as (
    select {{ place | join(', ') }}, received_at, occurred_at
    from {{ ref('int_events_arrived') }}
    {% if goes_on() %}
    where load_id in (select load_id from unread)
    union all
    select {{ place | join(', ') }}, received_at, occurred_at from met_again
    {% endif %}
),
repeated as (
    select source, event_id from deliveries group by source, event_id having count(*) > 1
),
numbered as (
    select
        deliveries.*,
        row_number() over (
            partition by deliveries.source, deliveries.event_id
            order by
                deliveries.received_at, deliveries.occurred_at,
                deliveries.load_id, deliveries.line_number, deliveries.call_number
        ) as arrival
    from deliveries
    inner join repeated on repeated.event_id = deliveries.event_id and repeated.source = deliveries.source
),
kept as (
    select {{ columns_of('arrived', columns) }}
    from {{ ref('int_events_arrived') }} as arrived
    left join numbered as late
        on {{ same('late', 'arrived', place) }}
        and late.arrival > 1
    where late.event_id is null
    {% if goes_on() %}
    and arrived.load_id in (select load_id from unread)
    union all
    select {{ columns_of('known', columns) }}
    from {{ this }} as known
    inner join numbered as first
        on {{ same('first', 'known', place) }}
        and first.arrival = 1
    where known.load_id not in (select load_id from unread)
    {% endif %}
)
select
    {{ columns | join(', ') }},
    (select coalesce(max(write_id), 0) from writes) as read_until,
    {{ next_build_number('(select build_number from last_build)' if goes_on() else 'null') }} as build_number,
    '{{ made_by(event_models()) }}' as made_by
from kept
