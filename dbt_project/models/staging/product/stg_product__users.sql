select
    'product' as source,
    user_id,
    cast(null as {{ dbt.type_string() }}) as anonymous_id,
    {{ normalised_email('email') }} as email,
    email as email_as_written,
    first_name,
    last_name,
    job_title,
    country,
    company_id,
    nullif({{ trimmed('hubspot_id') }}, '') as hubspot_id,
    created_at,
    cast(null as timestamp) as described_at,
    load_id,
    line_number,
    1 as call_number
from {{ landed('product_users') }}
