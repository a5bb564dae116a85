with ever as (
    select
        user_id,
        max(case when is_activity then last_at end) as last_active_at,
        max(case when is_login then last_at end) as last_login_at
    from {{ ref('int_user_event_days') }}
    group by user_id
),
this_week as (
    select user_id, count(*) as key_action_7d_count
    from {{ ref('int_events') }}
    where is_key_action
        and occurred_at > {{ hours_before_as_of(7 * 24) }}
        and occurred_at <= {{ as_of() }}
    group by user_id
),
-- The one event type and property this project knows by name: sales reads the number in every handoff.
invitations as (
    select user_id, count(distinct {{ json_text('properties', "'invitee_email'") }}) as teammates_invited_count
    from {{ ref('int_events') }}
    where event_type = 'teammate_invited' and occurred_at <= {{ as_of() }}
    group by user_id
)
select
    users.user_id,
    ever.last_active_at,
    ever.last_login_at,
    coalesce(this_week.key_action_7d_count, 0) as key_action_7d_count,
    coalesce(invitations.teammates_invited_count, 0) as teammates_invited_count
from {{ ref('int_users') }} as users
left join ever on ever.user_id = users.user_id
left join this_week on this_week.user_id = users.user_id
left join invitations on invitations.user_id = users.user_id
