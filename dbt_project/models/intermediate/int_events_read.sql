{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='happened_on',
    on_schema_change='sync_all_columns',
    pre_hook="{{ forget_unless_there_are(['reading_id', 'made_of']) }}",
    post_hook="{{ forget_days_gone('reading_id') }}",
) }}
{#
  One row per event and reading, with what is read from it, as the source states it; and one row per day without a reading,
  which says what the day was made of. Properties are long, and this is the one place where all of them are looked at.

  A day is made again when it is made of other events, and all are when readings or the meaning of names are others.
#}
{% set made_by_now = made_by(event_models() + ['int_events_read']) %}
{% set goes_on_here = goes_on(['reading_id', 'made_of']) %}
{% set wanted %}
select
    happened_on,
    event_count,
    {{ key_of([
        'made_of',
        fingerprint(ref('int_event_readings'), ['reading_id', 'needs', 'property', 'divisor_property', 'filter_property', 'filter_operator', 'filter_value']),
        fingerprint(ref('int_reading_names'), ['name_key', 'reading_id']),
        "'" ~ made_by_now ~ "'",
    ]) }} as made_of
from {{ ref('int_event_days_written') }}
{% endset %}
with wanted as ({{ wanted }}),
{% if goes_on_here %}
changed as (
    {{ days_made_otherwise('reading_id') }}
),
{% endif %}
events as (
    {% set columns = ['event_id', 'actor_key', 'name_key', 'happened_on', 'occurred_at', 'properties'] %}
    {% if goes_on_here %}
    {% for batch in batches_of_days(wanted, 'reading_id') %}
    select {{ columns | join(', ') }} from {{ ref('int_events_deduplicated') }}
    where {{ is_between_days('occurred_at', batch) }} and happened_on in (select happened_on from changed)
    union all
    {% endfor %}
    {% endif %}
    select {{ columns | join(', ') }} from {{ ref('int_events_deduplicated') }} {% if goes_on_here %}where false{% endif %}
),
events_read as (
    select
        readings.reading_id,
        readings.needs,
        events.actor_key,
        events.event_id,
        events.happened_on,
        events.occurred_at,
        case when readings.filter_property is not null then {{ json_text('events.properties', 'readings.filter_property') }} end as filter_text,
        case when readings.property is not null then {{ json_text('events.properties', 'readings.property') }} end as property_text,
        case when readings.divisor_property is not null then {{ json_text('events.properties', 'readings.divisor_property') }} end as divisor_text,
        readings.filter_operator,
        readings.filter_value
    from events
    inner join {{ ref('int_reading_names') }} as names on names.name_key = events.name_key
    inner join {{ ref('int_event_readings') }} as readings on readings.reading_id = names.reading_id
),
measured as (
    select
        events_read.*,
        case when needs in ('number', 'either_number') then {{ measure_or_null('property_text') }} end as measure,
        {{ measure_or_null('divisor_text') }} as divisor
    from events_read
)
select
    reading_id,
    actor_key,
    event_id,
    happened_on,
    occurred_at,
    property_text,
    measure,
    divisor,
    cast(null as {{ type_key() }}) as made_of
from measured
where (filter_operator is null or {{ passes_filter('measured', 'measured.filter_text') }})
    -- An event without a value says nothing to who reads values.
    and case needs
        when 'text' then property_text is not null
        when 'number' then measure is not null
        when 'either_number' then measure is not null or divisor is not null
        else true
    end
union all
select null, null, null, happened_on, null, null, null, null, made_of
from wanted
{% if goes_on_here %}
where happened_on in (select happened_on from changed)
-- A changed day that has nothing any more takes the place of what was there, and then goes itself.
union all
select null, null, null, happened_on, null, null, null, null, null from changed where is_gone
{% endif %}
