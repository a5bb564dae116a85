{# How Postgres spells what macros/ dispatches. Written for version 13 and later, and for a database in UTF-8 whose texts sort
   by their bytes, as in DuckDB (docs/engines.md, "Postgres"). #}

{% macro postgres__type_double() -%} double precision {%- endmacro %}

{# The type json keeps the text of an object or array as it is written; jsonb would write it anew, in another order. #}
{% macro _postgres_json(json) -%} cast({{ json }} as json) {%- endmacro %}
{% macro postgres__json_text(json, key) -%} ({{ _postgres_json(json) }} ->> ({{ key }})) {%- endmacro %}
{% macro postgres__json_object_at(json, key) -%} ({{ _postgres_json(json) }} -> ({{ key }})) {%- endmacro %}
{% macro postgres__json_path_text(json, path) -%}
    {%- set steps = [] -%}
    {%- for part in path.replace(']', '').split('.') -%}
        {%- set names = part.split('[') -%}
        {%- do steps.append("'" ~ names[0] ~ "'") -%}
        {%- do steps.extend(names[1:]) -%}
    {%- endfor -%}
    ({{ _postgres_json(json) }}{% for step in steps %} {{ '->>' if loop.last else '->' }} {{ step }}{% endfor %})
{%- endmacro %}
{% macro postgres__json_string(text) -%} cast(to_json(cast({{ text }} as text)) as text) {%- endmacro %}

{% macro postgres__value_before(value, rows) -%} lag({{ value }}, cast({{ rows }} as integer)) {%- endmacro %}

{% macro postgres__latest_known(value, positions) -%}
    (array_agg({{ value }} order by {{ positions | join(' desc, ') }} desc) filter (where ({{ value }}) is not null))[1]
{%- endmacro %}

{% macro postgres__measured_at_moments(moments, events) -%} {{ measured_by_join(moments, events) }} {%- endmacro %}

{# Unicode's letters, marks and numbers as they stand in brackets: [[:alpha:]] is what the locale of the database says. A hyphen
   after them would make a range. #}
{% macro _postgres_ranges(category) -%}
    {%- for range in code_points(category) -%}
        {%- for point in range.split('-') -%}
            {{ '\\U' ~ '%08X' % (point | int(base=16)) }}{% if not loop.last %}-{% endif %}
        {%- endfor -%}
    {%- endfor -%}
{%- endmacro %}
{% macro _postgres_pattern(pattern) -%}
    {%- set pattern = pattern | replace('\\s', ' \\t\\n\\f\\r') | replace('-]', '\\-]') -%}
    {%- set found = namespace(pattern='') -%}
    {%- for piece in pattern.split('\\p{') -%}
        {%- if loop.first -%}
            {%- set found.pattern = piece -%}
        {%- else -%}
            {%- set before = found.pattern | replace('\\[', '') | replace('\\]', '') -%}
            {%- set is_in_brackets = before.rfind('[') > before.rfind(']') -%}
            {%- set ranges = _postgres_ranges(piece[0]) -%}
            {%- set found.pattern = found.pattern ~ (ranges if is_in_brackets else '[' ~ ranges ~ ']') ~ piece[2:] -%}
        {%- endif -%}
    {%- endfor -%}
    {{ found.pattern }}
{%- endmacro %}

{% macro postgres__trimmed(text) -%} btrim({{ text }}, E'{% for blank in blanks() %}\u{{ blank }}{% endfor %}') {%- endmacro %}
{% macro postgres__words(text) -%}
    ' ' || trim(regexp_replace(lower({{ text }}), '{{ _postgres_pattern('[^\\p{L}\\p{N}]+') }}', ' ', 'g')) || ' '
{%- endmacro %}
{% macro postgres__phrases(cell) -%}
    regexp_replace(regexp_replace(lower({{ postgres__trimmed(cell) }}), '{{ _postgres_pattern('[^\\p{L}\\p{N}|]+') }}', ' ', 'g'), ' ?\| ?', '|', 'g')
{%- endmacro %}
{% macro postgres__matches(text, pattern) -%} {{ text }} ~ {{ _postgres_pattern(pattern) }} {%- endmacro %}
{% macro postgres__composed(text) -%} normalize({{ text }}, nfc) {%- endmacro %}

{# There is no try_cast before version 16, and none at all for texts: what would not be cast is not tried. Digits may be set
   apart by _, as in DuckDB. #}
{% macro _postgres_number(value, is_wanted) -%}
    (
        select case when {{ is_wanted | replace('number', 'cast(written as numeric)') }} then cast(written as numeric) end
        from (
            select case
                when written ~ '^[+-]?([0-9]+(_[0-9]+)*\.?([0-9]+(_[0-9]+)*)?|\.[0-9]+(_[0-9]+)*)([eE][+-]?[0-9]{1,3})?$'
                then replace(written, '_', '')
            end as written
            from (select btrim(cast({{ value }} as text), E' \t\n\r\f\v') as written) as trimmed
        ) as told
    )
{%- endmacro %}
{% macro _postgres_decimal(value, precision, scale) -%}
    cast({{ _postgres_number(value, 'abs(round(number, ' ~ scale ~ ')) < 1e' ~ (precision - scale)) }} as decimal({{ precision }}, {{ scale }}))
{%- endmacro %}
{% macro postgres__number_or_null(text) -%} {{ _postgres_decimal(text, 38, 4) }} {%- endmacro %}
{% macro postgres__measure_or_null(value) -%} {{ _postgres_decimal(value, 22, 4) }} {%- endmacro %}
{% macro postgres__whole_or_null(text) -%}
    cast({{ _postgres_number(text, 'round(number) between -9223372036854775808 and 9223372036854775807') }} as bigint)
{%- endmacro %}

{# Zones are numbers of hours, Z, UTC or GMT; DuckDB knows Europe/Berlin too. #}
{% macro postgres__instant_or_null(text) -%}
    {%- set day -%}
        (?!0000)([0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))|([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)-02-29)
    {%- endset -%}
    {%- set time -%} (([01]?[0-9]|2[0-3]):[0-5]?[0-9](:[0-5]?[0-9](\.[0-9]*)?)?|24:00(:00(\.0*)?)?) {%- endset -%}
    (
        select case
            when written ~ '^[0-9]{9,10}$' then {{ postgres__instant_of('cast(written as bigint) * 1000000') }}
            when written ~ '^[0-9]{12,13}$' then {{ postgres__instant_of('cast(written as bigint) * 1000') }}
            when written ~ '^{{ day }}([T ]{{ time }}(Z| UTC| GMT|[+-][0-9]{2}(:?[0-9]{2}(:?[0-9]{2})?)?)? *)?$'
            -- Microseconds are cut off, not rounded.
            then cast(regexp_replace(substring(written from '^[-0-9]{10}(?:[T ][0-9:]+(?:\.[0-9]{1,6})?)?'), '\.$', '') as timestamp)
                - case when offset_sign = '-' then -1 else 1 end
                    * make_interval(
                        hours => coalesce(cast(substring(offset_digits, 1, 2) as integer), 0),
                        mins => coalesce(cast(nullif(substring(offset_digits, 3, 2), '') as integer), 0),
                        secs => coalesce(cast(nullif(substring(offset_digits, 5, 2), '') as double precision), 0)
                    )
        end
        from (
            select
                written,
                substring(written from ':[0-9]+(?:\.[0-9]*)?([+-])') as offset_sign,
                replace(substring(written from ':[0-9]+(?:\.[0-9]*)?[+-]([0-9:]+) *$'), ':', '') as offset_digits
            from (select cast({{ text }} as text) as written) as given
        ) as told
    )
{%- endmacro %}

{% macro postgres__microseconds_of(instant) -%} cast(extract(epoch from {{ instant }}) * 1000000 as bigint) {%- endmacro %}
{% macro postgres__instant_of(microseconds) -%} (cast('1970-01-01' as timestamp) + ({{ microseconds }}) * interval '1 microsecond') {%- endmacro %}
{% macro postgres__elapsed_microseconds(earlier, later) -%}
    cast(extract(epoch from cast({{ later }} as timestamp) - cast({{ earlier }} as timestamp)) * 1000000 as bigint)
{%- endmacro %}

{% macro postgres__whole_times(whole, part) -%} div(cast({{ whole }} as decimal(38, 4)), cast({{ part }} as decimal(38, 4))) {%- endmacro %}

{% macro postgres__key_of(columns) -%} hashtextextended(cast(row({{ columns | join(', ') }}) as text), 0) {%- endmacro %}
{% macro postgres__type_key() -%} bigint {%- endmacro %}
{% macro postgres__fingerprint(relation, columns) -%}
    (select cast(count(*) as text) || ':' || cast(coalesce(sum({{ postgres__key_of(columns) }}), 0) as text) from {{ relation }})
{%- endmacro %}

{% macro postgres__sorted_texts(text, sign) -%} string_agg({{ text }}, '{{ sign }}' order by {{ text }}) {%- endmacro %}
{% macro postgres__pieces_of(relation, columns, text) -%}
    select {{ columns | join(', ') }}, unnest(string_to_array({{ text }}, ';')) as piece from {{ relation }} where {{ text }} <> ''
{%- endmacro %}

{# Contracts name the types of DuckDB. #}
{% macro _postgres_columns(columns) -%}
    {%- set named = {} -%}
    {%- for name, column in columns.items() -%}
        {%- do named.update({name: dict(column, data_type=type_double() if column['data_type'] == 'double' else column['data_type'])}) -%}
    {%- endfor -%}
    {{ return(named) }}
{%- endmacro %}
{% macro postgres__get_table_columns_and_constraints() -%}
    (
    {%- for column in adapter.render_raw_columns_constraints(raw_columns=_postgres_columns(model['columns'])) %}
    {{ column }}{% if not loop.last %},{% endif %}
    {%- endfor %}
    )
{%- endmacro %}
{% macro postgres__get_empty_schema_sql(columns) -%} {{ return(default__get_empty_schema_sql(_postgres_columns(columns))) }} {%- endmacro %}
