with people as (
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
        profiles.employee_count,
        profiles.industry
    from {{ ref('contact_scores') }} as scores
    left join {{ ref('int_people_profiled') }} as profiles on profiles.user_id = scores.user_id
),
answered as (
    {{ conditions_answered(
        'people', 'sql_definition',
        texts={
            'zo_activation_status': 'activation_status',
            'is_personal_email_domain': 'is_personal_email_domain',
            'is_icp_match': 'is_icp_match',
            'band': 'band',
            'sales_priority': 'sales_priority',
            'country': 'country_code',
            'industry': 'industry',
        },
        numbers={
            'zo_pql_score': 'pql_score',
            'zo_fit_score': 'fit_score',
            'zo_combined_score': 'combined_score',
            'zo_company_active_users': 'company_active_users_30d',
            'employee_count': 'employee_count',
        }
    ) }}
)
select
    user_id,
    condition_id,
    property,
    operator,
    value,
    found,
    is_met,
    min(case when is_met then 1 else 0 end) over (partition by user_id) = 1 as is_sales_qualified
from answered
