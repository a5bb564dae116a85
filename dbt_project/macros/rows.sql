{# SQL over several columns of a row at once. #}

{% macro columns_of(row, columns) -%}
    {% for column in columns %}{{ row }}.{{ column }}{% if not loop.last %}, {% endif %}{% endfor %}
{%- endmacro %}

{# Whether two rows say the same in all these columns, where nothing is the same as nothing. #}
{% macro agree(one, other, columns) -%}
    {% for column in columns %}coalesce({{ one }}.{{ column }}, '') = coalesce({{ other }}.{{ column }}, ''){% if not loop.last %} and {% endif %}{% endfor %}
{%- endmacro %}

{# Whether a row of `meanings` (int_event_meanings) is that of an event, or of a row of days. #}
{% macro is_meaning_of(row) -%} {{ agree('meanings', row, ['source', 'source_event', 'event_kind']) }} {%- endmacro %}
