with people as (
    select
        company_id,
        count(*) as user_count,
        sum(case when band = 'pql' then 1 else 0 end) as pql_count,
        max(combined_score) as company_score
    from {{ ref('contact_scores') }}
    where company_id is not null
    group by company_id
)
select
    companies.company_id,
    companies.company_name,
    companies.domain,
    companies.employee_count,
    companies.industry,
    companies.country,
    companies.hubspot_id,
    companies.matched_by,
    coalesce(activity.active_users_30d, 0) as active_users_30d,
    coalesce(people.user_count, 0) as user_count,
    cast(coalesce(people.pql_count, 0) as bigint) as pql_count,
    people.company_score,
    activity.last_active_at,
    {{ as_of() }} as scored_at
from {{ ref('int_companies') }} as companies
left join people on people.company_id = companies.company_id
left join {{ ref('int_company_activity') }} as activity on activity.company_id = companies.company_id
