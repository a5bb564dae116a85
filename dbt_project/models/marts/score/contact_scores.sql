with strongest as (
    select
        user_id, signal_id, last_at,
        row_number() over (partition by user_id order by strength, signal_id) as place
    from {{ ref('contact_signals') }}
    where is_live
)
select
    people.user_id,
    people.contact_email,
    people.first_name,
    people.last_name,
    people.job_title,
    people.country,
    people.company_id,
    scored.engagement_points,
    scored.negative_points,
    scored.pql_points,
    scored.fit_points,
    scored.pql_score,
    scored.fit_score,
    scored.combined_score,
    bands.band,
    scored.weight_profile,
    scored.fit_weight,
    scored.engagement_weight,
    reasons.score_reasons,
    fit.fit_completeness_pct,
    icp.is_icp_match,
    -- A gate for the queue of sales, and no points: what is not known of a company does not make it small.
    case
        when people.is_personal_email_domain
            or profiles.employee_count < {{ whole_setting('small_company_below_employees') }} then 'low'
        else 'normal'
    end as sales_priority,
    case when activated.user_id is null then 'not_activated' else 'activated' end as activation_status,
    activated.activated_at,
    activated.time_to_value_hours,
    habits.is_habitual,
    habits.habitual_since,
    habits.is_dormant,
    habits.dormant_for_days,
    activity.last_active_at,
    activity.last_login_at,
    activity.key_action_7d_count,
    activity.is_busy_week,
    activity.key_feature_count_30d,
    activity.key_actions_per_active_day,
    activity.active_teammates_30d,
    activity.teammates_invited_count,
    coalesce(company_activity.active_users_30d, 0) as company_active_users_30d,
    people.is_personal_email_domain,
    strongest.signal_id as strongest_signal,
    strongest.last_at as strongest_signal_at,
    {{ as_of() }} as scored_at
from {{ ref('int_people') }} as people
inner join {{ ref('int_contacts_scored') }} as scored on scored.user_id = people.user_id
-- Where the floor lets scores fall below zero, what is below all bands is in the lowest.
inner join {{ ref('score_bands') }} as bands
    on greatest(scored.combined_score, 0) between bands.min_score and bands.max_score
inner join {{ ref('int_people_profiled') }} as profiles on profiles.user_id = people.user_id
inner join {{ ref('int_fit_completeness') }} as fit on fit.user_id = people.user_id
inner join {{ ref('int_icp_matches') }} as icp on icp.user_id = people.user_id
left join {{ ref('int_score_reasons_told') }} as reasons on reasons.user_id = people.user_id
left join {{ ref('int_users_activated') }} as activated on activated.user_id = people.user_id
left join {{ ref('int_contact_habits') }} as habits on habits.user_id = people.user_id
left join {{ ref('int_contact_activity') }} as activity on activity.user_id = people.user_id
left join {{ ref('int_company_activity') }} as company_activity on company_activity.company_id = people.company_id
left join strongest on strongest.user_id = people.user_id and strongest.place = 1
