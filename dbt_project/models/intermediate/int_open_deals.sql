{{ config(materialized='view') }}
-- The open deals of a contact and those of its company, each with whoever has it.
with open_deals as (
    select hubspot_id as deal_id, owner_id, last_modified_at
    from {{ ref('stg_hubspot__deals') }}
    where not is_closed
),
ends as (
    select distinct from_id as deal_id, to_type, to_id
    from {{ ref('stg_hubspot__associations') }}
    where from_type = 'deals'
)
select records.user_id, open_deals.deal_id, true as is_of_contact, open_deals.owner_id, open_deals.last_modified_at
from {{ ref('int_contact_records') }} as records
inner join ends on ends.to_type = 'contacts' and ends.to_id = records.hubspot_id
inner join open_deals on open_deals.deal_id = ends.deal_id
union all
select scores.user_id, open_deals.deal_id, false, open_deals.owner_id, open_deals.last_modified_at
from {{ ref('contact_scores') }} as scores
inner join {{ ref('company_scores') }} as companies on companies.company_id = scores.company_id
inner join ends on ends.to_type = 'companies' and ends.to_id = companies.hubspot_id
inner join open_deals on open_deals.deal_id = ends.deal_id
