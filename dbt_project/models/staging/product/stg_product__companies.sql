select
    company_id,
    name as company_name,
    lower(trim(domain)) as domain,
    employee_count,
    industry,
    country,
    plan,
    usage_count,
    usage_limit,
    acv,
    load_id,
    line_number
from {{ source('raw', 'product_companies') }}
