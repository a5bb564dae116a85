{% set month_ago = hours_before_as_of(30 * 24) %}
with ever as (
    select
        user_id,
        max(last_active_at) as last_active_at,
        max(last_login_at) as last_login_at
    from {{ ref('int_actors_seen') }}
    where user_id is not null
    group by user_id
),
-- The last event of such a day lies in the window if any of them does.
lately as (
    select
        user_id,
        count(distinct case when is_key_action then event_type end) as key_feature_count_30d,
        count(distinct case when is_activity then happened_on end) as active_days_30d
    from {{ ref('int_user_event_days') }}
    where happened_on >= cast({{ month_ago }} as date) and last_at > {{ month_ago }}
    group by user_id
),
key_actions as (
    select
        user_id,
        cast(sum(key_action_7d_count) as bigint) as key_action_7d_count,
        cast(sum(key_action_30d_count) as bigint) as key_action_30d_count
    from {{ ref('int_key_actions_counted') }}
    where user_id is not null
    group by user_id
),
teammates as (
    select
        users.user_id,
        companies.active_users_30d - case when themselves.user_id is null then 0 else 1 end as active_teammates_30d
    from {{ ref('int_users') }} as users
    inner join {{ ref('int_company_activity') }} as companies on companies.company_id = users.company_id
    left join (
        select distinct company_id, user_id
        from {{ ref('int_company_users_active') }}
        where last_active_at > {{ month_ago }}
    ) as themselves on themselves.company_id = users.company_id and themselves.user_id = users.user_id
),
invitations as (
    select user_id, count(distinct property_text) as teammates_invited_count
    from {{ ref('int_events_read_identified') }}
    where reading_id = 'contact/teammates_invited'
    group by user_id
)
select
    users.user_id,
    ever.last_active_at,
    ever.last_login_at,
    coalesce(key_actions.key_action_7d_count, 0) as key_action_7d_count,
    coalesce(key_actions.key_action_7d_count, 0) >= {{ whole_setting('busy_week_key_actions') }} as is_busy_week,
    coalesce(lately.key_feature_count_30d, 0) as key_feature_count_30d,
    coalesce(key_actions.key_action_30d_count, 0) as key_action_30d_count,
    coalesce(lately.active_days_30d, 0) as active_days_30d,
    case when lately.active_days_30d > 0
        then cast({{ ratio_cut('coalesce(key_actions.key_action_30d_count, 0)', 'lately.active_days_30d') }} as decimal(18, 4))
    end as key_actions_per_active_day,
    coalesce(teammates.active_teammates_30d, 0) as active_teammates_30d,
    coalesce(invitations.teammates_invited_count, 0) as teammates_invited_count
from {{ ref('int_users') }} as users
left join ever on ever.user_id = users.user_id
left join lately on lately.user_id = users.user_id
left join key_actions on key_actions.user_id = users.user_id
left join teammates on teammates.user_id = users.user_id
left join invitations on invitations.user_id = users.user_id
