{# How BigQuery spells what macros/ dispatches. Written after its documentation and tried by parsing only: docs/engines.md says
   what keeps the models from running there. #}

{% macro bigquery__type_double() -%} float64 {%- endmacro %}

{# Keys may be any text, which a path cannot say; `json[key]` takes any. #}
{% macro _bigquery_json(json) -%} safe.parse_json({{ json }}, wide_number_mode => 'round') {%- endmacro %}
{% macro _bigquery_text(value) -%} coalesce(json_value({{ value }}), nullif(to_json_string({{ value }}), 'null')) {%- endmacro %}
{% macro bigquery__json_text(json, key) -%} {{ _bigquery_text(_bigquery_json(json) ~ '[' ~ key ~ ']') }} {%- endmacro %}
{% macro bigquery__json_object_at(json, key) -%} to_json_string({{ _bigquery_json(json) }}[{{ key }}]) {%- endmacro %}
{% macro bigquery__json_path_text(json, path) -%}
    {%- set found = namespace(value=_bigquery_json(json)) -%}
    {%- for part in path.replace(']', '').split('.') -%}
        {%- set names = part.split('[') -%}
        {%- set found.value = found.value ~ "['" ~ names[0] ~ "']" -%}
        {%- for place in names[1:] -%} {%- set found.value = found.value ~ '[' ~ place ~ ']' -%} {%- endfor -%}
    {%- endfor -%}
    {{ _bigquery_text(found.value) }}
{%- endmacro %}
{% macro bigquery__json_string(text) -%} if({{ text }} is null, null, to_json_string({{ text }})) {%- endmacro %}

{# lag takes one and the same number for all rows. #}
{% macro bigquery__with_value_before(relation, value, rows, part, order, name) -%}
    {{ value_before_by_join(relation, value, rows, part, order, name) }}
{%- endmacro %}
{% macro bigquery__latest_known(value, positions) -%}
    array_agg({{ value }} ignore nulls order by {{ positions | join(' desc, ') }} desc limit 1)[safe_offset(0)]
{%- endmacro %}
{% macro bigquery__measured_at_moments(moments, events) -%} {{ measured_by_join(moments, events) }} {%- endmacro %}

{# Its regular expressions are those of DuckDB; a pattern is written raw. #}
{% macro bigquery__matches(text, pattern) -%} regexp_contains({{ text }}, r{{ pattern }}) {%- endmacro %}
{% macro bigquery__trimmed(text) -%} trim({{ text }}, '{% for blank in blanks() %}\u{{ blank }}{% endfor %}') {%- endmacro %}
{% macro bigquery__words(text) -%}
    ' ' || trim(regexp_replace(lower({{ text }}), r'[^\p{L}\p{N}]+', ' ')) || ' '
{%- endmacro %}
{% macro bigquery__phrases(cell) -%}
    regexp_replace(regexp_replace(lower({{ bigquery__trimmed(cell) }}), r'[^\p{L}\p{N}|]+', ' '), r' ?\| ?', '|')
{%- endmacro %}
{% macro bigquery__composed(text) -%} normalize({{ text }}, nfc) {%- endmacro %}

{% macro bigquery__number_or_null(text) -%} round(safe_cast(trim(cast({{ text }} as string)) as bignumeric), 4) {%- endmacro %}
{% macro bigquery__measure_or_null(value) -%} round(safe_cast(trim(cast({{ value }} as string)) as numeric), 4) {%- endmacro %}
{% macro bigquery__whole_or_null(text) -%} safe_cast(round(safe_cast(trim({{ text }}) as numeric)) as int64) {%- endmacro %}
{% macro bigquery__instant_or_null(text) -%}
    case
        when regexp_contains({{ text }}, r'^[0-9]{9,10}$') then timestamp_seconds(safe_cast({{ text }} as int64))
        when regexp_contains({{ text }}, r'^[0-9]{12,13}$') then timestamp_millis(safe_cast({{ text }} as int64))
        when regexp_contains({{ text }}, r'^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9].*)?$') then safe_cast({{ text }} as timestamp)
    end
{%- endmacro %}

{# Instants are timestamps in all models; dbt's own macro would make datetimes of them. #}
{% macro bigquery__dateadd(datepart, interval, from_date_or_timestamp) -%}
    timestamp(datetime_add(cast({{ from_date_or_timestamp }} as datetime), interval cast({{ interval }} as int64) {{ datepart }}))
{%- endmacro %}
{% macro bigquery__microseconds_of(instant) -%} unix_micros({{ instant }}) {%- endmacro %}
{% macro bigquery__instant_of(microseconds) -%} timestamp_micros({{ microseconds }}) {%- endmacro %}
{% macro bigquery__elapsed_microseconds(earlier, later) -%} timestamp_diff({{ later }}, {{ earlier }}, microsecond) {%- endmacro %}

{% macro bigquery__whole_times(whole, part) -%} div(cast({{ whole }} as bignumeric), cast({{ part }} as bignumeric)) {%- endmacro %}
{# It writes no zeros behind the point. #}
{% macro bigquery__plain_number(number) -%} cast(cast({{ number }} as numeric) as string) {%- endmacro %}
{# A percentile of a group is near the true one there, and not it. #}
{% macro bigquery__percentile(value, share) -%} approx_quantiles({{ value }}, 1000)[offset(cast(1000 * {{ share }} as int64))] {%- endmacro %}

{% macro bigquery__key_of(columns) -%} farm_fingerprint(to_json_string(struct({{ columns | join(', ') }}))) {%- endmacro %}
{% macro bigquery__type_key() -%} int64 {%- endmacro %}
{% macro bigquery__fingerprint(relation, columns) -%}
    (select cast(count(*) as string) || ':' || cast(coalesce(sum(cast({{ bigquery__key_of(columns) }} as bignumeric)), 0) as string) from {{ relation }})
{%- endmacro %}

{% macro bigquery__sorted_texts(text, sign=';') -%} string_agg({{ text }}, '{{ sign }}' order by {{ text }}) {%- endmacro %}
{% macro bigquery__pieces_of(relation, columns, text) -%}
    select {{ columns | join(', ') }}, piece from {{ relation }} cross join unnest(split({{ text }}, ';')) as piece where {{ text }} <> ''
{%- endmacro %}
