-- Whose deal each is: its contacts, or everybody of its companies where it names no contact that we know.
with ends as (
    select distinct from_id as deal_id, to_type, to_id
    from {{ ref('stg_hubspot__associations') }}
    where from_type = 'deals'
),
named as (
    select distinct ends.deal_id, contacts.contact_id
    from ends
    inner join {{ ref('int_contacts_reported') }} as contacts on contacts.hubspot_id = ends.to_id
    where ends.to_type = 'contacts'
),
companies as (
    select distinct ends.deal_id, companies.company_id
    from ends
    inner join {{ ref('int_companies') }} as companies on companies.hubspot_id = ends.to_id
    left join named on named.deal_id = ends.deal_id
    where ends.to_type = 'companies' and named.deal_id is null
)
select deal_id, contact_id, true as is_named from named
union all
select distinct companies.deal_id, contacts.contact_id, false
from companies
inner join {{ ref('int_contacts_reported') }} as contacts on contacts.company_id = companies.company_id
