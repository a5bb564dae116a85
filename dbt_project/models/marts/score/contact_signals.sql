with rules as (
    select * from {{ ref('signals') }} where is_enabled
),
done as (
    select user_id, wanted_id as signal_id, reached_at as first_at, last_at
    from (
        {{ times_reached("select signal_id as wanted_id, events, threshold as min_count from " ~ ref('signals')
            ~ " where is_enabled and condition = 'events'") }}
    ) as reached
),
-- What the last of them says of itself.
detailed as (
    select
        done.user_id,
        done.signal_id,
        {{ latest_known('events.property_text', ['events.event_id']) }} as feature_name
    from {{ ref('int_events_read_identified') }} as events
    inner join done
        on done.user_id = events.user_id
        and {{ dbt.concat(["'signal/'", 'done.signal_id']) }} = events.reading_id
        and {{ microseconds_of('done.last_at') }} = events.occurred_microseconds
    where events.reading_id like 'signal/%'
    group by done.user_id, done.signal_id
),
found as (
    select done.user_id, done.signal_id, done.first_at, done.last_at, detailed.feature_name as detail
    from done
    left join detailed
        on detailed.user_id = done.user_id and detailed.signal_id = done.signal_id
    union all
    -- Now the hours are counted as everywhere else; days tell of what was.
    select
        users.user_id,
        rules.signal_id,
        coalesce(cast(expanded.first_on as timestamp), cast(cast({{ as_of() }} as date) as timestamp)),
        case when activity.active_users_30d >= rules.threshold then {{ as_of() }} else cast(expanded.last_on as timestamp) end,
        null
    from {{ ref('int_users') }} as users
    inner join rules on rules.condition = 'company_active_users'
    left join {{ ref('int_company_activity') }} as activity on activity.company_id = users.company_id
    left join {{ ref('int_companies_expanded') }} as expanded
        on expanded.company_id = users.company_id and expanded.signal_id = rules.signal_id
    where expanded.company_id is not null or activity.active_users_30d >= rules.threshold
    union all
    select habits.user_id, rules.signal_id, habits.first_habitual_at, habits.last_habitual_at, null
    from {{ ref('int_contact_habits') }} as habits
    inner join rules on rules.condition = 'habitual_use'
    where habits.first_habitual_at is not null
    union all
    select activated.user_id, rules.signal_id, activated.activated_at, activated.activated_at, null
    from {{ ref('int_users_activated') }} as activated
    inner join rules on rules.condition = 'activated'
    union all
    select users.user_id, rules.signal_id, users.created_at, users.created_at, null
    from {{ ref('int_users') }} as users
    inner join {{ ref('int_icp_matches') }} as matches on matches.user_id = users.user_id and matches.is_icp_match
    inner join rules on rules.condition = 'signup_with_icp_match'
    where users.created_at <= {{ as_of() }}
)
select
    found.user_id,
    found.signal_id,
    rules.label,
    rules.strength,
    rules.origin,
    found.first_at,
    found.last_at,
    found.last_at > {{ hours_before_as_of('rules.live_days * 24') }} as is_live,
    found.detail
from found
inner join rules on rules.signal_id = found.signal_id
