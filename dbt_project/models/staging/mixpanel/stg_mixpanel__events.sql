-- Mixpanel's own key of an event is name, time, person and insert id; without an insert id every line is an event.
-- Simplified ID merge calls nobody's id `$device:…`; in older projects a distinct id may be either, and says nothing of
-- whose a device is.
select
    case
        when insert_id is null then {{ dbt.concat(["'mixpanel:'", text('load_id'), "':'", text('line_number')]) }}
        else {{ dbt.concat(["'mixpanel:'", dbt.hash(dbt.concat(["event_name", "'|'", text('occurred_at'), "'|'", "coalesce(distinct_id, '')", "'|'", "insert_id"]))]) }}
    end as event_id,
    'mixpanel' as source,
    coalesce(user_id, case when distinct_id not like '$device:%' then distinct_id end) as user_id,
    case
        when user_id is not null or distinct_id is null or distinct_id like '$device:%'
            then {{ dbt.concat(["'mixpanel:'", "coalesce(device_id, case when distinct_id like '$device:%' then replace(distinct_id, '$device:', '') end)"]) }}
    end as anonymous_id,
    {{ normalised_email(first_text('properties', ['email', '$email'])) }} as email,
    {{ first_text('properties', ['email', '$email']) }} as email_as_written,
    {{ first_text('properties', [var('mixpanel_company_property')]) }} as company_id,
    event_name as source_event,
    cast(null as {{ dbt.type_string() }}) as event_kind,
    occurred_at,
    coalesce(received_at, occurred_at) as received_at,
    properties,
    load_id,
    line_number,
    1 as call_number
from {{ landed('mixpanel_events') }}
