{#
  Only the days of the window are read, and of them only the events that are sent. As SQL has their first day itself, an
  engine that stored the events by time does not look at the others.
#}
{# A unit test has no table of the settings, only what stands in its place. #}
{% set settings = ref('crm_event_settings') %}
{% set window_days = "(select value from " ~ settings ~ " where setting_id = 'window_days')" %}
{% set begins_after = dbt.dateadd('day', '-1 * ' ~ window_days, as_of()) %}
{% set begins_on = none %}
{% if execute and settings.schema and load_relation(settings) is not none %}
    {% set begins_on = run_query('select cast(' ~ begins_after ~ ' as date)').rows[0][0] %}
{% endif %}
with sent as (
    select
        crm_events.event_name,
        cast(crm_events.send_from as timestamp) as send_from,
        meanings.name_key,
        meanings.event_type,
        meanings.known_as as source_event
    from {{ ref('crm_events') }} as crm_events
    inner join {{ ref('int_event_meanings') }} as meanings on {{ event_is_meant('crm_events.events', 'meanings') }}
    where crm_events.is_enabled
),
occurrences as (
    select
        {{ uuid_of(dbt.concat(["events.source", "'|'", "events.event_id", "'|'", "sent.event_name"])) }} as occurrence_id,
        sent.event_name,
        sent.event_type,
        sent.source_event,
        events.occurred_at,
        events.user_id,
        events.properties
    from {{ ref('int_events_identified') }} as events
    inner join sent on sent.name_key = events.name_key
    where events.occurred_at <= {{ as_of() }}
        and events.occurred_at > {{ begins_after }}
        {% if begins_on is not none %}
        and events.occurred_at >= cast('{{ begins_on }}' as timestamp)
        {% endif %}
        and events.occurred_at >= sent.send_from
),
said as (
    select
        occurrences.occurrence_id,
        event_properties.property,
        case event_properties.taken_from
            when 'event_type' then occurrences.event_type
            when 'source_event' then occurrences.source_event
            else {{ json_text('occurrences.properties', 'event_properties.key') }}
        end as value
    from occurrences
    inner join {{ ref('crm_event_properties') }} as event_properties
        on event_properties.event_name = occurrences.event_name
),
-- Names of properties are small letters, digits and _.
written as (
    select
        occurrence_id,
        {{ dbt.listagg(dbt.concat(["'\"'", "property", "'\":'", json_string("value")]), "','", "order by property") }} as properties
    from said
    where value <> ''
    group by occurrence_id
)
select
    occurrences.occurrence_id,
    occurrences.event_name,
    occurrences.occurred_at,
    occurrences.user_id as record_key,
    case when suppressed.user_id is null then people.hubspot_id end as hubspot_id,
    case
        when suppressed.user_id is not null then 'suppressed'
        else coalesce(people.matched_by, 'not_identified')
    end as matched_by,
    {{ dbt.concat(["'{'", "coalesce(written.properties, '')", "'}'"]) }} as properties
from occurrences
left join {{ ref('int_people') }} as people on people.user_id = occurrences.user_id
left join {{ ref('int_contacts_suppressed') }} as suppressed on suppressed.user_id = occurrences.user_id
left join written on written.occurrence_id = occurrences.occurrence_id
