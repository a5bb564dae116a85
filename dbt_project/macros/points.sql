{# Points are exact decimals; nine places hold a half nine times over. #}
{% macro type_points() -%} decimal(28, 9) {%- endmacro %}

{# The number people see: whole, half up. #}
{% macro round_half_up(points) -%}
    cast(floor({{ points }} + cast(0.5 as {{ type_points() }})) as integer)
{%- endmacro %}

{# What a cap leaves of the points of a row, when it is given out row by row; `running` are all points up to this row. #}
{% macro points_left(points, running, cap) -%}
    cast(greatest(least({{ points }}, {{ cap }} - ({{ running }} - {{ points }})), 0) as {{ type_points() }})
{%- endmacro %}

{#
  The share of its points a rule still gives when it was last met `age` microseconds ago, to nine decimals, half up.
  All three kinds take half away in `days`: `step` at once when they are full, `exponential` and `linear` a little at a
  time, `linear` down to nothing after twice `days`.
#}
{% macro decay_factor(decay, days, age) -%}
    {%- set period -%} (cast({{ days }} as bigint) * cast(86400000000 as bigint)) {%- endset -%}
    {%- set periods -%} (cast({{ age }} as {{ type_double() }}) / cast({{ period }} as {{ type_double() }})) {%- endset -%}
    cast(case {{ decay }}
        when 'step' then {{ billionths_half_up("power(cast(0.5 as " ~ type_double() ~ "), " ~ whole_times(age, period) ~ ")") }}
        when 'exponential' then {{ billionths_half_up("power(cast(0.5 as " ~ type_double() ~ "), " ~ periods ~ ")") }}
        when 'linear' then case
            when {{ age }} < 2 * {{ period }}
            -- In whole numbers: (1 - age / 2 periods) in billionths, and a half more to round up.
            then {{ whole_times('cast(2000000000 as decimal(30, 0)) * ' ~ period ~ ' - cast(1000000000 as decimal(30, 0)) * ' ~ age ~ ' + ' ~ period, '2 * ' ~ period) }}
            else 0
        end
        else 1000000000
    end as decimal(18, 0)) * cast(0.000000001 as decimal(9, 9))
{%- endmacro %}

{% macro billionths_half_up(number) -%} floor({{ number }} * 1000000000 + 0.5) {%- endmacro %}

{# Whether a row of events or event days is among the `events` of a rule: event types, or flags of the taxonomy. #}
{% macro event_is_meant(events, row) -%}
    ({{ is_among(row ~ '.event_type', events) }}
        or ({{ is_among("'is_activity'", events) }} and {{ row }}.is_activity)
        or ({{ is_among("'is_key_action'", events) }} and {{ row }}.is_key_action)
        or ({{ is_among("'is_login'", events) }} and {{ row }}.is_login))
{%- endmacro %}
