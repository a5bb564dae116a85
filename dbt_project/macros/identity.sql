{# Whether an anonymous id was a user's at an instant: `turns` is a row of int_anonymous_users. #}
{% macro was_theirs(turns, anonymous_id, instant) -%}
    {{ turns }}.anonymous_id = {{ anonymous_id }}
    and ({{ turns }}.after_at is null or {{ instant }} > {{ turns }}.after_at)
    and ({{ turns }}.until_at is null or {{ instant }} <= {{ turns }}.until_at)
{%- endmacro %}
