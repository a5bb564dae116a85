-- Amplitude's own key of an event is its uuid, else the insert id of one device.
with keyed as (
    select
        events.*,
        case
            when uuid is not null then {{ dbt.concat(["'amplitude:'", "uuid"]) }}
            when insert_id is not null then {{ dbt.concat(["'amplitude:'", "coalesce(device_id, '')", "'|'", "insert_id"]) }}
            else {{ dbt.concat(["'amplitude:'", text('load_id'), "':'", text('line_number')]) }}
        end as event_id
    from {{ source('raw', 'amplitude_events') }} as events
),
numbered as (
    select
        keyed.*,
        row_number() over (partition by event_id order by coalesce(received_at, occurred_at), load_id, line_number) as arrival
    from keyed
)
select
    event_id,
    'amplitude' as source,
    user_id,
    {{ dbt.concat(["'amplitude:'", "device_id"]) }} as anonymous_id,
    {{ normalised_email(first_text('event_properties', ['email'])) }} as email,
    {{ first_text('event_properties', ['email']) }} as email_as_written,
    {{ first_text('groups', [var('amplitude_group_type') ~ '[0]', var('amplitude_group_type')]) }} as company_id,
    event_type as source_event,
    cast(null as {{ dbt.type_string() }}) as event_kind,
    occurred_at,
    coalesce(received_at, occurred_at) as received_at,
    event_properties as properties
from numbered
where arrival = 1
