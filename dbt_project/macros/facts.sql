{#
  What is known of people and companies, from the source that fact_sources believes first.

  A model has sources_in_order(attributes) as its CTE `sources`, one row, and takes the value of each attribute from it.
#}
{% macro sources_in_order(attributes) -%}
    select
        {%- for attribute in attributes %}
        {%- for place in [1, 2, 3] %}
        max(case when attribute = '{{ attribute }}' and place = {{ place }} then source end) as {{ attribute }}_{{ place }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from (
        select attribute, source, row_number() over (partition by attribute order by priority, source) as place
        from {{ ref('fact_sources') }}
    ) as placed
{%- endmacro %}

{% macro value_at(attribute, place, values) -%}
    case sources.{{ attribute }}_{{ place }}{% for source, value in values.items() %} when '{{ source }}' then {{ value }}{% endfor %} end
{%- endmacro %}

{# The value of an attribute; `values` are the expressions of what each source says. #}
{% macro fact(attribute, values) -%}
    coalesce({% for place in [1, 2, 3] %}{{ value_at(attribute, place, values) }}{% if not loop.last %}, {% endif %}{% endfor %})
{%- endmacro %}

{# Which source that value is from. #}
{% macro fact_found_in(attribute, values) -%}
    case{% for place in [1, 2, 3] %} when {{ value_at(attribute, place, values) }} is not null then sources.{{ attribute }}_{{ place }}{% endfor %} end
{%- endmacro %}

{#
  The country of a person or a company in three columns: as it is written, its code, and which source it is from.
  A source that names a country we know comes before one with a spelling that we do not. Goes with join_countries.
#}
{% macro country_columns(attribute, values) -%}
    {%- set readable, codes = {}, {} -%}
    {%- for source, value in values.items() -%}
        {%- do readable.update({source: 'case when ' ~ source ~ '_country.country_code is not null then ' ~ value ~ ' end'}) -%}
        {%- do codes.update({source: source ~ '_country.country_code'}) -%}
    {%- endfor -%}
    coalesce({{ fact(attribute, readable) }}, {{ fact(attribute, values) }}) as country,
    {{ fact(attribute, codes) }} as country_code,
    coalesce({{ fact_found_in(attribute, readable) }}, {{ fact_found_in(attribute, values) }}) as country_found_in
{%- endmacro %}

{% macro join_countries(values) -%}
    {% for source, value in values.items() %}
    left join {{ ref('int_countries') }} as {{ source }}_country on {{ source }}_country.country = {{ value }}
    {% endfor %}
{%- endmacro %}
