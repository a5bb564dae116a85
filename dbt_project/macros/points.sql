{# Points are exact decimals; nine places hold a half nine times over. #}
{% macro type_points() -%} decimal(28, 9) {%- endmacro %}

{# The number people see: whole, half up. Only ever applied to values of zero or more. #}
{% macro round_half_up(points) -%}
    cast(floor({{ points }} + cast(0.5 as {{ type_points() }})) as integer)
{%- endmacro %}

{#
  The share of its points a rule still gives when it was last met `age` microseconds ago.
  All three kinds take half away in `days`: `step` at once when they are full, `exponential` and `linear` a little at a
  time, `linear` down to nothing after twice `days`.
#}
{% macro decay_factor(decay, days, age) -%}
    {%- set periods -%} (cast({{ age }} as {{ type_double() }}) / cast(({{ days }}) * cast(86400000000 as bigint) as {{ type_double() }})) {%- endset -%}
    cast(case {{ decay }}
        when 'step' then power(cast(0.5 as {{ type_double() }}), floor({{ periods }}))
        when 'exponential' then power(cast(0.5 as {{ type_double() }}), {{ periods }})
        when 'linear' then greatest(1 - 0.5 * {{ periods }}, 0)
        else 1
    end as {{ type_points() }})
{%- endmacro %}

{# Whether a row of events or event days is among the `events` of a rule: an event type, or a flag of the taxonomy. #}
{% macro event_is_meant(events, row) -%}
    ({{ events }} = {{ row }}.event_type
        or ({{ events }} = 'is_activity' and {{ row }}.is_activity)
        or ({{ events }} = 'is_key_action' and {{ row }}.is_key_action)
        or ({{ events }} = 'is_login' and {{ row }}.is_login))
{%- endmacro %}
