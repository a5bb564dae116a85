{# How often something happened, and when it had happened often enough, from days of events wherever days say it. #}

{# floor(numerator / denominator) of whole numbers. Exact: a quotient of numbers below 2^53 that is not whole is further from
   a whole one than a 64-bit float can err. #}
{% macro whole_quotient(numerator, denominator) -%}
    cast(floor(cast({{ numerator }} as {{ type_double() }}) / ({{ denominator }})) as bigint)
{%- endmacro %}

{# The day some days before or after another one, as a date. #}
{% macro days_after(days, day) -%} cast({{ dbt.dateadd('day', days, day) }} as date) {%- endmacro %}

{#
  When each user had done something for the n-th time, and when they last did it: user_id, wanted_id, reached_at, last_at.

  `wanted` is a query of wanted_id, events (event types or flags, with |) and min_count. Days say on which day it was, and
  mostly also when on that day; where it was one in between, the events of that day are looked at.
#}
{% macro times_reached(wanted) %}
with wanted as (
    {{ wanted }}
),
meant as (
    select wanted.wanted_id, wanted.min_count, meanings.name_key
    from {{ ref('int_event_meanings') }} as meanings
    inner join wanted on {{ event_is_meant('wanted.events', 'meanings') }}
),
-- Once is once: no counting.
done_once as (
    select seen.user_id, wanted.wanted_id, min(seen.first_at) as reached_at, max(seen.last_at) as last_at
    from {{ ref('int_actor_names_seen') }} as seen
    inner join meant as wanted on wanted.name_key = seen.name_key and wanted.min_count = 1
    where seen.user_id is not null
    group by seen.user_id, wanted.wanted_id
),
days as (
    select
        user_event_days.user_id,
        meant.wanted_id,
        meant.min_count,
        user_event_days.happened_on,
        sum(user_event_days.event_count) as event_count,
        min(user_event_days.first_at) as first_at,
        max(user_event_days.last_at) as last_at
    from {{ ref('int_user_event_days') }} as user_event_days
    inner join meant on meant.name_key = user_event_days.name_key and meant.min_count > 1
    group by user_event_days.user_id, meant.wanted_id, meant.min_count, user_event_days.happened_on
),
counted as (
    select
        days.*,
        max(last_at) over (partition by user_id, wanted_id) as done_last_at,
        min_count - sum(event_count) over (
            partition by user_id, wanted_id order by happened_on rows between unbounded preceding and current row
        ) + event_count as missing_count
    from days
),
-- Which of the events of its day it was.
days_reached as (
    select * from counted where missing_count between 1 and event_count
),
days_looked_at as (
    select * from days_reached where missing_count > 1 and missing_count < event_count
),
in_between as (
    select
        days_looked_at.user_id,
        days_looked_at.wanted_id,
        days_looked_at.missing_count,
        days_looked_at.done_last_at,
        events.occurred_at,
        row_number() over (
            partition by days_looked_at.user_id, days_looked_at.wanted_id order by events.occurred_at, events.event_id
        ) as occurrence
    from {{ ref('int_events') }} as events
    inner join days_looked_at
        on days_looked_at.user_id = events.user_id
        and days_looked_at.happened_on = events.happened_on
    inner join meant on meant.wanted_id = days_looked_at.wanted_id and meant.name_key = events.name_key
    where events.occurred_at <= {{ as_of() }}
)
select user_id, wanted_id, reached_at, last_at from done_once
union all
select user_id, wanted_id, case when missing_count = 1 then first_at else last_at end as reached_at, done_last_at as last_at
from days_reached
where missing_count = 1 or missing_count = event_count
union all
select user_id, wanted_id, occurred_at, done_last_at from in_between where occurrence = missing_count
{% endmacro %}

{#
  How often each user did something in the last hours, in each company they did it in: user_id, company_id, wanted_id,
  event_count. Of visitors without a user the user_id is null.

  `wanted` is a query of wanted_id, events and window_hours. Only the day that the window begins on is read event by event.
#}
{% macro counts_in_windows(wanted) %}
with wanted as (
    {{ wanted }}
),
windows as (
    select
        wanted.wanted_id,
        meanings.name_key,
        {{ hours_before_as_of('wanted.window_hours') }} as begins_after,
        cast({{ hours_before_as_of('wanted.window_hours') }} as date) as begins_on
    from {{ ref('int_event_meanings') }} as meanings
    inner join wanted on {{ event_is_meant('wanted.events', 'meanings') }}
),
-- Day by day, so that the few days of a window are found before anybody asks whose they are.
meant as (
    select windows.wanted_id, written.happened_on, windows.name_key
    from windows
    inner join {{ ref('int_event_days_written') }} as written on written.happened_on > windows.begins_on
),
days_counted as (
    select days.user_id, days.company_id, meant.wanted_id, sum(days.event_count) as event_count
    from {{ ref('int_event_days_identified') }} as days
    inner join meant on meant.name_key = days.name_key and meant.happened_on = days.happened_on
    group by days.user_id, days.company_id, meant.wanted_id
),
counted as (
    select
        days_counted.user_id,
        {{ company_of('days_counted') }} as company_id,
        days_counted.wanted_id,
        days_counted.event_count
    from days_counted
    {{ join_company_of('days_counted') }}
    union all
    select events.user_id, events.company_id, windows.wanted_id, 1
    from {{ ref('int_events') }} as events
    inner join windows
        on events.happened_on = windows.begins_on
        and windows.name_key = events.name_key
        and events.occurred_at > windows.begins_after
    where events.occurred_at <= {{ as_of() }}
)
select user_id, company_id, wanted_id, cast(sum(event_count) as bigint) as event_count
from counted
group by user_id, company_id, wanted_id
{% endmacro %}
