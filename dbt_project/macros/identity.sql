{# Whether an anonymous id was a user's at an instant: `turns` is a row of int_anonymous_users. #}
{% macro was_theirs(turns, anonymous_id, instant) -%}
    {{ turns }}.anonymous_id = {{ anonymous_id }}
    and ({{ turns }}.after_at is null or {{ instant }} > {{ turns }}.after_at)
    and ({{ turns }}.until_at is null or {{ instant }} <= {{ turns }}.until_at)
{%- endmacro %}

{# Everything that was ever said of users in a column, by profiles and by what they were seen as; each saying once. #}
{% macro said_of_users(column) %}
    select user_id, {{ column }} from {{ ref('int_user_descriptions') }} where {{ column }} is not null
    union distinct
    select seen.user_id, actors.{{ column }}
    from {{ ref('int_actors_seen') }} as seen
    inner join {{ ref('int_actors_resolved') }} as actors on actors.actor_key = seen.actor_key
    where seen.user_id is not null and actors.{{ column }} is not null
{%- endmacro %}

{# The two halves of a recursive CTE with this name: which other_id can be reached from each user_id over pairs of user_id and
   neighbour_id that stand in both directions. Pairs may come more than once. #}
{% macro reached_over(name, neighbours) -%} {{ return(adapter.dispatch('reached_over', 'pql')(name, neighbours)) }} {%- endmacro %}
{% macro default__reached_over(name, neighbours) -%}
    select user_id, neighbour_id as other_id from {{ neighbours }}
    union distinct
    select {{ name }}.user_id, {{ neighbours }}.neighbour_id
    from {{ name }}
    inner join {{ neighbours }} on {{ neighbours }}.user_id = {{ name }}.other_id
{%- endmacro %}
