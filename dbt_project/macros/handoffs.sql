{# Going to sales and coming back. #}

{# Ids are made of the contact and a count of its earlier handoffs, never of the clock. #}
{% macro handoff_id(user_id, episode) -%} {{ _id_of_episode('handoff', user_id, episode) }} {%- endmacro %}
{% macro return_id(user_id, episode) -%} {{ _id_of_episode('return', user_id, episode) }} {%- endmacro %}
{% macro _id_of_episode(what, user_id, episode) -%}
    {{ dbt.hash(dbt.concat(["'" ~ what ~ "|contacts|'", user_id, "'|'", "cast(" ~ episode ~ " as " ~ dbt.type_string() ~ ")"])) }}
{%- endmacro %}

{# The name of a row of stg_hubspot__owners; null where HubSpot has none. #}
{% macro owner_name(owners) -%}
    {{ full_name(owners) }}
{%- endmacro %}
