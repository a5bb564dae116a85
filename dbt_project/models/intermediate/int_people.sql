-- Who the person is: what the product knows first-hand, then what stands in the CRM.
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
    coalesce(users.job_title, in_hubspot.job_title) as job_title,
    coalesce(users.country, in_hubspot.country) as country,
    matches.hubspot_id,
    matches.matched_by,
    in_hubspot.lifecycle_stage,
    in_hubspot.owner_id
from {{ ref('int_users') }} as users
inner join {{ ref('int_contact_matches') }} as matches on matches.user_id = users.user_id
left join {{ ref('stg_hubspot__contacts') }} as in_hubspot on in_hubspot.hubspot_id = matches.hubspot_id
