{# What the history of scores is written in: every reason that gives or takes points, as `rule=points` and in one order, so
   that two states are compared as texts and taken apart again where somebody asks what moved. #}

{# A reason by the name it has in such a text; rounding is a reason of the fit score too. #}
{% macro reason_name(row) -%}
    case when {{ row }}.score_name = 'fit' then {{ dbt.concat(["'fit:'", row ~ ".rule_id"]) }} else {{ row }}.rule_id end
{%- endmacro %}

{# The texts of a group in their own order with a sign between them. Sorted as a list: of a million groups of eight an
   ordered listagg takes half a minute, this a few seconds. #}
{% macro sorted_texts(text, sign=';') -%} {{ return(adapter.dispatch('sorted_texts', 'pql')(text, sign)) }} {%- endmacro %}
{% macro default__sorted_texts(text, sign) -%} array_to_string(list_sort(array_agg({{ text }})), '{{ sign }}') {%- endmacro %}

{# One row per piece of a text with `;` between the pieces, as the column `piece`, beside `columns` of the relation. #}
{% macro pieces_of(relation, columns, text) -%} {{ return(adapter.dispatch('pieces_of', 'pql')(relation, columns, text)) }} {%- endmacro %}
{% macro default__pieces_of(relation, columns, text) -%}
    select {{ columns | join(', ') }}, unnest(string_split({{ text }}, ';')) as piece from {{ relation }} where {{ text }} <> ''
{%- endmacro %}

{# Whether two states are seen as the same; which points made the same score is no difference. #}
{% macro looks_the_same(one, other) -%}
    ({% for column in ['pql_score', 'fit_score', 'combined_score', 'band'] %}{{ one }}.{{ column }} = {{ other }}.{{ column }}{% if not loop.last %} and {% endif %}{% endfor %})
{%- endmacro %}
