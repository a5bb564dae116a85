with ranked as (
    select
        company_scores.*,
        -- Two of our companies on one HubSpot record: the livelier one speaks for it.
        row_number() over (
            partition by coalesce(hubspot_id, company_id)
            order by active_users_30d desc, user_count desc, company_id
        ) as place
    from {{ ref('company_scores') }} as company_scores
)
select
    company_id as record_key,
    hubspot_id,
    case when place > 1 then 'same_record_as_another_company' else matched_by end as matched_by,
    company_id,
    company_name,
    domain,
    active_users_30d,
    active_users_7d,
    active_users_1d,
    key_action_7d_count,
    pql_count,
    company_score,
    strongest_signal,
    last_active_at
from ranked
