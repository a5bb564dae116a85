{{ config(materialized='view') }}
-- Which record each company is in HubSpot, and how it was found.
with ranked as (
    select
        company_id,
        hubspot_id,
        matched_by,
        -- Two of our companies on one HubSpot record: the livelier one speaks for it.
        row_number() over (
            partition by coalesce(hubspot_id, company_id)
            order by active_users_30d desc, user_count desc, company_id
        ) as place
    from {{ ref('company_scores') }}
)
select
    company_id as record_key,
    hubspot_id,
    case when place > 1 then 'same_record_as_another_company' else matched_by end as matched_by
from ranked
