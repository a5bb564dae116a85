{# What the rules that are looked at whenever their answer can change find at each of these moments. #}

{#
  One row per user, rule and moment: the value of the rule's aggregate over the window that ends there, and the divisor.

  `moments` is a CTE of the events with all columns of `events` and of rows without an event, at which one leaves the window.
  Of several rows of one moment only the last has another moment in `until_at`, or none: when the answer can change next.
#}
{% macro measured_at_moments(moments, events) -%} {{ return(adapter.dispatch('measured_at_moments', 'pql')(moments, events)) }} {%- endmacro %}
{% macro default__measured_at_moments(moments, events) -%}
    {%- set frame = 'over (partition by user_id, rule_id order by moved_at range between window_microseconds - 1 preceding and current row)' -%}
    {%- set values = {
        'count': 'cast(count(event_id) ' ~ frame ~ ' as decimal(38, 4))',
        'distinct_days': 'cast(count(distinct case when event_id is not null then happened_on end) ' ~ frame ~ ' as decimal(38, 4))',
        'distinct_values': 'cast(count(distinct property_text) ' ~ frame ~ ' as decimal(38, 4))',
        'sum': 'cast(sum(measure) ' ~ frame ~ ' as decimal(38, 4))',
        'max': 'cast(max(measure) ' ~ frame ~ ' as decimal(38, 4))',
        'latest': 'cast(' ~ latest_known('measure', ['moved_at', 'event_id']) ~ ' ' ~ frame ~ ' as decimal(38, 4))',
        'ratio_of_latest': 'cast(' ~ latest_known('measure', ['moved_at', 'event_id']) ~ ' ' ~ frame ~ ' as decimal(38, 4))',
    } -%}
    {% for aggregate, value in values.items() %}
    select
        user_id, rule_id, moved_at, operator, threshold,
        {{ value }} as value,
        {% if aggregate == 'ratio_of_latest' %}
        cast({{ latest_known('divisor', ['moved_at', 'event_id']) }} {{ frame }} as decimal(38, 4)) as divisor,
        {% else %}
        cast(1 as decimal(38, 4)) as divisor,
        {% endif %}
        lead(moved_at) over (partition by user_id, rule_id order by moved_at) as until_at
    from {{ moments }}
    where aggregate = '{{ aggregate }}'
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
{%- endmacro %}

{# The same for engines whose windows are of a fixed width or count nothing once: the events of each window are looked up.
   One row per moment. #}
{% macro measured_by_join(moments, events) -%}
    select
        moments.user_id, moments.rule_id, moments.moved_at, moments.operator, moments.threshold,
        cast(case moments.aggregate
            when 'count' then count(seen.event_id)
            when 'distinct_days' then count(distinct seen.happened_on)
            when 'distinct_values' then count(distinct seen.property_text)
            when 'sum' then sum(seen.measure)
            when 'max' then max(seen.measure)
            else {{ latest_known('seen.measure', ['seen.moved_at', 'seen.event_id']) }}
        end as decimal(38, 4)) as value,
        cast(case moments.aggregate
            when 'ratio_of_latest' then {{ latest_known('seen.divisor', ['seen.moved_at', 'seen.event_id']) }}
            else 1
        end as decimal(38, 4)) as divisor,
        lead(moments.moved_at) over (partition by moments.user_id, moments.rule_id order by moments.moved_at) as until_at
    from (
        select distinct user_id, rule_id, moved_at, aggregate, operator, threshold, window_microseconds from {{ moments }}
    ) as moments
    left join {{ events }} as seen
        on seen.user_id = moments.user_id
        and seen.rule_id = moments.rule_id
        and seen.moved_at <= moments.moved_at
        and seen.moved_at > moments.moved_at - moments.window_microseconds
    group by
        moments.user_id, moments.rule_id, moments.moved_at, moments.aggregate, moments.operator, moments.threshold,
        moments.window_microseconds
{%- endmacro %}
