{{ config(materialized='view') }}
-- Everything that a condition on one person may ask of.
select
    scores.user_id,
    scores.activation_status,
    scores.pql_score,
    scores.fit_score,
    scores.combined_score,
    scores.company_active_users_30d,
    {{ true_or_false('scores.is_personal_email_domain') }} as is_personal_email_domain,
    scores.band,
    scores.sales_priority,
    {{ true_or_false('scores.is_icp_match') }} as is_icp_match,
    profiles.country_code,
    -- In a country that we know and that no region has: known, and in none.
    case when profiles.country_code is not null then coalesce(profiles.regions, '') end as regions,
    profiles.employee_count,
    profiles.industry
from {{ ref('contact_scores') }} as scores
left join {{ ref('int_people_profiled') }} as profiles on profiles.user_id = scores.user_id
