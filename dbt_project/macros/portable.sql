{# What engines spell differently, each behind one name. #}

{# A 64-bit float; dbt.type_float() is 32-bit on some engines. #}
{% macro type_double() -%} {{ return(adapter.dispatch('type_double', 'pql')()) }} {%- endmacro %}
{% macro default__type_double() -%} double {%- endmacro %}

{# The text at a top-level key of a JSON object; `key` is an expression. #}
{% macro json_text(json, key) -%} {{ return(adapter.dispatch('json_text', 'pql')(json, key)) }} {%- endmacro %}
{% macro default__json_text(json, key) -%} json_extract_string({{ json }}, '$."' || {{ key }} || '"') {%- endmacro %}

{# The value so many rows before, of a window that is given after it; `rows` may be another number in each row. #}
{% macro value_before(value, rows) -%} {{ return(adapter.dispatch('value_before', 'pql')(value, rows)) }} {%- endmacro %}
{% macro default__value_before(value, rows) -%} lag({{ value }}, {{ rows }}) {%- endmacro %}

{#
  The rows of a CTE, and in `name` the value so many rows before in their part: `rows` is another column. By a join for engines
  whose lag takes only one and the same number.
#}
{% macro with_value_before(relation, value, rows, part, order, name) -%}
    {{ return(adapter.dispatch('with_value_before', 'pql')(relation, value, rows, part, order, name)) }}
{%- endmacro %}
{% macro default__with_value_before(relation, value, rows, part, order, name) -%}
    select
        {{ relation }}.*,
        {{ value_before(value, rows) }} over (partition by {{ part | join(', ') }} order by {{ order | join(', ') }}) as {{ name }}
    from {{ relation }}
{%- endmacro %}
{% macro value_before_by_join(relation, value, rows, part, order, name) -%}
    {%- set numbered -%}
        select {{ relation }}.*, row_number() over (partition by {{ part | join(', ') }} order by {{ order | join(', ') }}) as place from {{ relation }}
    {%- endset -%}
    select later.*, earlier.{{ value }} as {{ name }}
    from ({{ numbered }}) as later
    left join ({{ numbered }}) as earlier
        on earlier.place = later.place - later.{{ rows }}
        {%- for column in part %} and earlier.{{ column }} = later.{{ column }}{% endfor %}
{%- endmacro %}

{# Of the rows of a group that have a value, the value in the row that comes last by `positions`, a list of columns. #}
{% macro latest_known(value, positions) -%} {{ return(adapter.dispatch('latest_known', 'pql')(value, positions)) }} {%- endmacro %}
{% macro default__latest_known(value, positions) -%}
    arg_max({{ value }}, {% if positions | length > 1 %}row({{ positions | join(', ') }}){% else %}{{ positions[0] }}{% endif %})
{%- endmacro %}

{# Text without blanks around it, whichever of Unicode's they are: a no-break space is one. #}
{% macro trimmed(text) -%} {{ return(adapter.dispatch('trimmed', 'pql')(text)) }} {%- endmacro %}
{% macro default__trimmed(text) -%} trim({{ text }}) {%- endmacro %}
{# What DuckDB takes off, for engines that take off the blank of ASCII only: its code points. #}
{% macro blanks() -%} {{ return(['0020', '00A0', '1680', '2000', '2001', '2002', '2003', '2004', '2005', '2006', '2007', '2008', '2009', '200A', '202F', '205F', '3000']) }} {%- endmacro %}

{# Lower-cased words with one blank around each, so that ' vp ' is found in 'VP, Sales' and not in 'MVP'. #}
{% macro words(text) -%} {{ return(adapter.dispatch('words', 'pql')(text)) }} {%- endmacro %}
{% macro default__words(text) -%}
    ' ' || trim(regexp_replace(lower({{ text }}), '[^\p{L}\p{N}]+', ' ', 'g')) || ' '
{%- endmacro %}

{# Text in Unicode's form NFC: a letter and its accent are one character, however they were typed. #}
{% macro composed(text) -%} {{ return(adapter.dispatch('composed', 'pql')(text)) }} {%- endmacro %}
{% macro default__composed(text) -%} nfc_normalize({{ text }}) {%- endmacro %}

{% macro matches(text, pattern) -%} {{ return(adapter.dispatch('matches', 'pql')(text, pattern)) }} {%- endmacro %}
{% macro default__matches(text, pattern) -%} regexp_matches({{ text }}, {{ pattern }}) {%- endmacro %}

{# A text that is not empty where it matches, else null. #}
{% macro where_it_matches(text, pattern) -%} {{ return(adapter.dispatch('where_it_matches', 'pql')(text, pattern)) }} {%- endmacro %}
{% macro default__where_it_matches(text, pattern) -%}
    case
        when {{ matches(text, pattern) }}
        then {{ text }}
    end
{%- endmacro %}

{# Text as a decimal, null where it is no number; dbt.safe_cast is a plain cast on DuckDB. #}
{% macro number_or_null(text) -%} {{ return(adapter.dispatch('number_or_null', 'pql')(text)) }} {%- endmacro %}
{% macro default__number_or_null(text) -%} try_cast({{ text }} as decimal(38, 4)) {%- endmacro %}

{# One number for the rows of a table, whatever their order; another one as soon as a value differs. #}
{% macro fingerprint(relation, columns) -%} {{ return(adapter.dispatch('fingerprint', 'pql')(relation, columns)) }} {%- endmacro %}
{% macro default__fingerprint(relation, columns) -%}
    (select cast(count(*) as varchar) || ':' || cast(coalesce(sum(cast(hash({{ columns | join(', ') }}) as hugeint)), 0) as varchar) from {{ relation }})
{%- endmacro %}

{# One number for several texts together, null being a text of its own: short where the texts would be long. #}
{% macro key_of(columns) -%} {{ return(adapter.dispatch('key_of', 'pql')(columns)) }} {%- endmacro %}
{% macro default__key_of(columns) -%} hash({{ columns | join(', ') }}) {%- endmacro %}
{% macro type_key() -%} {{ return(adapter.dispatch('type_key', 'pql')()) }} {%- endmacro %}
{% macro default__type_key() -%} ubigint {%- endmacro %}

{# Text as a JSON string, quotes and all. #}
{% macro json_string(text) -%} {{ return(adapter.dispatch('json_string', 'pql')(text)) }} {%- endmacro %}
{% macro default__json_string(text) -%} cast(to_json({{ text }}) as {{ dbt.type_string() }}) {%- endmacro %}

{# A number that is the same for the same text everywhere and always, shaped as a UUID made of a name (version 3). #}
{% macro uuid_of(text) -%}
    {%- set digest = dbt.hash(text) -%}
    {{ dbt.concat([
        "substring(" ~ digest ~ ", 1, 8)", "'-'",
        "substring(" ~ digest ~ ", 9, 4)", "'-3'",
        "substring(" ~ digest ~ ", 14, 3)", "'-8'",
        "substring(" ~ digest ~ ", 18, 3)", "'-'",
        "substring(" ~ digest ~ ", 21, 12)",
    ]) }}
{%- endmacro %}
