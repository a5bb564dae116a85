{# Who did something and where, and what it is called: what events state of it, and the numbers that stand for it in tables
   with many rows. #}
{% macro actor_columns() -%} {{ return(['source', 'user_id', 'anonymous_id', 'company_id', 'email_as_written']) }} {%- endmacro %}
{% macro name_columns() -%} {{ return(['source', 'source_event', 'event_kind']) }} {%- endmacro %}

{#
  A table of the numbers in a column of int_event_days, and of the texts that each stands for. Numbers that are there already
  keep their row, and of new ones only the first day is read; of all, every event, so that none shares a number unseen.
#}
{% macro texts_of_keys(key, columns, are_few=false) -%}
{%- set other_key -%} {{ key_of(columns_of('events', columns | reverse | list).split(', ')) }} {%- endset -%}
with missing as (
    select days.{{ key }}, min(days.happened_on) as happened_on
    from {{ ref('int_event_days') }} as days
    {% if goes_on() %}
    left join {{ this }} as known on known.{{ key }} = days.{{ key }}
    where known.{{ key }} is null
    {% endif %}
    group by days.{{ key }}
)
select
    events.{{ key }},
    {% for column in columns %}
    any_value(events.{{ column }}) as {{ column }},
    {% endfor %}
    -- Texts that share a number differ in another one, made of them the other way round: then a test refuses to go on.
    min({{ other_key }}) <> max({{ other_key }}) as is_ambiguous,
    '{{ made_by(event_models()) }}' as made_by
from {{ ref('int_events_deduplicated') }} as events
{% if goes_on() or are_few %}
inner join missing on missing.{{ key }} = events.{{ key }} and missing.happened_on = events.happened_on
where events.happened_on in (select happened_on from missing)
{% endif %}
group by events.{{ key }}
{%- endmacro %}
