{#
  dbt's own way to run a unit test, but for three things: a table there has a name of at most 63 characters, and the names of
  unit tests are sentences; 1 and 1.0000 are the same number; and fixtures in SQL name the 64-bit float as DuckDB does.
#}
{% materialization unit, adapter="postgres" -%}
    {%- set expected_rows = config.get("expected_rows") -%}
    {%- set sql = _postgres_fixture(sql) -%}
    {%- set temp_relation = this.incorporate(path={"identifier": "unit_test_" ~ local_md5(this.identifier)}, type="table") -%}
    {%- set temp_relation = make_temp_relation(temp_relation) -%}
    {%- do run_query(get_create_table_as_sql(True, temp_relation, get_empty_subquery_sql(sql))) -%}
    {%- set types, names = {}, {} -%}
    {%- for column in adapter.get_columns_in_relation(temp_relation) -%}
        {%- do types.update({column.name | lower: column.data_type}) -%}
        {%- do names.update({column.name | lower: column.quoted}) -%}
    {%- endfor -%}
    {%- set tested, alike = [], [] -%}
    {%- for name in (expected_rows[0].keys() if expected_rows else get_columns_in_query(sql)) | map("lower") -%}
        {%- do tested.append(names[name]) -%}
        {%- do alike.append("trim_scale(" ~ names[name] ~ ") as " ~ names[name] if types[name].startswith("numeric") else names[name]) -%}
    {%- endfor -%}
    {%- set alike = alike | join(", ") -%}
    {%- set expected_sql = _postgres_fixture(config.get("expected_sql") or get_expected_sql(expected_rows, types, names)) -%}
    {%- set sql = "select " ~ alike ~ " from (" ~ sql ~ "\n) as made" -%}
    {%- set expected_sql = "select " ~ alike ~ " from (" ~ expected_sql ~ "\n) as expected" -%}
    {% call statement("main", fetch_result=True) -%}
        {{ get_unit_test_sql(sql, expected_sql, tested) }}
    {%- endcall %}
    {% do adapter.drop_relation(temp_relation) %}
    {{ return({"relations": []}) }}
{%- endmaterialization %}

{% macro _postgres_fixture(sql) -%} {{ return(sql | replace(" as double)", " as " ~ type_double() ~ ")")) }} {%- endmacro %}
