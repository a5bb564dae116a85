-- Mixpanel's own key of an event is name, time, person and insert id; without an insert id every line is an event.
with numbered as (
    select
        events.*,
        row_number() over (
            partition by event_name, occurred_at, distinct_id, insert_id order by received_at, load_id, line_number
        ) as arrival
    from {{ source('raw', 'mixpanel_events') }} as events
)
select
    case
        when insert_id is null then {{ dbt.concat(["'mixpanel:'", text('load_id'), "':'", text('line_number')]) }}
        else {{ dbt.concat(["'mixpanel:'", dbt.hash(dbt.concat(["event_name", "'|'", text('occurred_at'), "'|'", "coalesce(distinct_id, '')", "'|'", "insert_id"]))]) }}
    end as event_id,
    'mixpanel' as source,
    -- Simplified ID merge calls nobody's id `$device:…`; in older projects a distinct id may be either.
    coalesce(user_id, case when distinct_id not like '$device:%' then distinct_id end) as user_id,
    {{ dbt.concat(["'mixpanel:'", "coalesce(device_id, case when distinct_id like '$device:%' then replace(distinct_id, '$device:', '') end)"]) }} as anonymous_id,
    {{ normalised_email(first_text('properties', ['email', '$email'])) }} as email,
    {{ first_text('properties', ['email', '$email']) }} as email_as_written,
    {{ first_text('properties', [var('mixpanel_company_property')]) }} as company_id,
    event_name as source_event,
    cast(null as {{ dbt.type_string() }}) as event_kind,
    occurred_at,
    coalesce(received_at, occurred_at) as received_at,
    properties
from numbered
where insert_id is null or arrival = 1
