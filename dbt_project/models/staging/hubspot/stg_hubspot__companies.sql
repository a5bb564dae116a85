select
    hubspot_id,
    company_id,
    name as company_name,
    lower({{ trimmed('domain') }}) as domain,
    -- HubSpot answers every number as text, and a value that was cleared as an empty one.
    cast({{ number_or_null('employee_count') }} as bigint) as employee_count,
    cast({{ number_or_null('enriched_employee_count') }} as bigint) as enriched_employee_count,
    nullif({{ trimmed('industry') }}, '') as industry,
    nullif({{ trimmed('enriched_industry') }}, '') as enriched_industry,
    nullif({{ trimmed('country') }}, '') as country,
    nullif({{ trimmed('enriched_country') }}, '') as enriched_country,
    owner_id
from {{ source('raw', 'hubspot_companies') }}
