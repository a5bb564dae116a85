{# The value of a row of negative_rules as a number; rules of another condition have words there, and an engine may read those first. #}
{% macro negative_value(condition) -%} cast(case when rules.condition = '{{ condition }}' then rules.value end as bigint) {%- endmacro %}
