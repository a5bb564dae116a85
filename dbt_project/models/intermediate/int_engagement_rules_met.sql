{#
  One row per user and rule that is met, with what was found and when it was last met.
  A windowed rule holds until the event that made it true leaves the window; a rule without a window is met anew by each
  further event.
#}
with rules as (
    select * from {{ ref('engagement_rules') }} where is_enabled
),
rule_events as (
    select
        events.user_id,
        rules.rule_id,
        rules.aggregate,
        rules.threshold,
        rules.window_hours,
        rules.holds,
        events.event_id,
        events.occurred_at,
        {{ json_text('events.properties', 'rules.property') }} as property_value
    from {{ ref('int_events') }} as events
    inner join rules on {{ event_is_meant('rules.events', 'events') }}
    where events.user_id is not null
        and events.occurred_at <= {{ as_of() }}
        and (rules.aggregate = 'distinct_values' or rules.window_hours is not null)
),
counted as (
    select
        days.user_id, rules.rule_id, rules.holds,
        cast(sum(days.event_count) as decimal(18, 4)) as found,
        max(days.last_at) as last_at
    from {{ ref('int_user_event_days') }} as days
    inner join rules on {{ event_is_meant('rules.events', 'days') }}
    where rules.aggregate = 'count' and rules.window_hours is null
    group by days.user_id, rules.rule_id, rules.holds, rules.threshold
    having sum(days.event_count) >= rules.threshold
),
distinct_counted as (
    select
        user_id, rule_id, holds,
        cast(count(distinct property_value) as decimal(18, 4)) as found,
        max(occurred_at) as last_at
    from rule_events
    where aggregate = 'distinct_values' and property_value is not null
    group by user_id, rule_id, holds, threshold
    having count(distinct property_value) >= threshold
),
numbered as (
    select
        rule_events.*,
        row_number() over (partition by user_id, rule_id order by occurred_at, event_id) as position
    from rule_events
    where aggregate = 'count'
),
-- The events threshold − 1 apart: when both lie in one window the rule holds until the earlier one leaves it.
windows_met as (
    select
        latest.user_id,
        latest.rule_id,
        latest.holds,
        latest.window_hours,
        latest.position,
        latest.occurred_at as met_at,
        {{ dbt.dateadd('hour', 'latest.window_hours', 'earliest.occurred_at') }} as held_until
    from numbered as latest
    inner join numbered as earliest
        on earliest.user_id = latest.user_id
        and earliest.rule_id = latest.rule_id
        and earliest.position = latest.position - latest.threshold + 1
    where latest.occurred_at < {{ dbt.dateadd('hour', 'latest.window_hours', 'earliest.occurred_at') }}
),
last_windows_met as (
    select user_id, rule_id, holds, window_hours, max(held_until) as held_until, max(met_at) as met_at
    from windows_met
    group by user_id, rule_id, holds, window_hours
),
windowed as (
    select
        last_met.user_id,
        last_met.rule_id,
        last_met.holds,
        last_met.held_until,
        cast(count(*) as decimal(18, 4)) as found
    from last_windows_met as last_met
    inner join rule_events
        on rule_events.user_id = last_met.user_id
        and rule_events.rule_id = last_met.rule_id
        and rule_events.occurred_at <= last_met.met_at
        and {{ dbt.dateadd('hour', 'last_met.window_hours', 'rule_events.occurred_at') }} > last_met.met_at
    group by last_met.user_id, last_met.rule_id, last_met.holds, last_met.held_until
),
company_usage as (
    select
        users.user_id,
        rules.rule_id,
        cast(companies.usage_count / companies.usage_limit as decimal(18, 4)) as found
    from {{ ref('int_users') }} as users
    inner join {{ ref('int_companies') }} as companies on companies.company_id = users.company_id
    inner join rules on rules.aggregate = 'company_usage_ratio'
    where companies.usage_limit > 0 and companies.usage_count >= rules.threshold * companies.usage_limit
)
select user_id, rule_id, found, case when holds = 'current' then {{ as_of() }} else last_at end as last_met_at
from counted
union all
select user_id, rule_id, found, case when holds = 'current' then {{ as_of() }} else last_at end as last_met_at
from distinct_counted
union all
select user_id, rule_id, found, case when held_until > {{ as_of() }} then {{ as_of() }} else held_until end as last_met_at
from windowed
where holds = 'latched' or held_until > {{ as_of() }}
union all
select user_id, rule_id, found, {{ as_of() }} as last_met_at
from company_usage
