-- Where HubSpot was never asked who is associated with whom, nothing can be said to be missing.
with copies as (
    select count(*) as copy_count from {{ ref('stg_hubspot__copies') }} where object_type = 'contacts_companies'
),
held as (
    select distinct from_id as contact_hubspot_id, to_id as company_hubspot_id
    from {{ ref('stg_hubspot__associations') }}
    where from_type = 'contacts' and to_type = 'companies'
)
select
    contacts.record_key,
    contacts.hubspot_id,
    companies.record_key as company_key,
    companies.hubspot_id as company_hubspot_id,
    case
        when contacts.hubspot_id is null or contacts.matched_by = 'suppressed' then 'contact_' || contacts.matched_by
        when companies.hubspot_id is null then 'company_' || companies.matched_by
        else 'both_known'
    end as matched_by
from {{ ref('crm_contacts_desired') }} as contacts
inner join {{ ref('contact_scores') }} as scores on scores.user_id = contacts.record_key
inner join {{ ref('crm_companies_desired') }} as companies on companies.record_key = scores.company_id
cross join copies
left join held
    on held.contact_hubspot_id = contacts.hubspot_id and held.company_hubspot_id = companies.hubspot_id
where held.contact_hubspot_id is null
    and copies.copy_count > 0
    -- Whoever else has the same contact speaks for it, also about its company.
    and contacts.matched_by <> 'same_record_as_another_user'
