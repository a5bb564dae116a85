-- Which HubSpot company is ours: the one a sync has met before, else the one our own data names, else the one with our
-- key, else the one with our domain.
with companies as (
    select company_id, domain, stated_hubspot_id from {{ ref('int_companies_named') }}
    union distinct
    select company_id, email_domain as domain, cast(null as {{ dbt.type_string() }}) as stated_hubspot_id
    from {{ ref('int_users') }}
    where company_id = email_domain
        and company_id not in (select company_id from {{ ref('int_companies_named') }})
),
in_hubspot as (
    select * from {{ ref('stg_hubspot__companies') }}
),
hubspot_domains as (
    select in_hubspot.hubspot_id, domains.registrable_domain as domain
    from in_hubspot
    inner join {{ ref('int_domains_classified') }} as domains on domains.domain = in_hubspot.domain
    where domains.registrable_domain is not null
),
by_identity as (
    {{ hubspot_records_met('company_id', 'companies') }}
),
by_statement as (
    {{ hubspot_records_stated('companies', 'company_id', 'companies') }}
),
by_key as (
    {{ hubspot_records_keyed('company_id') }}
),
by_domain as (
    select domain, min(hubspot_id) as hubspot_id, count(*) as candidate_count
    from hubspot_domains
    group by domain
),
copies as (
    select count(*) as copy_count from {{ ref('stg_hubspot__copies') }} where object_type = 'companies'
)
select
    companies.company_id,
    companies.domain,
    case
        when by_identity.hubspot_id is not null then by_identity.hubspot_id
        when by_statement.hubspot_id is not null then by_statement.hubspot_id
        when by_key.candidate_count = 1 then by_key.hubspot_id
        when by_key.candidate_count is null and by_domain.candidate_count = 1 then by_domain.hubspot_id
    end as hubspot_id,
    case
        when by_identity.hubspot_id is not null then 'identity'
        when by_statement.hubspot_id is not null then 'hubspot_id'
        when by_key.candidate_count = 1 then 'company_id'
        when by_key.candidate_count > 1 then 'several_candidates'
        when by_domain.candidate_count = 1 then 'domain'
        when by_domain.candidate_count > 1 then 'several_candidates'
        when copies.copy_count = 0 then 'not_looked_up'
        else 'absent'
    end as matched_by
from companies
left join by_identity on by_identity.company_id = companies.company_id
left join by_statement on by_statement.company_id = companies.company_id
left join by_key on by_key.company_id = companies.company_id
left join by_domain on by_domain.domain = companies.domain
cross join copies
