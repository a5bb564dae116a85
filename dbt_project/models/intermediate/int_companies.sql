{% set later = ['precedence', 'described_at', 'load_id', 'line_number', 'call_number'] %}
with described as (
    select
        company_id,
        {{ latest_known('company_name', later) }} as company_name,
        {{ latest_known('employee_count', later) }} as employee_count,
        {{ latest_known('industry', later) }} as industry,
        {{ latest_known('country', later) }} as country,
        {{ latest_known('plan', later) }} as plan,
        {{ latest_known('usage_count', later) }} as usage_count,
        {{ latest_known('usage_limit', later) }} as usage_limit,
        {{ latest_known('acv', later) }} as acv
    from {{ ref('int_company_descriptions') }}
    group by company_id
)
-- What the product knows first-hand comes before what stands in the CRM.
select
    matches.company_id,
    matches.domain,
    matches.hubspot_id,
    matches.matched_by,
    coalesce(described.company_name, in_hubspot.company_name) as company_name,
    coalesce(described.employee_count, in_hubspot.employee_count) as employee_count,
    coalesce(described.industry, in_hubspot.industry) as industry,
    coalesce(described.country, in_hubspot.country) as country,
    described.plan,
    described.usage_count,
    described.usage_limit,
    described.acv
from {{ ref('int_company_matches') }} as matches
left join described on described.company_id = matches.company_id
left join {{ ref('stg_hubspot__companies') }} as in_hubspot on in_hubspot.hubspot_id = matches.hubspot_id
