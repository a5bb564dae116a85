-- Amplitude's own key of an event is its uuid, else the insert id of one device.
select
    case
        when uuid is not null then {{ dbt.concat(["'amplitude:'", "uuid"]) }}
        when insert_id is not null then {{ dbt.concat(["'amplitude:'", "coalesce(device_id, '')", "'|'", "insert_id"]) }}
        else {{ dbt.concat(["'amplitude:'", text('load_id'), "':'", text('line_number')]) }}
    end as event_id,
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
    event_properties as properties,
    load_id,
    line_number,
    1 as call_number
from {{ landed('amplitude_events') }}
