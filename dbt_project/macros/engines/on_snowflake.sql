{# How Snowflake spells what macros/ dispatches. Written after its documentation; docs/engines.md says what was tried. #}

{# JSON is text. Keys stand in brackets, because one may begin with a $. #}
{% macro snowflake__json_text(json, key) -%} cast(get(try_parse_json({{ json }}), {{ key }}) as varchar) {%- endmacro %}
{% macro snowflake__json_object_at(json, key) -%} to_json(get(try_parse_json({{ json }}), {{ key }})) {%- endmacro %}
{% macro snowflake__json_path_text(json, path) -%}
    {%- set found = namespace(value='try_parse_json(' ~ json ~ ')') -%}
    {%- for part in path.replace(']', '').split('.') -%}
        {%- set names = part.split('[') -%}
        {%- set found.value = 'get(' ~ found.value ~ ", '" ~ names[0] ~ "')" -%}
        {%- for place in names[1:] -%} {%- set found.value = 'get(' ~ found.value ~ ', ' ~ place ~ ')' -%} {%- endfor -%}
    {%- endfor -%}
    cast({{ found.value }} as varchar)
{%- endmacro %}
{% macro snowflake__json_string(text) -%} to_json(to_variant({{ text }})) {%- endmacro %}

{# lag takes one and the same number for all rows. #}
{% macro snowflake__with_value_before(relation, value, rows, part, order, name) -%}
    {{ value_before_by_join(relation, value, rows, part, order, name) }}
{%- endmacro %}
{# By several positions at once, arrays are compared. Whether Snowflake compares them is not in its documentation. #}
{% macro snowflake__latest_known(value, positions) -%}
    max_by({{ value }}, case when {{ value }} is not null then {% if positions | length > 1 %}array_construct({{ positions | join(', ') }}){% else %}{{ positions[0] }}{% endif %} end)
{%- endmacro %}
{% macro snowflake__measured_at_moments(moments, events) -%} {{ measured_by_join(moments, events) }} {%- endmacro %}

{# Its regular expressions have no \p{L}. Letters beyond the basic plane, of scripts that no living language is written in,
   are none here: texts have no way to write them as code points. #}
{% macro _snowflake_ranges(category) -%}
    {%- for range in code_points(category) if range.split('-')[0] | length <= 4 -%}
        {%- for point in range.split('-') -%}
            {{ '\\u' ~ '%04X' % (point | int(base=16)) }}{% if not loop.last %}-{% endif %}
        {%- endfor -%}
    {%- endfor -%}
{%- endmacro %}
{# A pattern as it stands between quotes, where a backslash is written twice. #}
{% macro _snowflake_pattern(pattern) -%}
    {%- set found = namespace(pattern='') -%}
    {%- for piece in pattern.split('\\p{') -%}
        {%- if loop.first -%}
            {%- set found.pattern = piece.replace('\\', '\\\\') -%}
        {%- else -%}
            {%- set before = found.pattern | replace('\\\\[', '') | replace('\\\\]', '') -%}
            {%- set is_in_brackets = before.rfind('[') > before.rfind(']') -%}
            {%- set ranges = _snowflake_ranges(piece[0]) -%}
            {%- set rest = piece[2:].replace('\\', '\\\\').replace('-]', '\\\\-]') -%}
            {%- set found.pattern = found.pattern ~ (ranges if is_in_brackets else '[' ~ ranges ~ ']') ~ rest -%}
        {%- endif -%}
    {%- endfor -%}
    {{ found.pattern }}
{%- endmacro %}
{% macro snowflake__matches(text, pattern) -%} regexp_instr({{ text }}, {{ _snowflake_pattern(pattern) }}) > 0 {%- endmacro %}
{% macro snowflake__trimmed(text) -%} trim({{ text }}, '{% for blank in blanks() %}\u{{ blank }}{% endfor %}') {%- endmacro %}
{% macro snowflake__words(text) -%}
    ' ' || trim(regexp_replace(lower({{ text }}), '{{ _snowflake_pattern('[^\\p{L}\\p{N}]+') }}', ' ')) || ' '
{%- endmacro %}
{% macro snowflake__phrases(cell) -%}
    regexp_replace(regexp_replace(lower({{ snowflake__trimmed(cell) }}), '{{ _snowflake_pattern('[^\\p{L}\\p{N}|]+') }}', ' '), ' ?\\| ?', '|')
{%- endmacro %}
{# There is no function for Unicode's forms: a letter and its accent that were typed apart stay apart. #}
{% macro snowflake__composed(text) -%} {{ text }} {%- endmacro %}

{% macro snowflake__number_or_null(text) -%} try_to_decimal(cast({{ text }} as varchar), 38, 4) {%- endmacro %}
{% macro snowflake__measure_or_null(value) -%} try_to_decimal(cast({{ value }} as varchar), 22, 4) {%- endmacro %}
{% macro snowflake__whole_or_null(text) -%} cast(try_to_decimal(cast({{ text }} as varchar), 19, 0) as bigint) {%- endmacro %}
{% macro snowflake__instant_or_null(text) -%}
    case
        when regexp_like({{ text }}, '[0-9]{9,10}') then to_timestamp_ntz(try_to_number({{ text }}), 0)
        when regexp_like({{ text }}, '[0-9]{12,13}') then to_timestamp_ntz(try_to_number({{ text }}), 3)
        when regexp_like({{ text }}, '[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9].*)?')
        then cast(convert_timezone('UTC', try_cast({{ text }} as timestamp_tz)) as timestamp_ntz)
    end
{%- endmacro %}

{% macro snowflake__microseconds_of(instant) -%} date_part(epoch_microsecond, {{ instant }}) {%- endmacro %}
{% macro snowflake__instant_of(microseconds) -%} to_timestamp_ntz({{ microseconds }}, 6) {%- endmacro %}

{# Of exact numbers the remainder is exact and a quotient is not. #}
{% macro snowflake__whole_times(whole, part) -%}
    cast((cast({{ whole }} as decimal(38, 4)) - mod(cast({{ whole }} as decimal(38, 4)), cast({{ part }} as decimal(38, 4)))) / cast({{ part }} as decimal(38, 4)) as decimal(38, 0))
{%- endmacro %}

{% macro snowflake__type_key() -%} bigint {%- endmacro %}
{% macro snowflake__fingerprint(relation, columns) -%}
    (select cast(count(*) as varchar) || ':' || cast(coalesce(sum(cast(hash({{ columns | join(', ') }}) as decimal(38, 0))), 0) as varchar) from {{ relation }})
{%- endmacro %}

{% macro snowflake__sorted_texts(text, sign=';') -%} listagg({{ text }}, '{{ sign }}') within group (order by {{ text }}) {%- endmacro %}
{% macro snowflake__pieces_of(relation, columns, text) -%}
    select {{ columns | join(', ') }}, cast(pieces.value as varchar) as piece
    from {{ relation }}, lateral flatten(input => split({{ text }}, ';')) as pieces
    where {{ text }} <> ''
{%- endmacro %}
