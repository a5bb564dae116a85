select
    'mixpanel' as source,
    group_id as company_id,
    {{ first_text('properties', ['$name', 'name', 'title']) }} as company_name,
    {{ first_text('properties', ['domain', 'website']) }} as domain,
    {{ whole_or_null(first_text('properties', ['employee_count', 'employees'])) }} as employee_count,
    {{ first_text('properties', ['industry']) }} as industry,
    {{ first_text('properties', ['country']) }} as country,
    {{ first_text('properties', ['plan']) }} as plan,
    {{ number_or_null(first_text('properties', ['usage_count'])) }} as usage_count,
    {{ number_or_null(first_text('properties', ['usage_limit'])) }} as usage_limit,
    {{ number_or_null(first_text('properties', ['acv'])) }} as acv,
    {{ first_text('properties', ['hubspot_id']) }} as hubspot_id,
    {{ instant_or_null(first_text('properties', ['$last_seen'])) }} as described_at,
    load_id,
    line_number,
    1 as call_number
from {{ landed('mixpanel_groups') }}
where group_key = '{{ var('mixpanel_company_property') }}'
