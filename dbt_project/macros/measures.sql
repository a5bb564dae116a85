{# Numbers that events carry, and exact arithmetic with them: no float decides a rule. #}

{# Eighteen digits before the point are enough for what an event counts, and leave room for exact sums and products. #}
{% macro type_measure() -%} decimal(22, 4) {%- endmacro %}

{# Text or another number as a measure; null where it is none. #}
{% macro measure_or_null(value) -%} {{ return(adapter.dispatch('measure_or_null', 'pql')(value)) }} {%- endmacro %}
{% macro default__measure_or_null(value) -%} try_cast({{ value }} as {{ type_measure() }}) {%- endmacro %}

{# How many times `part` goes whole into `whole`, both exact and `part` above zero. #}
{% macro whole_times(whole, part) -%} {{ return(adapter.dispatch('whole_times', 'pql')(whole, part)) }} {%- endmacro %}
{% macro default__whole_times(whole, part) -%}
    (cast(cast({{ whole }} as decimal(38, 4)) * 10000 as hugeint) // cast(cast({{ part }} as decimal(38, 4)) * 10000 as hugeint))
{%- endmacro %}

{# A ratio of measures with four decimals, the rest cut off. #}
{% macro ratio_cut(numerator, divisor) -%}
    cast(cast({{ whole_times('cast(' ~ numerator ~ ' as decimal(38, 4)) * 10000', divisor) }} as decimal(34, 0)) * cast(0.0001 as decimal(4, 4)) as decimal(38, 4))
{%- endmacro %}

{# Whether `left` stands to `right` as the operator in a cell says; null where either is not known. #}
{% macro compared(operator, left, right) -%}
    case {{ operator }}
        when '>=' then {{ left }} >= {{ right }}
        when '>' then {{ left }} > {{ right }}
        when '<=' then {{ left }} <= {{ right }}
        when '<' then {{ left }} < {{ right }}
        when '=' then {{ left }} = {{ right }}
        when '!=' then {{ left }} <> {{ right }}
    end
{%- endmacro %}

{# Whether the text of an event's property passes the filter of a rule. #}
{% macro passes_filter(rule, text) -%}
    case {{ rule }}.filter_operator
        when '=' then {{ text }} not like '%|%' and {{ is_among(text, rule ~ '.filter_value') }}
        when '!=' then {{ text }} like '%|%' or not {{ is_among(text, rule ~ '.filter_value') }}
        when 'contains' then {{ dbt.position('lower(' ~ rule ~ '.filter_value)', 'lower(' ~ text ~ ')') }} > 0
        when 'is_known' then {{ text }} <> ''
        else {{ compared(rule ~ '.filter_operator', measure_or_null(text), measure_or_null(rule ~ '.filter_value')) }}
    end
{%- endmacro %}

{# An exact number as people write it, with all places that say something: 4.0000 is 4. #}
{% macro plain_number(number) -%} {{ return(adapter.dispatch('plain_number', 'pql')(number)) }} {%- endmacro %}
{% macro default__plain_number(number) -%}
    rtrim(rtrim(cast(cast({{ number }} as decimal(38, 9)) as {{ dbt.type_string() }}), '0'), '.')
{%- endmacro %}
