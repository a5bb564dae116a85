{#
  How DuckDB makes tables and views here: the new one takes the place of the old one within one transaction.

  The adapter's own way (make under another name, move the old one away, move the new one there, commit, drop) asks nine
  things of DuckDB for each table, and Python takes longer for that than DuckDB for most of our tables. Contracts are the
  adapter's, as before. No model here has indexes, grants, foreign keys or hooks; a model that asks for one is refused.
#}
{% materialization table, adapter="duckdb", supported_languages=["sql"] %}
    {%- do refuse_what_is_not_made_here() -%}
    {%- set target_relation = this.incorporate(type="table") -%}
    {%- do replaced_by(target_relation, create_table_as(False, target_relation, compiled_code, "sql")) -%}
    {{ return({"relations": [target_relation]}) }}
{% endmaterialization %}

{% materialization view, adapter="duckdb", supported_languages=["sql"] %}
    {%- do refuse_what_is_not_made_here() -%}
    {%- set target_relation = this.incorporate(type="view") -%}
    {%- do replaced_by(target_relation, get_create_view_as_sql(target_relation, sql)) -%}
    {{ return({"relations": [target_relation]}) }}
{% endmaterialization %}

{% macro replaced_by(target_relation, made) %}
    {%- set existing_relation = load_cached_relation(this) -%}
    {% call statement("main", language="sql") -%}
        {% if existing_relation is not none %}drop {{ existing_relation.type }} if exists {{ existing_relation }};{% endif %}
        {{ made }}
    {%- endcall %}
    {% do adapter.commit() %}
{% endmacro %}

{% macro refuse_what_is_not_made_here() %}
    {%- for name in ("pre_hook", "post_hook", "indexes", "grants") if config.get(name) -%}
        {% do exceptions.raise_compiler_error(model.name ~ " has " ~ name ~ ", which macros/materializations.sql does not make") %}
    {%- endfor -%}
{% endmacro %}
