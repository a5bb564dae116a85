{# The company that something happened in: the one that was stated, where a source names it, else the user's own. `row` has
   company_id and user_id; the second macro goes with the first. #}
{% macro company_of(row) -%} coalesce({{ row }}_named.company_id, {{ row }}_users.company_id) {%- endmacro %}
{% macro join_company_of(row) -%}
    left join {{ ref('int_companies_named') }} as {{ row }}_named on {{ row }}_named.company_id = {{ row }}.company_id
    left join {{ ref('int_users') }} as {{ row }}_users on {{ row }}_users.user_id = {{ row }}.user_id
{%- endmacro %}
