{#
  The rows of int_event_days up to the clock of the run, with the user they belong to. Where the clock, or the change of an
  anonymous id from one user to the next, goes through a row, its events are looked at one by one.

  `of_days` is a query of the days that are wanted; all by default. A filter around this would come too late for the engine.
#}
{% macro event_days_identified(of_days=none) %}
{% set said = ['source', 'anonymous_id', 'company_id', 'email', 'malformed_email', 'source_event', 'event_kind'] %}
with days as (
    select * from {{ ref('int_event_days') }}
    where first_at <= {{ as_of() }}{% if of_days %} and happened_on in ({{ of_days }}){% endif %}
),
turns as (
    select * from {{ ref('int_anonymous_users') }}
),
owned as (
    select
        days.*,
        coalesce(aliases.user_id, days.user_id, turns.user_id) as owner_id,
        days.last_at > {{ as_of() }} or (visitors.anonymous_id is not null and turns.anonymous_id is null) as is_divided
    from days
    left join {{ ref('int_user_aliases') }} as aliases on aliases.alias_user_id = days.user_id
    left join (select distinct anonymous_id from turns) as visitors
        on days.user_id is null and visitors.anonymous_id = days.anonymous_id
    left join turns
        on days.user_id is null
        and turns.anonymous_id = days.anonymous_id
        and (turns.after_at is null or days.first_at > turns.after_at)
        and (turns.until_at is null or days.last_at <= turns.until_at)
),
divided as (
    select happened_on, user_id as stated_user_id, {{ said | join(', ') }} from owned where is_divided
)
select
    happened_on, owner_id as user_id, {{ said | join(', ') }}, event_count, first_at, last_at
from owned
where not is_divided
union all
select
    events.happened_on, events.user_id, {{ columns_of('events', said) }}, 1, events.occurred_at, events.occurred_at
from {{ ref('int_events_identified') }} as events
inner join divided
    on divided.happened_on = events.happened_on
    and {{ agree('divided', 'events', ['stated_user_id'] + said) }}
where events.occurred_at <= {{ as_of() }}
{% endmacro %}
