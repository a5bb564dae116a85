{# SQL over several columns of a row at once. #}

{% macro columns_of(row, columns) -%}
    {% for column in columns %}{{ row }}.{{ column }}{% if not loop.last %}, {% endif %}{% endfor %}
{%- endmacro %}

{# First and last name of a row in one text; null where neither is known. #}
{% macro full_name(row) -%}
    nullif(trim(coalesce({{ row }}.first_name, '') || ' ' || coalesce({{ row }}.last_name, '')), '')
{%- endmacro %}
