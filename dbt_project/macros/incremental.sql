{#
  What tables that grow with the events need in order to touch only what is new, and to give what a full refresh gives.

  Such a table holds nothing that a later build may see otherwise: no clock, no rule, no resolved identity.
#}

{# Everything that decides what an event of a source becomes: the text of the models, and vars they read. Whoever changes a
   macro they call runs `dbt build --full-refresh`. #}
{% macro made_by(models) -%}
    {%- set texts = [var('event_sources') | string, var('in_warehouse') | string, var('mixpanel_company_property'), var('amplitude_group_type')] -%}
    {%- if execute -%}
        {%- for node in graph.get('nodes', {}).values() if node.resource_type == 'model' and node.name in models -%}
            {%- do texts.append(node.name ~ node.raw_code) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ local_md5(texts | sort | join('\n')) }}
{%- endmacro %}

{# A number that is higher in every later build, also of a table that was made anew. #}
{% macro next_build_number(last) -%}
    {%- set started = (run_started_at.timestamp() * 1000000) | int -%}
    greatest(cast({{ started }} as bigint), coalesce({{ last }}, 0) + 1)
{%- endmacro %}

{# Whether there are rows of an earlier build to go on from; a table of an earlier version does not say how it was made. #}
{% macro goes_on() -%}
    {%- if is_incremental() -%}
        {{ return('made_by' in (adapter.get_columns_in_relation(this) | map(attribute='name'))) }}
    {%- endif -%}
    {{ return(false) }}
{%- endmacro %}

{# Rows that were made in another way are made again: everything is new to an empty table. #}
{% macro forget_what_was_made_otherwise(models) -%}
    {%- if is_incremental() -%}
        delete from {{ this }} {% if goes_on() %}where made_by <> '{{ made_by(models) }}'{% endif %}
    {%- endif -%}
{%- endmacro %}

{#
  What came in since the last build, in a model with the CTE `unread_loads`; everything where there is none.

  Rows of a table in the warehouse may come to be seen a while after they were loaded: the last day of them is read again.
#}
{% macro unread_events(columns) -%}
    select {{ columns | join(', ') }} from {{ ref('int_events_arrived') }}
    {%- if goes_on() %}
    where load_id in (select load_id from unread_loads)
    {%- for source in var('in_warehouse') if execute %}
    {%- set last = run_query("select coalesce(max(load_id), 0) from " ~ this ~ " where source = '" ~ source ~ "'") %}
    union all
    select {{ columns | join(', ') }} from {{ ref('int_events_arrived') }}
    where source = '{{ source }}' and load_id > {{ last.rows[0][0] - 24 * 3600 * 1000000 }}
    {%- endfor %}
    {%- endif %}
{%- endmacro %}

{% macro event_models() -%}
    {%- set names = ['int_events_arrived', 'int_events_deduplicated', 'stg_segment__calls'] -%}
    {%- for source in var('event_sources') -%} {%- do names.append('stg_' ~ source ~ '__events') -%} {%- endfor -%}
    {{ return(names) }}
{%- endmacro %}
