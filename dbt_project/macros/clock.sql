{# The clock of the run, a UTC timestamp. Every model reads it and none reads the wall clock, so a rerun gives the same rows. #}
{% macro as_of() -%}
    {%- set text = var('as_of', none) or env_var('PQL_AS_OF', '') -%}
    {%- if not text -%}
        {%- if execute -%}
            {{ exceptions.raise_compiler_error("No as_of: pass --vars '{as_of: 2026-11-20T09:00:00Z}' or set PQL_AS_OF") }}
        {%- endif -%}
        {%- set text = '2000-01-01T00:00:00Z' -%}
    {%- endif -%}
    {%- set instant = modules.datetime.datetime.fromisoformat(text | string) -%}
    {%- if instant.tzinfo -%}
        {%- set instant = instant.astimezone(modules.pytz.utc) -%}
    {%- endif -%}
    cast('{{ instant.strftime("%Y-%m-%d %H:%M:%S.%f") }}' as timestamp)
{%- endmacro %}

{# The instant `hours` before the clock; `hours` may be a column. #}
{% macro hours_before_as_of(hours) -%}
    {{ dbt.dateadd('hour', '-1 * (' ~ hours ~ ')', as_of()) }}
{%- endmacro %}

{# Exact elapsed time: dbt.datediff counts the boundaries crossed, and at microseconds that is the time itself. #}
{% macro elapsed_microseconds(earlier, later) -%} {{ return(adapter.dispatch('elapsed_microseconds', 'pql')(earlier, later)) }} {%- endmacro %}
{% macro default__elapsed_microseconds(earlier, later) -%}
    {{ dbt.datediff(earlier, later, 'microsecond') }}
{%- endmacro %}

{# A UTC timestamp as microseconds since 1970, and back: windows over instants need a number to count in. #}
{% macro microseconds_of(instant) -%} {{ return(adapter.dispatch('microseconds_of', 'pql')(instant)) }} {%- endmacro %}
{% macro default__microseconds_of(instant) -%} epoch_us({{ instant }}) {%- endmacro %}
{% macro instant_of(microseconds) -%} {{ return(adapter.dispatch('instant_of', 'pql')(microseconds)) }} {%- endmacro %}
{% macro default__instant_of(microseconds) -%} make_timestamp({{ microseconds }}) {%- endmacro %}

{# Whole days from an instant to the clock. #}
{% macro days_since(instant) -%}
    cast(floor({{ elapsed_microseconds(instant, as_of()) }} / cast(86400000000 as {{ type_double() }})) as bigint)
{%- endmacro %}
