{# What landing files brought, or the views of the ingest step on tables that are in the warehouse already. #}
{% macro landed(table) -%}
    {{ return(source('in_warehouse' if table.split('_')[0] in var('in_warehouse') else 'raw', table)) }}
{%- endmacro %}
