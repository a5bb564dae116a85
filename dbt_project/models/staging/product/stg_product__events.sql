select
    event_id,
    'product' as source,
    user_id,
    cast(null as {{ dbt.type_string() }}) as anonymous_id,
    {{ normalised_email('email') }} as email,
    email as email_as_written,
    company_id,
    event_type as source_event,
    cast(null as {{ dbt.type_string() }}) as event_kind,
    occurred_at,
    coalesce(received_at, occurred_at) as received_at,
    properties,
    load_id,
    line_number,
    1 as call_number
from {{ landed('product_events') }}
