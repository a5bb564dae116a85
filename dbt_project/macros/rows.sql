{# SQL over several columns of a row at once. #}

{% macro columns_of(row, columns) -%}
    {% for column in columns %}{{ row }}.{{ column }}{% if not loop.last %}, {% endif %}{% endfor %}
{%- endmacro %}

{# First and last name of a row in one text; null where neither is known. #}
{% macro full_name(row) -%}
    nullif({{ trimmed("coalesce(" ~ row ~ ".first_name, '') || ' ' || coalesce(" ~ row ~ ".last_name, '')") }}, '')
{%- endmacro %}

{# Of each row of a CTE as many as there are in `rows`, each the expressions of its columns by name; types must be the same. #}
{% macro rows_from(relation, rows) -%} {{ return(adapter.dispatch('rows_from', 'pql')(relation, rows)) }} {%- endmacro %}
{% macro default__rows_from(relation, rows) -%}
    {%- for row in rows %}
    select {% for name, value in row.items() %}{{ value }} as {{ name }}{% if not loop.last %}, {% endif %}{% endfor %}
    from {{ relation }}
    {% if not loop.last %}union all{% endif %}
    {%- endfor %}
{%- endmacro %}
