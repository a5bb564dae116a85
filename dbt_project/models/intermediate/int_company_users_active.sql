{#
  One row per company, user active there (null for visitors who never said who they are) and month of thirty days counted
  from 2000-01-01: the first and the last UTC day of activity in it, and when the last was.

  A person counts in each company they were active in. The last event of a row lies in every window that any of its events
  lies in, so distinct active users of any window come out of this exactly. And two days of one such month are never thirty
  days apart, so whoever is active on both counts as active in the thirty days to every day in between.
#}
with periods as (
    select
        happened_on,
        {{ whole_quotient(dbt.datediff("cast('2000-01-01' as date)", 'happened_on', 'day'), 30) }} as period
    from {{ ref('int_event_days_written') }}
),
names as (
    select name_key from {{ ref('int_event_meanings') }} where is_activity
),
days as (
    select
        days.actor_key,
        days.user_id,
        periods.period,
        min(days.happened_on) as first_on,
        max(days.happened_on) as last_on,
        max(days.last_at) as last_active_at
    from {{ ref('int_event_days_identified') }} as days
    inner join names on names.name_key = days.name_key
    inner join periods on periods.happened_on = days.happened_on
    group by days.actor_key, days.user_id, periods.period
)
select
    coalesce(named.company_id, users.company_id) as company_id,
    days.user_id,
    days.period,
    min(days.first_on) as first_on,
    max(days.last_on) as last_on,
    max(days.last_active_at) as last_active_at
from days
inner join {{ ref('int_event_actors') }} as actors on actors.actor_key = days.actor_key
left join {{ ref('int_companies_named') }} as named on named.company_id = actors.company_id
left join {{ ref('int_users') }} as users on users.user_id = days.user_id
where coalesce(named.company_id, users.company_id) is not null
group by coalesce(named.company_id, users.company_id), days.user_id, days.period
