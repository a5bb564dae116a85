{% set attributes = ['job_title', 'industry', 'employee_count', 'country', 'region'] %}
{% set known_by = {'country': 'country_code', 'region': 'country_code'} %}
-- What is not known is worth what it could have given: ten-thousandths of a point, whole, so that halves are exact.
with weights as (
    select
        {%- for attribute in attributes %}
        coalesce(max(case when attribute = '{{ attribute }}' then cast(points * 10000 as bigint) end), 0) as {{ attribute }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from {{ ref('fit_rules') }}
),
added as (
    select
        profiles.user_id,
        {% for attribute in attributes -%}
        case when profiles.{{ known_by.get(attribute, attribute) }} is not null then weights.{{ attribute }} else 0 end
        {%- if not loop.last %} + {% endif %}
        {% endfor -%}
        as known,
        {% for attribute in attributes %}weights.{{ attribute }}{% if not loop.last %} + {% endif %}{% endfor %} as total
    from {{ ref('int_people_profiled') }} as profiles
    cross join weights
)
select
    user_id,
    case
        when total = 0 then 100
        else cast(floor(cast(200 * known + total as {{ type_double() }}) / cast(2 * total as {{ type_double() }})) as integer)
    end as fit_completeness_pct
from added
