{# SQL over several columns of a row at once. #}

{% macro columns_of(row, columns) -%}
    {% for column in columns %}{{ row }}.{{ column }}{% if not loop.last %}, {% endif %}{% endfor %}
{%- endmacro %}
