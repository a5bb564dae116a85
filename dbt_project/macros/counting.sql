{# How often something happened, and when it had happened often enough, from days of events wherever days say it. #}

{# floor(numerator / denominator) of whole numbers. Exact: a quotient of numbers below 2^53 that is not whole is further from
   a whole one than a 64-bit float can err. #}
{% macro whole_quotient(numerator, denominator) -%}
    cast(floor(cast({{ numerator }} as {{ type_double() }}) / ({{ denominator }})) as bigint)
{%- endmacro %}

{# A quotient of whole numbers of zero or more, cut to four decimals; the numerator counts ten-thousandths. #}
{% macro cut_to_four_decimals(ten_thousandths, denominator) -%}
    cast({{ whole_quotient(ten_thousandths, denominator) }} * cast(0.0001 as decimal(5, 4)) as decimal(18, 4))
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
    select distinct
        wanted.wanted_id, wanted.min_count,
        meanings.event_type, meanings.is_activity, meanings.is_key_action, meanings.is_login
    from {{ ref('int_event_meanings') }} as meanings
    inner join wanted on {{ event_is_meant('wanted.events', 'meanings') }}
),
-- Once is once: no counting.
done_once as (
    select seen.user_id, wanted.wanted_id, min(seen.first_at) as reached_at, max(seen.last_at) as last_at
    from {{ ref('int_actor_names_seen') }} as seen
    inner join {{ ref('int_event_meanings') }} as meanings on meanings.name_key = seen.name_key
    inner join wanted on wanted.min_count = 1 and {{ event_is_meant('wanted.events', 'meanings') }}
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
    inner join meant on meant.min_count > 1 and {{ is_what_is_meant('user_event_days') }}
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
    inner join meant on meant.wanted_id = days_looked_at.wanted_id and {{ is_what_is_meant('events') }}
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

{# Whether a row of events or event days is one of the CTE `meant`: an event type may be said by events of several flags. #}
{% macro is_what_is_meant(row) -%}
    meant.event_type = {{ row }}.event_type
    {%- for flag in ['is_activity', 'is_key_action', 'is_login'] %}
    and coalesce(meant.{{ flag }}, false) = coalesce({{ row }}.{{ flag }}, false)
    {%- endfor %}
{%- endmacro %}

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
        wanted.*,
        {{ hours_before_as_of('window_hours') }} as begins_after,
        cast({{ hours_before_as_of('window_hours') }} as date) as begins_on
    from wanted
),
meant as (
    select windows.wanted_id, windows.begins_on, meanings.name_key
    from {{ ref('int_event_meanings') }} as meanings
    inner join windows on {{ event_is_meant('windows.events', 'meanings') }}
),
counted as (
    select
        days.user_id,
        coalesce(named.company_id, users.company_id) as company_id,
        meant.wanted_id,
        days.event_count
    from {{ ref('int_event_days_identified') }} as days
    inner join meant on meant.name_key = days.name_key and days.happened_on > meant.begins_on
    left join {{ ref('int_companies_named') }} as named on named.company_id = days.company_id
    left join {{ ref('int_users') }} as users on users.user_id = days.user_id
    where days.happened_on > (select min(begins_on) from windows)
    union all
    select events.user_id, events.company_id, windows.wanted_id, 1
    from {{ ref('int_events') }} as events
    inner join windows
        on events.happened_on = windows.begins_on
        and {{ event_is_meant('windows.events', 'events') }}
        and events.occurred_at > windows.begins_after
    where events.occurred_at <= {{ as_of() }}
)
select user_id, company_id, wanted_id, cast(sum(event_count) as bigint) as event_count
from counted
group by user_id, company_id, wanted_id
{% endmacro %}
