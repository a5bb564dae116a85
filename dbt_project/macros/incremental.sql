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

{# How a table is made of which single rows are replaced: whole each time where the engine's tables take no delete. #}
{% macro replacing_rows() -%} {{ return(adapter.dispatch('replacing_rows', 'pql')()) }} {%- endmacro %}
{% macro default__replacing_rows() -%} {{ return('incremental') }} {%- endmacro %}

{# Whether there are rows of an earlier build to go on from: a table of an earlier version lacks the columns this one has. #}
{% macro goes_on(columns=['made_by']) -%} {{ return(adapter.dispatch('goes_on', 'pql')(columns)) }} {%- endmacro %}
{% macro default__goes_on(columns) -%}
    {%- if is_incremental() -%}
        {%- set there = adapter.get_columns_in_relation(this) | map(attribute='name') | map('lower') | list -%}
        {{ return(columns | reject('in', there) | list | length == 0) }}
    {%- endif -%}
    {{ return(false) }}
{%- endmacro %}

{# Rows that were made in another way are made again: everything is new to an empty table. #}
{% macro forget_what_was_made_otherwise(models) -%}
    {%- if is_incremental() -%}
        delete from {{ this }} {% if goes_on() %}where made_by <> '{{ made_by(models) }}'{% endif %}
    {%- endif -%}
{%- endmacro %}

{# So are all rows of a table that lacks columns by which to go on. #}
{% macro forget_unless_there_are(columns) -%}
    {%- if is_incremental() and not goes_on(columns) -%} delete from {{ this }} {%- endif -%}
{%- endmacro %}

{# A day without a value in `column` that is made of nothing either is none: the row of it goes. #}
{% macro forget_days_gone(column) -%} {{ return(adapter.dispatch('forget_days_gone', 'pql')(column)) }} {%- endmacro %}
{% macro default__forget_days_gone(column) -%} delete from {{ this }} where {{ column }} is null and made_of is null {%- endmacro %}

{# CTEs of a model that reads what came in: `writes` of files, and where there was a build before, up to which write it read
   (`last_build`) and which loads were written since (`unread_loads`). #}
{% macro writes_and_what_is_unread() -%}
writes as (
    select load_id, coalesce(write_id, load_id) as write_id from {{ source('raw', 'landing_files') }}
)
{%- if goes_on() %},
last_build as (
    select coalesce(max(read_until), 0) as read_until, max(build_number) as build_number from {{ this }}
),
unread_loads as (
    select writes.load_id from writes cross join last_build where writes.write_id > last_build.read_until
)
{%- endif %}
{%- endmacro %}

{#
  What came in since the last build, in a model with the CTE `unread_loads`; everything where there is none.

  Rows of a table in the warehouse may come to be seen a while after they were loaded: the last day of them is read again.
#}
{% macro unread_events(columns, of_sources) -%}
    select {{ columns | join(', ') }} from {{ ref('int_events_arrived') }}
    where source in ('{{ of_sources | join("', '") }}')
    {%- if goes_on() %}
    and load_id in (select load_id from unread_loads)
    {%- for source in var('in_warehouse') if execute and source in of_sources %}
    {%- set last = run_query("select coalesce(max(load_id), 0) from " ~ this ~ " where source = '" ~ source ~ "' and made_by = '" ~ made_by(event_models()) ~ "'") %}
    union all
    select {{ columns | join(', ') }} from {{ ref('int_events_arrived') }}
    where source = '{{ source }}' and load_id > {{ last.rows[0][0] - 24 * 3600 * 1000000 }}
    {%- endfor %}
    {%- endif %}
{%- endmacro %}

{#
  Sources whose rows are events as they land, so that the models read them where they are; those of the others are taken
  apart and copied once. Rows of a table in the warehouse have no number of their own to tell two deliveries by.
#}
{% macro read_in_place() -%}
    {%- set sources = [] -%}
    {%- for source in var('event_sources') if source == 'product' and source not in var('in_warehouse') -%}
        {%- do sources.append(source) -%}
    {%- endfor -%}
    {{ return(sources) }}
{%- endmacro %}

{% macro copied_sources() -%} {{ return(var('event_sources') | reject('in', read_in_place()) | list) }} {%- endmacro %}

{% macro event_models() -%}
    {%- set names = ['int_events_arrived', 'int_events_copied', 'int_events_repeated', 'stg_segment__calls'] -%}
    {%- for source in var('event_sources') -%} {%- do names.append('stg_' ~ source ~ '__events') -%} {%- endfor -%}
    {{ return(names) }}
{%- endmacro %}

{#
  Days that are not as this table made them. `wanted` is a CTE of happened_on, event_count and made_of, what each day is to be
  made of; the table says what it made a day of in a row without a value in `column`, in which all others have one.
#}
{% macro days_made_otherwise(column) -%}
    select coalesce(wanted.happened_on, found.happened_on) as happened_on, wanted.happened_on is null as is_gone
    from wanted
    full outer join (select happened_on, made_of from {{ this }} where {{ column }} is null) as found
        on found.happened_on = wanted.happened_on
    where wanted.happened_on is null or found.happened_on is null or wanted.made_of <> found.made_of
{%- endmacro %}

{#
  Stretches of days to be made one after the other, as pairs of the first and the last day. As SQL has the dates themselves,
  an engine that stored the events by time reads those only; and what is counted of some million events finds its place in
  memory. `wanted` is the query of that CTE; with a `column` as above, only days that are made otherwise are meant.
#}
{% macro batches_of_days(wanted, column=none) -%}
    {%- if var('in_one_stretch', false) -%}
        {{ return([(modules.datetime.date(1, 1, 1), modules.datetime.date(9000, 1, 1))]) }}
    {%- endif -%}
    {{ return(adapter.dispatch('batches_of_days', 'pql')(wanted, column)) }}
{%- endmacro %}
{% macro default__batches_of_days(wanted, column) -%}
    {%- set batches = [] -%}
    {%- if execute and load_relation(ref('int_event_days_written')) is not none -%}
        {%- set days -%}
            with wanted as ({{ wanted }})
            {%- if column %}, changed as ({{ days_made_otherwise(column) }}) {%- endif %}
            select wanted.happened_on, wanted.event_count, {% if column %}changed.happened_on is not null{% else %}true{% endif %} as is_made
            from wanted
            {% if column %}left join changed on changed.happened_on = wanted.happened_on{% endif %}
            order by wanted.happened_on
        {%- endset -%}
        {%- set batch = namespace(first=none, last=none, event_count=0) -%}
        {%- for happened_on, event_count, is_made in run_query(days).rows -%}
            {#- A day that stays as it is ends a stretch, unless there are so many stretches that reading it costs less. -#}
            {%- set is_full = batch.event_count + event_count > 16000000 -%}
            {%- if batch.first is not none and (is_full or (not is_made and batches | length < 30)) -%}
                {%- do batches.append((batch.first, batch.last)) -%}
                {%- set batch.first, batch.event_count = none, 0 -%}
            {%- endif -%}
            {%- if is_made -%}
                {%- if batch.first is none -%} {%- set batch.first = happened_on -%} {%- endif -%}
                {%- set batch.last = happened_on -%}
            {%- endif -%}
            {%- if batch.first is not none -%} {%- set batch.event_count = batch.event_count + event_count -%} {%- endif -%}
        {%- endfor -%}
        {%- if batch.first is not none -%} {%- do batches.append((batch.first, batch.last)) -%} {%- endif -%}
    {%- endif -%}
    {{ return(batches) }}
{%- endmacro %}

{# What tells the rows of a group from those of another build: the last build that wrote one of them; where a table is made
   whole each time, a number for the deliveries themselves. #}
{% macro state_of_deliveries() -%} {{ return(adapter.dispatch('state_of_deliveries', 'pql')()) }} {%- endmacro %}
{% macro default__state_of_deliveries() -%} max(build_number) {%- endmacro %}

{# Whether an instant is on one of the days of such a stretch; from some engines they come as text. #}
{% macro is_between_days(instant, batch) -%}
    {%- set day_after = modules.datetime.date.fromisoformat(batch[1] | string) + modules.datetime.timedelta(days=1) -%}
    {{ instant }} >= cast('{{ batch[0] }}' as timestamp) and {{ instant }} < cast('{{ day_after }}' as timestamp)
{%- endmacro %}
