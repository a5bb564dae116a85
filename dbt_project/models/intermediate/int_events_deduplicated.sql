{{ config(materialized='view') }}
-- Read or not, as the var in_warehouse says: depends_on: {{ ref('int_events_arrived') }}, {{ ref('int_events_repeated') }}
-- Every event of every source, as the source states it; of several deliveries of one event the first received.
{% set columns = [
    'event_id', 'source', 'user_id', 'anonymous_id', 'email_as_written', 'company_id', 'source_event', 'event_kind',
    'occurred_at', 'happened_on', 'received_at', 'properties'
] %}
with events as (
    select {{ columns | join(', ') }} from {{ ref('int_events_copied') }}
    {% for source in read_in_place() %}
    union all
    select {{ columns_of('arrived', columns) }}
    from {{ ref('int_events_arrived') }} as arrived
    left join {{ ref('int_events_repeated') }} as repeated
        on repeated.load_id = arrived.load_id
        and repeated.line_number = arrived.line_number
        and repeated.call_number = arrived.call_number
        and repeated.source = arrived.source
    where arrived.source = '{{ source }}' and repeated.event_id is null
    {% endfor %}
)
select
    events.*,
    {{ key_of(actor_columns()) }} as actor_key,
    {{ key_of(name_columns()) }} as name_key
from events
