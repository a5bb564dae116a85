{# SQL over several columns of a row at once. #}

{% macro columns_of(row, columns) -%}
    {% for column in columns %}{{ row }}.{{ column }}{% if not loop.last %}, {% endif %}{% endfor %}
{%- endmacro %}

{# Whether two rows say the same in all these columns, where nothing is the same as nothing. #}
{% macro agree(one, other, columns) -%}
    {% for column in columns %}coalesce({{ one }}.{{ column }}, '') = coalesce({{ other }}.{{ column }}, ''){% if not loop.last %} and {% endif %}{% endfor %}
{%- endmacro %}

{# The same of columns that always hold something. #}
{% macro agree_exactly(one, other, columns) -%}
    {% for column in columns %}{{ one }}.{{ column }} = {{ other }}.{{ column }}{% if not loop.last %} and {% endif %}{% endfor %}
{%- endmacro %}
