{# Whether an anonymous id was a user's at an instant: `turns` is a row of int_anonymous_users. #}
{% macro was_theirs(turns, anonymous_id, instant) -%}
    {{ turns }}.anonymous_id = {{ anonymous_id }}
    and ({{ turns }}.after_at is null or {{ instant }} > {{ turns }}.after_at)
    and ({{ turns }}.until_at is null or {{ instant }} <= {{ turns }}.until_at)
{%- endmacro %}

{# Everything that was ever said of users in a column, by profiles and by what they were seen as; each saying once. #}
{% macro said_of_users(column) %}
    select user_id, {{ column }} from {{ ref('int_user_descriptions') }} where {{ column }} is not null
    union
    select seen.user_id, actors.{{ column }}
    from {{ ref('int_actors_seen') }} as seen
    inner join {{ ref('int_actors_resolved') }} as actors on actors.actor_key = seen.actor_key
    where seen.user_id is not null and actors.{{ column }} is not null
{%- endmacro %}
