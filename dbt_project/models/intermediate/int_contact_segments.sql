{{ config(meta={'dagster': {'group': 'decide', 'owners': ['team:revops']}}) }}
-- One row per user and segment that the user is in: all of its conditions hold.
with rules_met as (
    select met.user_id, {{ dbt.listagg('met.rule_id', "'|'", 'order by met.rule_id') }} as engagement_rules
    from {{ ref('int_engagement_rules_met') }} as met
    inner join {{ ref('int_rules_in_use') }} as rules on rules.rule_id = met.rule_id
    -- A rule with a window is met as long as the window that ends now is full; what goes back to no window stays met.
    where met.is_met and (rules.window_hours is null or met.last_met_at >= {{ as_of() }})
    group by met.user_id
),
signals_live as (
    select user_id, {{ dbt.listagg('signal_id', "'|'", 'order by signal_id') }} as live_signals
    from {{ ref('contact_signals') }}
    where is_live
    group by user_id
),
sql_stage as (
    select min(display_order) as display_order
    from {{ ref('stg_hubspot__lifecycle_stages') }}
    where stage = 'salesqualifiedlead'
),
-- Those who are being handed over now are with sales as soon as anybody reads the list. Who is looked at first is in its
-- queue too; who went back to marketing is not.
handed_off as (
    select
        handoffs.record_key as user_id,
        max(case when handoffs.handoff_state = 'in_review' then 1 else 0 end) = 1 as is_in_review
    from {{ ref('handoffs') }} as handoffs
    left join {{ ref('stg_pipeline__returns') }} as returns
        on returns.record_key = handoffs.record_key
        and returns.episode = handoffs.episode
        and returns.acknowledged_at is not null
    where handoffs.handoff_state <> 'waiting' and returns.return_id is null
    group by handoffs.record_key
),
people as (
    select
        scores.user_id,
        scores.pql_score,
        scores.fit_score,
        scores.combined_score,
        scores.fit_completeness_pct,
        scores.dormant_for_days,
        cast(floor({{ elapsed_microseconds('scores.last_active_at', as_of()) }} / cast(86400000000 as {{ type_double() }})) as bigint) as days_since_active,
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
        {{ true_or_false('handed_off.user_id is not null or coalesce(stages.display_order >= sql_stage.display_order, false)') }} as is_with_sales,
        {{ true_or_false('coalesce(handed_off.is_in_review, false)') }} as is_in_review,
        coalesce(rules_met.engagement_rules, '') as engagement_rules,
        coalesce(signals_live.live_signals, '') as live_signals,
        coalesce(records.lifecycle_stage, '') as lifecycle_stage,
        profiles.industry,
        profiles.country_code
    from {{ ref('contact_scores') }} as scores
    cross join sql_stage
    left join {{ ref('int_contact_records') }} as records on records.user_id = scores.user_id
    left join {{ ref('stg_hubspot__lifecycle_stages') }} as stages on stages.stage = records.lifecycle_stage
    left join {{ ref('int_people_profiled') }} as profiles on profiles.user_id = scores.user_id
    left join handed_off on handed_off.user_id = scores.user_id
    left join rules_met on rules_met.user_id = scores.user_id
    left join signals_live on signals_live.user_id = scores.user_id
),
answered as (
    {{ conditions_answered(
        'people', 'int_contact_segment_conditions',
        texts={
            'activation_status': 'activation_status',
            'sales_priority': 'sales_priority',
            'band': 'band',
            'is_icp_match': 'is_icp_match',
            'is_habitual': 'is_habitual',
            'is_dormant': 'is_dormant',
            'is_personal_email_domain': 'is_personal_email_domain',
            'is_with_sales': 'is_with_sales',
            'is_in_review': 'is_in_review',
            'engagement_rule': 'engagement_rules',
            'live_signal': 'live_signals',
            'lifecycle_stage': 'lifecycle_stage',
            'industry': 'industry',
            'country': 'country_code',
        },
        numbers={
            'pql_score': 'pql_score',
            'fit_score': 'fit_score',
            'combined_score': 'combined_score',
            'fit_completeness_pct': 'fit_completeness_pct',
            'dormant_for_days': 'dormant_for_days',
            'days_since_active': 'days_since_active',
            'key_action_7d_count': 'key_action_7d_count',
            'key_feature_count_30d': 'key_feature_count_30d',
            'active_teammates_30d': 'active_teammates_30d',
            'teammates_invited_count': 'teammates_invited_count',
            'company_active_users_30d': 'company_active_users_30d',
            'employee_count': 'employee_count',
        }
    ) }}
)
select answered.user_id, conditions.segment_id
from answered
inner join {{ ref('int_contact_segment_conditions') }} as conditions on conditions.condition_id = answered.condition_id
group by answered.user_id, conditions.segment_id
having min(case when answered.is_met then 1 else 0 end) = 1
