select
    'product' as source,
    company_id,
    name as company_name,
    lower({{ trimmed('domain') }}) as domain,
    employee_count,
    industry,
    country,
    plan,
    usage_count,
    usage_limit,
    acv,
    nullif({{ trimmed('hubspot_id') }}, '') as hubspot_id,
    cast(null as timestamp) as described_at,
    load_id,
    line_number,
    1 as call_number
from {{ landed('product_companies') }}
