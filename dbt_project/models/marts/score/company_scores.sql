with ranked_people as (
    select
        user_id, company_id, band, combined_score,
        row_number() over (partition by company_id order by combined_score desc, user_id) as place
    from {{ ref('contact_scores') }}
    where company_id is not null
),
people as (
    select
        company_id,
        count(*) as user_count,
        sum(case when band = 'pql' then 1 else 0 end) as pql_count,
        max(combined_score) as highest_score,
        sum(combined_score) as summed_score,
        sum(case when place <= 3 then combined_score end) as summed_top_score,
        least(count(*), 3) as top_count
    from ranked_people
    group by company_id
),
-- Half up: floor(x + 1/2) in whole numbers.
scored as (
    select
        people.*,
        cast(case {{ setting('company_score_method') }}
            when 'sum' then summed_score
            when 'mean' then {{ whole_quotient('2 * summed_score + user_count', '2 * user_count') }}
            when 'top_3_mean' then {{ whole_quotient('2 * summed_top_score + top_count', '2 * top_count') }}
            else highest_score
        end as integer) as company_score
    from people
),
-- Whoever was active there lately, the most senior first; people whose title says nothing come after all others.
active_there as (
    select company_id, user_id, max(last_active_at) as last_active_at
    from {{ ref('int_company_users_active') }}
    where user_id is not null and last_active_at > {{ hours_before_as_of(30 * 24) }}
    group by company_id, user_id
),
seniors as (
    select
        active_there.company_id,
        active_there.user_id,
        row_number() over (
            partition by active_there.company_id
            order by
                case when titles.seniority_rank is null then 1 else 0 end,
                titles.seniority_rank,
                scores.combined_score desc,
                active_there.last_active_at desc,
                active_there.user_id
        ) as place
    from active_there
    inner join {{ ref('contact_scores') }} as scores on scores.user_id = active_there.user_id
    left join {{ ref('int_titles_ranked') }} as titles on titles.job_title = scores.job_title
),
signals as (
    select
        people.company_id,
        signals.signal_id,
        signals.last_at,
        row_number() over (
            partition by people.company_id order by signals.strength, signals.last_at desc, signals.signal_id, signals.user_id
        ) as place
    from {{ ref('contact_signals') }} as signals
    inner join ranked_people as people on people.user_id = signals.user_id
    where signals.is_live
),
account_signals as (
    select company_id, {{ sorted_texts('condition_id', '|') }} as account_signals
    from {{ ref('int_account_signals') }}
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
    coalesce(activity.active_users_7d, 0) as active_users_7d,
    coalesce(activity.active_users_1d, 0) as active_users_1d,
    coalesce(activity.key_action_7d_count, 0) as key_action_7d_count,
    coalesce(scored.user_count, 0) as user_count,
    cast(coalesce(scored.pql_count, 0) as bigint) as pql_count,
    scored.company_score,
    seniors.user_id as most_senior_user_id,
    signals.signal_id as strongest_signal,
    signals.last_at as strongest_signal_at,
    account_signals.company_id is not null as has_account_signal,
    account_signals.account_signals,
    activity.last_active_at,
    {{ as_of() }} as scored_at
from {{ ref('int_companies') }} as companies
left join scored on scored.company_id = companies.company_id
left join {{ ref('int_company_activity') }} as activity on activity.company_id = companies.company_id
left join seniors on seniors.company_id = companies.company_id and seniors.place = 1
left join signals on signals.company_id = companies.company_id and signals.place = 1
left join account_signals on account_signals.company_id = companies.company_id
