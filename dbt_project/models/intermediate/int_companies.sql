{% set later = ['precedence', 'described_at', 'load_id', 'line_number', 'call_number'] %}
{% set employees = {'product': 'described.employee_count', 'hubspot': 'in_hubspot.employee_count', 'enrichment': 'in_hubspot.enriched_employee_count'} %}
{% set industries = {'product': 'described.industry', 'hubspot': 'in_hubspot.industry', 'enrichment': 'in_hubspot.enriched_industry'} %}
{% set countries = {'product': 'described.country', 'hubspot': 'in_hubspot.country', 'enrichment': 'in_hubspot.enriched_country'} %}
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
),
sources as (
    {{ sources_in_order(['employee_count', 'industry', 'company_country']) }}
)
select
    matches.company_id,
    matches.domain,
    matches.hubspot_id,
    matches.matched_by,
    coalesce(described.company_name, in_hubspot.company_name) as company_name,
    {{ fact('employee_count', employees) }} as employee_count,
    {{ fact_found_in('employee_count', employees) }} as employee_count_found_in,
    {{ fact('industry', industries) }} as industry,
    {{ fact_found_in('industry', industries) }} as industry_found_in,
    {{ country_columns('company_country', countries) }},
    described.plan,
    described.usage_count,
    described.usage_limit,
    described.acv
from {{ ref('int_company_matches') }} as matches
left join described on described.company_id = matches.company_id
left join {{ ref('stg_hubspot__companies') }} as in_hubspot on in_hubspot.hubspot_id = matches.hubspot_id
{{ join_countries(countries) }}
cross join sources
