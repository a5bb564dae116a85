select
    'mixpanel' as source,
    distinct_id as user_id,
    cast(null as {{ dbt.type_string() }}) as anonymous_id,
    {{ normalised_email(first_text('properties', ['$email', 'email'])) }} as email,
    {{ first_text('properties', ['$email', 'email']) }} as email_as_written,
    {{ first_text('properties', ['$first_name', 'first_name']) }} as first_name,
    {{ first_text('properties', ['$last_name', 'last_name']) }} as last_name,
    {{ first_text('properties', ['job_title', 'title']) }} as job_title,
    {{ first_text('properties', ['country', '$country_code']) }} as country,
    {{ first_text('properties', [var('mixpanel_company_property')]) }} as company_id,
    {{ first_text('properties', ['hubspot_id']) }} as hubspot_id,
    {{ instant_or_null(first_text('properties', ['$created', 'created_at'])) }} as created_at,
    {{ instant_or_null(first_text('properties', ['$last_seen'])) }} as described_at,
    load_id,
    line_number,
    1 as call_number
from {{ landed('mixpanel_users') }}
