{#
  How Spark makes tables here, as Parquet, which takes no delete.

  A new table comes to be seen when it is whole. One that takes the place of another is dropped first, so that a build that
  was killed leaves the old one, none or the new one. Of a table that grows by day, each day says in a row what it was made
  of; a day that was lost on the way has no such row, and is made again.
#}
{% materialization table, adapter="spark", supported_languages=["sql"] %}
    {%- set target_relation = this.incorporate(type="table") -%}
    {%- do dropped_on_spark() -%}
    {% call statement("main") -%} {{ spark__create_table_as(False, target_relation, compiled_code) }} {%- endcall %}
    {{ return({"relations": [target_relation]}) }}
{% endmaterialization %}

{# Days take the place of days where rows are told apart by the day; other rows are added. Hooks before are not run: what they
   forget is forgotten with the whole table, which is made anew where the models read otherwise. #}
{% materialization incremental, adapter="spark", supported_languages=["sql"] %}
    {%- set target_relation = this.incorporate(type="table") -%}
    {%- if is_incremental() and (config.get("full_refresh") == false or goes_on()) -%}
        {%- do process_schema_changes_of_kept(target_relation) -%}
        {%- set columns = adapter.get_columns_in_relation(target_relation) | map(attribute="quoted") | join(", ") -%}
        {% call statement("main") -%}
            {% if grows_by_day() -%}
            insert overwrite table {{ target_relation }} partition (happened_on)
            {%- else -%}
            insert into {{ target_relation }}
            {%- endif %}
            select {{ columns }} from ({{ in_files_by_day(compiled_code) }}) as made
        {%- endcall %}
    {%- else -%}
        {%- do dropped_on_spark() -%}
        {% call statement("main") -%} {{ spark__create_table_as(False, target_relation, compiled_code) }} {%- endcall %}
    {%- endif -%}
    {{ run_hooks(post_hooks) }}
    {{ return({"relations": [target_relation]}) }}
{% endmaterialization %}

{#
  A view of few rows is made a table: Spark writes out a view wherever it is read, and what reads a view of views several times
  would be planned for minutes. Those with a row per event stay views, and so does what only renames (staging).
#}
{% materialization view, adapter="spark" %}
    {%- set stays = this.schema == "staging" or this.identifier in views_of_events() -%}
    {%- set target_relation = this.incorporate(type="view" if stays else "table") -%}
    {%- if not stays or (load_cached_relation(this) is not none and load_cached_relation(this).type == "table") -%}
        {%- do dropped_on_spark() -%}
    {%- endif -%}
    {% call statement("main") -%}
        {% if stays %}{{ spark__create_view_as(target_relation, sql) }}{% else %}{{ spark__create_table_as(False, target_relation, sql) }}{% endif %}
    {%- endcall %}
    {{ return({"relations": [target_relation]}) }}
{% endmaterialization %}

{% macro views_of_events() -%}
    {{ return([
        "int_events_arrived", "int_events_deduplicated", "int_events_identified", "int_events", "int_events_read_identified",
        "int_event_days_identified", "int_event_days_looked_into", "int_user_event_days",
    ]) }}
{%- endmacro %}

{% macro grows_by_day() -%} {{ return(config.get("materialized") == "incremental" and config.get("unique_key") == "happened_on") }} {%- endmacro %}

{# A file or two for each day, and not one of each task. #}
{% macro in_files_by_day(sql) -%}
    {%- if grows_by_day() -%} select /*+ rebalance(happened_on) */ * from ({{ sql }}) as rows_of_days {%- else -%} {{ sql }} {%- endif -%}
{%- endmacro %}

{% macro spark__create_table_as(temporary, relation, compiled_code, language="sql") -%}
    {%- if temporary -%}
        {{ spark__create_temporary_view(relation, compiled_code) }}
    {%- else -%}
        create table {{ relation }} using parquet
        {%- if config.get("materialized") == "incremental" %}
        tblproperties ('{{ made_by_property() }}' = '{{ made_by_here() }}')
        {%- endif %}
        {%- if grows_by_day() %} partitioned by (happened_on) {%- endif %}
        {%- if config.get("contract").enforced -%}
            {{ get_assert_columns_equivalent(compiled_code) }}
            {%- set compiled_code = get_select_subquery(compiled_code) %}
        {%- endif %}
        as {{ in_files_by_day(compiled_code) }}
    {%- endif -%}
{%- endmacro %}

{# A table that cannot be made again takes new columns; any other is made anew with the model that has them. #}
{% macro process_schema_changes_of_kept(target_relation) %}
    {%- if config.get("full_refresh") == false -%}
        {%- set tmp_relation = make_temp_relation(target_relation) -%}
        {% call statement("tmp") -%} {{ spark__create_temporary_view(tmp_relation, compiled_code) }} {%- endcall %}
        {%- do process_schema_changes(config.get("on_schema_change"), tmp_relation, target_relation) -%}
    {%- endif -%}
{% endmacro %}

{# What decides the rows and columns of a table that grows, as a property of it. #}
{% macro made_by_property() -%} pql.made_by {%- endmacro %}
{% macro made_by_here() -%} {{ made_by(event_models() + [this.identifier]) }} {%- endmacro %}
{% macro spark__goes_on(columns) -%}
    {%- if is_incremental() -%}
        {%- set found = run_query("show tblproperties " ~ this ~ " ('" ~ made_by_property() ~ "')") -%}
        {{ return(found.rows[0][1] == made_by_here()) }}
    {%- endif -%}
    {{ return(false) }}
{%- endmacro %}

{% macro spark__replacing_rows() -%} {{ return('table') }} {%- endmacro %}
{% macro spark__state_of_deliveries() -%}
    sum(cast({{ key_of(['source', 'event_id', 'load_id', 'line_number', 'call_number']) }} as decimal(38, 0)))
{%- endmacro %}

{% macro spark__forget_days_gone(column) -%}
    {%- if execute -%}
        {%- set days = run_query("select distinct happened_on from " ~ this ~ " where " ~ column ~ " is null and made_of is null").columns[0].values() -%}
        {%- if days | length -%}
            alter table {{ this }} drop if exists
            {%- for day in days %} partition (happened_on = date '{{ day }}'){% if not loop.last %},{% endif %}{% endfor %}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{# One stretch from the first to the last of them: whatever is counted finds its place by itself. #}
{% macro spark__batches_of_days(wanted, column) -%}
    {%- if execute and load_relation(ref('int_event_days_written')) is not none -%}
        {%- set days -%}
            with wanted as ({{ wanted }})
            {%- if column %}, changed as ({{ days_made_otherwise(column) }}) {%- endif %}
            select min(wanted.happened_on), max(wanted.happened_on)
            from wanted
            {% if column %}inner join changed on changed.happened_on = wanted.happened_on{% endif %}
        {%- endset -%}
        {%- set found = run_query(days).rows[0] -%}
        {{ return([(found[0], found[1])] if found[0] is not none else []) }}
    {%- endif -%}
    {{ return([]) }}
{%- endmacro %}

{% macro dropped_on_spark() %}
    {%- set existing_relation = load_cached_relation(this) -%}
    {%- if existing_relation is not none -%} {%- do adapter.drop_relation(existing_relation) -%} {%- endif -%}
{% endmacro %}

{# A varchar without a length is a string. #}
{% macro spark_type(data_type) -%} {{ return('string' if data_type == 'varchar' else data_type) }} {%- endmacro %}

{# Contracts name the types of DuckDB. #}
{% macro spark__get_empty_schema_sql(columns) -%}
    {%- set named = {} -%}
    {%- for name, column in columns.items() -%}
        {%- do named.update({name: dict(column, data_type=spark_type(column['data_type']))}) -%}
    {%- endfor -%}
    {{ return(default__get_empty_schema_sql(named)) }}
{%- endmacro %}

{# A rule file is one statement: the table comes to be seen with its rows. #}
{% macro spark__reset_csv_table(model, full_refresh, old_relation, agate_table) -%}
    {%- do adapter.drop_relation(old_relation) -%}
    {{ return(spark__create_csv_table(model, agate_table)) }}
{%- endmacro %}
{% macro spark__create_csv_table(model, agate_table) -%}
    {%- set names = agate_table.column_names -%}
    {%- set rows = agate_table.rows if agate_table.rows | length else [[none] * (names | length)] -%}
    {% call statement('seed') -%}
        create table {{ this }} using parquet as
        select
            {%- for name in names %}
            cast({{ name }} as {{ spark_type(model.config.column_types[name]) }}) as {{ name }}{% if not loop.last %},{% endif %}
            {%- endfor %}
        from values
            {%- for row in rows %}
            ({% for value in row %}{{ spark_literal(value) }}{% if not loop.last %}, {% endif %}{% endfor %}){% if not loop.last %},{% endif %}
            {%- endfor %}
            as file({{ names | join(', ') }})
        {% if not agate_table.rows | length %}where false{% endif %}
    {%- endcall %}
    {{ return('') }}
{%- endmacro %}
{% macro spark__load_csv_rows(model, agate_table) -%} {{ return('') }} {%- endmacro %}

{% macro spark_literal(value) -%}
    {%- if value is none -%} cast(null as string)
    {%- else -%} '{{ dbt.escape_single_quotes(value | string) | replace("\n", "\\n") }}'
    {%- endif -%}
{%- endmacro %}
