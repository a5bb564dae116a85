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
looked_into as (
    select happened_on, actor_key, name_key, user_id, last_at from {{ ref('int_event_days_looked_into') }}
),
-- As in int_actor_names_seen: first added up, and then asked whose they are.
by_actor as (
    select
        days.actor_key,
        periods.period,
        min(days.happened_on) as first_on,
        max(days.happened_on) as last_on,
        max(days.last_at) as last_active_at
    from (
        select happened_on, actor_key, name_key, last_at from {{ ref('int_event_days') }} where last_at <= {{ as_of() }}
        union all
        select happened_on, actor_key, name_key, last_at from looked_into
    ) as days
    inner join names on names.name_key = days.name_key
    inner join periods on periods.happened_on = days.happened_on
    group by days.actor_key, periods.period
),
active as (
    select actors.company_id, actors.user_id, by_actor.period, by_actor.first_on, by_actor.last_on, by_actor.last_active_at
    from by_actor
    inner join {{ ref('int_actors_resolved') }} as actors
        on actors.actor_key = by_actor.actor_key and actors.stated_user_id is not null
    union all
    select actors.company_id, visits.user_id, periods.period, visits.happened_on, visits.happened_on, visits.last_at
    from looked_into as visits
    inner join {{ ref('int_actors_resolved') }} as actors
        on actors.actor_key = visits.actor_key and actors.stated_user_id is null
    inner join names on names.name_key = visits.name_key
    inner join periods on periods.happened_on = visits.happened_on
)
select
    {{ company_of('active') }} as company_id,
    active.user_id,
    active.period,
    min(active.first_on) as first_on,
    max(active.last_on) as last_on,
    max(active.last_active_at) as last_active_at
from active
{{ join_company_of('active') }}
where {{ company_of('active') }} is not null
group by {{ company_of('active') }}, active.user_id, active.period
