{# What score_settings.csv says, as text and as a whole number, wherever a value may stand. #}
{% macro setting(name) -%} (select value from {{ ref('score_settings') }} where setting_id = '{{ name }}') {%- endmacro %}
{% macro whole_setting(name) -%} cast({{ setting(name) }} as bigint) {%- endmacro %}

{# Whether a name is one of those in a cell that holds several: `a` is in `a|b`, and in no other way in `ab|c`. #}
{% macro is_among(name, cell) -%}
    {{ dbt.position(dbt.concat(["'|'", name, "'|'"]), dbt.concat(["'|'", cell, "'|'"])) }} > 0
{%- endmacro %}
