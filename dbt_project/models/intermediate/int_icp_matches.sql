with people as (
    select
        people.user_id,
        fit_scores.fit_score,
        completeness.fit_completeness_pct,
        {{ true_or_false('people.is_personal_email_domain') }} as is_personal_email_domain,
        profiles.employee_count,
        profiles.industry,
        profiles.country_code,
        -- In a country that we know and that no region has: known, and in none.
        case when profiles.country_code is not null then coalesce(profiles.regions, '') end as regions
    from {{ ref('int_people') }} as people
    inner join {{ ref('int_people_profiled') }} as profiles on profiles.user_id = people.user_id
    inner join {{ ref('int_fit_scores') }} as fit_scores on fit_scores.user_id = people.user_id
    inner join {{ ref('int_fit_completeness') }} as completeness on completeness.user_id = people.user_id
),
answered as (
    {{ conditions_answered(
        'people', 'icp_definition',
        texts={
            'is_personal_email_domain': 'is_personal_email_domain',
            'industry': 'industry',
            'country': 'country_code',
            'region': 'regions',
        },
        numbers={
            'zo_fit_score': 'fit_score',
            'fit_completeness_pct': 'fit_completeness_pct',
            'employee_count': 'employee_count',
        }
    ) }}
),
judged as (
    select user_id, min(case when is_met then 1 else 0 end) as worst
    from answered
    group by user_id
)
select people.user_id, coalesce(judged.worst, 1) = 1 as is_icp_match
from people
left join judged on judged.user_id = people.user_id
