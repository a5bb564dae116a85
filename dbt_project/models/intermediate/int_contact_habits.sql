-- Habitual: logins on enough of the last days, all after activation. Dormant: activated, and no login since long.
with settings as (
    select
        {{ whole_setting('habitual_days') }} as habitual_days,
        {{ whole_setting('habitual_window_days') }} as habitual_window_days,
        {{ whole_setting('dormant_days') }} as dormant_days,
        {{ whole_setting('dormant_long_days') }} as dormant_long_days,
        {{ whole_setting('dormant_lost_days') }} as dormant_lost_days
),
login_days as (
    select days.user_id, days.happened_on
    from {{ ref('int_user_event_days') }} as days
    inner join {{ ref('int_users_activated') }} as activated on activated.user_id = days.user_id
    where days.is_login and days.last_at > activated.activated_at
    group by days.user_id, days.happened_on
),
counted as (
    select login_days.user_id, login_days.happened_on, settings.habitual_window_days, settings.habitual_days - 1 as days_before
    from login_days
    cross join settings
),
-- Of each day of login, the one that makes the number full with it.
reaching_back as (
    {{ with_value_before('counted', 'happened_on', 'days_before', part=['user_id'], order=['happened_on'], name='earliest_on') }}
),
-- From the day that makes the number full until the first of them leaves the window.
spells as (
    select
        user_id,
        happened_on as from_on,
        {{ days_after('habitual_window_days - 1', 'earliest_on') }} as until_on
    from reaching_back
    where happened_on <= {{ days_after('habitual_window_days - 1', 'earliest_on') }}
),
before as (
    select spells.*, lag(until_on) over (partition by user_id order by from_on) as last_until_on
    from spells
),
summed as (
    select
        user_id,
        min(from_on) as first_on,
        max(until_on) as last_on,
        max(case when last_until_on is null or from_on > {{ days_after(1, 'last_until_on') }} then from_on end) as since_on
    from before
    group by user_id
),
habits as (
    select
        user_id,
        last_on >= cast({{ as_of() }} as date) as is_habitual,
        cast(first_on as timestamp) as first_habitual_at,
        cast(last_on as timestamp) as last_habitual_on,
        cast(since_on as timestamp) as since_at
    from summed
),
-- Whoever was activated lately was there lately; whoever never logged in since is away.
away as (
    select activated.user_id, greatest(activated.activated_at, coalesce(activity.last_login_at, activated.activated_at)) as there_at
    from {{ ref('int_users_activated') }} as activated
    left join {{ ref('int_contact_activity') }} as activity on activity.user_id = activated.user_id
)
select
    users.user_id,
    coalesce(habits.is_habitual, false) as is_habitual,
    case when habits.is_habitual then habits.since_at end as habitual_since,
    habits.first_habitual_at,
    case when habits.is_habitual then {{ as_of() }} else habits.last_habitual_on end as last_habitual_at,
    case
        when away.there_at <= {{ hours_before_as_of('settings.dormant_lost_days * 24') }} then settings.dormant_lost_days
        when away.there_at <= {{ hours_before_as_of('settings.dormant_long_days * 24') }} then settings.dormant_long_days
        when away.there_at <= {{ hours_before_as_of('settings.dormant_days * 24') }} then settings.dormant_days
    end as dormant_for_days,
    coalesce(away.there_at <= {{ hours_before_as_of('settings.dormant_days * 24') }}, false) as is_dormant
from {{ ref('int_users') }} as users
cross join settings
left join habits on habits.user_id = users.user_id
left join away on away.user_id = users.user_id
