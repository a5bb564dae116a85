{{ config(meta={'dagster': {'group': 'decide', 'owners': ['team:revops']}}) }}
-- What segments and triggers may ask of a contact, one row per user. What the handoffs of this run say is not here: they come
-- after the triggers.
with rules_met as (
    select met.user_id, {{ sorted_texts('met.rule_id', '|') }} as engagement_rules
    from {{ ref('int_engagement_rules_met') }} as met
    inner join {{ ref('int_rules_in_use') }} as rules on rules.rule_id = met.rule_id
    -- A rule with a window is met as long as the window that ends now is full; what goes back to no window stays met.
    where met.is_met and (rules.window_hours is null or met.last_met_at >= {{ as_of() }})
    group by met.user_id
),
signals_live as (
    select user_id, {{ sorted_texts('signal_id', '|') }} as live_signals
    from {{ ref('contact_signals') }}
    where is_live
    group by user_id
)
select
    scores.user_id,
    scores.pql_score,
    scores.fit_score,
    scores.combined_score,
    scores.fit_completeness_pct,
    scores.dormant_for_days,
    {{ days_since('scores.last_active_at') }} as days_since_active,
    coalesce(scores.key_action_7d_count, 0) as key_action_7d_count,
    coalesce(scores.key_feature_count_30d, 0) as key_feature_count_30d,
    coalesce(scores.active_teammates_30d, 0) as active_teammates_30d,
    coalesce(scores.teammates_invited_count, 0) as teammates_invited_count,
    scores.company_active_users_30d,
    profiles.employee_count,
    scores.activation_status,
    scores.sales_priority,
    scores.band,
    {{ true_or_false('scores.is_icp_match') }} as is_icp_match,
    {{ true_or_false('coalesce(scores.is_habitual, false)') }} as is_habitual,
    {{ true_or_false('scores.is_dormant') }} as is_dormant,
    {{ true_or_false('scores.is_personal_email_domain') }} as is_personal_email_domain,
    coalesce(rules_met.engagement_rules, '') as engagement_rules,
    coalesce(signals_live.live_signals, '') as live_signals,
    coalesce(records.lifecycle_stage, '') as lifecycle_stage,
    profiles.industry,
    profiles.country_code
from {{ ref('contact_scores') }} as scores
left join {{ ref('int_contact_records') }} as records on records.user_id = scores.user_id
left join {{ ref('int_people_profiled') }} as profiles on profiles.user_id = scores.user_id
left join rules_met on rules_met.user_id = scores.user_id
left join signals_live on signals_live.user_id = scores.user_id
