{% set job_titles = {'product': 'users.job_title', 'hubspot': 'in_hubspot.job_title', 'enrichment': 'in_hubspot.enriched_job_title'} %}
{% set countries = {'product': 'users.country', 'hubspot': 'in_hubspot.country', 'enrichment': 'in_hubspot.enriched_country'} %}
-- Who the person is: what the product knows first-hand, what stands in the CRM, and what enrichment found.
with sources as (
    {{ sources_in_order(['job_title', 'country']) }}
)
select
    users.user_id,
    users.contact_email,
    users.email_domain,
    users.is_personal_email_domain,
    users.is_competitor,
    users.company_id,
    users.created_at,
    coalesce(users.first_name, in_hubspot.first_name) as first_name,
    coalesce(users.last_name, in_hubspot.last_name) as last_name,
    {{ fact('job_title', job_titles) }} as job_title,
    {{ fact_found_in('job_title', job_titles) }} as job_title_found_in,
    {{ country_columns('country', countries) }},
    matches.hubspot_id,
    matches.matched_by,
    in_hubspot.lifecycle_stage,
    in_hubspot.owner_id,
    in_hubspot.last_email_open_at
from {{ ref('int_users') }} as users
inner join {{ ref('int_contact_matches') }} as matches on matches.user_id = users.user_id
left join {{ ref('stg_hubspot__contacts') }} as in_hubspot on in_hubspot.hubspot_id = matches.hubspot_id
{{ join_countries(countries) }}
cross join sources
