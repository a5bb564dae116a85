-- One row per company and segment that the company is in: all of its conditions hold.
with people as (
    select
        -- The conditions are answered for whom they call user.
        scores.company_id as user_id,
        scores.active_users_30d,
        scores.active_users_7d,
        scores.active_users_1d,
        scores.key_action_7d_count,
        scores.user_count,
        scores.pql_count,
        scores.company_score,
        scores.employee_count,
        coalesce(scores.account_signals, '') as account_signals,
        scores.industry,
        companies.country_code
    from {{ ref('company_scores') }} as scores
    left join {{ ref('int_companies') }} as companies on companies.company_id = scores.company_id
),
answered as (
    {{ conditions_answered(
        'people', 'int_company_segment_conditions',
        texts={
            'account_signal': 'account_signals',
            'industry': 'industry',
            'country': 'country_code',
        },
        numbers={
            'active_users_30d': 'active_users_30d',
            'active_users_7d': 'active_users_7d',
            'active_users_1d': 'active_users_1d',
            'key_action_7d_count': 'key_action_7d_count',
            'user_count': 'user_count',
            'pql_count': 'pql_count',
            'company_score': 'company_score',
            'employee_count': 'employee_count',
        }
    ) }}
)
{{ segments_met('company_id', 'int_company_segment_conditions') }}
