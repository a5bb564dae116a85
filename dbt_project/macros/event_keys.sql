{# Who did something and where, and what it is called: what events state of it, and the numbers that stand for it in tables
   with many rows. #}
{% macro actor_columns() -%} {{ return(['source', 'user_id', 'anonymous_id', 'company_id', 'email_as_written']) }} {%- endmacro %}
{% macro name_columns() -%} {{ return(['source', 'source_event', 'event_kind']) }} {%- endmacro %}

{#
  A table of the numbers in a column of int_event_days, and of the texts that each stands for. Numbers that are there already
  keep their row, and of new ones only the first day is read.
#}
{% macro texts_of_keys(key, columns) -%}
-- Read where there was a build before: depends_on: {{ ref('int_event_days') }}
{%- set missing -%}
    select days.{{ key }}, min(days.happened_on) as happened_on
    from {{ ref('int_event_days') }} as days
    -- What was made in another way is still there while this is asked, and then goes.
    left join {{ this }} as known on known.{{ key }} = days.{{ key }} and known.made_by = '{{ made_by(event_models()) }}'
    where known.{{ key }} is null and days.{{ key }} is not null
    group by days.{{ key }}
{%- endset %}
with texts as (
    select distinct {{ columns_of('events', columns) }}
    from {{ ref('int_events_deduplicated') }} as events
    {% if goes_on() %}
    {% set days = run_query('select min(happened_on), max(happened_on) from (' ~ missing ~ ') as missing').rows[0] %}
    {% if days[0] is none %}
    where false
    {% else %}
    inner join ({{ missing }}) as missing on missing.{{ key }} = events.{{ key }} and missing.happened_on = events.happened_on
    where {{ is_between_days('events.occurred_at', days) }}
    {% endif %}
    {% endif %}
),
numbered as (
    select {{ key_of(columns) }} as {{ key }}, {{ columns | join(', ') }} from texts
)
select
    {{ key }},
    {% for column in columns %}
    {{ dbt.any_value(column) }} as {{ column }},
    {% endfor %}
    -- Texts that share a number: a test refuses to go on.
    count(*) > 1 as is_ambiguous,
    '{{ made_by(event_models()) }}' as made_by
from numbered
group by {{ key }}
{%- endmacro %}
