{# JSON and instants of sources whose shape is theirs: each function gives null where there is nothing of the kind. #}

{# The text at a path of a JSON value; `path` is written `address.country` or `ids[0]`. #}
{% macro json_path_text(json, path) -%} {{ return(adapter.dispatch('json_path_text', 'pql')(json, path)) }} {%- endmacro %}
{% macro default__json_path_text(json, path) -%}
    {%- set steps = [] -%}
    {%- for part in path.split('.') -%}
        {%- set name = part.split('[')[0] -%}
        {%- do steps.append('."' ~ name ~ '"' ~ part[name | length:]) -%}
    {%- endfor -%}
    json_extract_string({{ json }}, '${{ steps | join('') }}')
{%- endmacro %}

{# The first of several paths that holds something; empty text is nothing. #}
{% macro first_text(json, paths) -%}
    coalesce({% for path in paths %}nullif({{ trimmed(json_path_text(json, path)) }}, ''){% if not loop.last %}, {% endif %}{% endfor %})
{%- endmacro %}

{# The JSON value at a top-level key; `key` is an expression. #}
{% macro json_object_at(json, key) -%} {{ return(adapter.dispatch('json_object_at', 'pql')(json, key)) }} {%- endmacro %}
{% macro default__json_object_at(json, key) -%} json_extract({{ json }}, '$."' || {{ key }} || '"') {%- endmacro %}

{% macro text(value) -%} cast({{ value }} as {{ dbt.type_string() }}) {%- endmacro %}

{# ISO 8601 (without a zone: UTC) or epoch seconds or milliseconds (since 1973), as a UTC timestamp. #}
{% macro instant_or_null(text) -%} {{ return(adapter.dispatch('instant_or_null', 'pql')(text)) }} {%- endmacro %}
{% macro default__instant_or_null(text) -%}
    timezone('UTC', case
        when regexp_full_match({{ text }}, '[0-9]{9,10}') then make_timestamptz(try_cast({{ text }} as bigint) * 1000000)
        when regexp_full_match({{ text }}, '[0-9]{12,13}') then make_timestamptz(try_cast({{ text }} as bigint) * 1000)
        when regexp_full_match({{ text }}, '[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9].*)?') then try_cast({{ text }} as timestamptz)
    end)
{%- endmacro %}

{% macro whole_or_null(text) -%} {{ return(adapter.dispatch('whole_or_null', 'pql')(text)) }} {%- endmacro %}
{% macro default__whole_or_null(text) -%} try_cast({{ text }} as bigint) {%- endmacro %}
