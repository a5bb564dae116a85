select
    hubspot_id,
    company_id,
    name as company_name,
    lower(trim(domain)) as domain,
    -- HubSpot answers every number as text.
    cast({{ number_or_null('employee_count') }} as bigint) as employee_count,
    industry,
    country
from {{ source('raw', 'hubspot_companies') }}
