"""The columns of what dbt makes: what each means, and which columns it comes from."""

from collections.abc import Mapping

import dagster as dg

from dagster_project.resources.column_lineage import Lineage

SCHEMA, LINEAGE = "dagster/column_schema", "dagster/column_lineage"
# What a dbt source table is called here, by the beginning of its name: several tables that one step fills together are
# one asset, and every landing asset writes into landing_files what it took.
SOURCE_ASSETS = {"hubspot": "hubspot", "pipeline": "pipeline_memory", "landing": "product_events"}
SOURCE_SCHEMAS = ("raw", "in_warehouse")
MOST_NAMED = 4


# Every rule file ends with these.
OF_EVERY_RULE = {"owner": "Who answers for this row.", "why": "Why this row is there, in a sentence."}


def columns_of_rules(types: Mapping[str, str]) -> dg.TableSchema:
    """All columns of a rule file, by name and type; dbt's yml names only those that it tests."""
    return dg.TableSchema([dg.TableColumn(name, kind, OF_EVERY_RULE.get(name)) for name, kind in types.items()])


def asset_of(schema: str, table: str) -> dg.AssetKey:
    """The asset that makes a table."""
    if schema in SOURCE_SCHEMAS:
        return dg.AssetKey(["raw", SOURCE_ASSETS.get(table.split("_")[0], table)])
    return dg.AssetKey([schema, table])


def with_lineage(spec: dg.AssetSpec, lineage: Lineage) -> dg.AssetSpec:
    """Each column says where it comes from: for the UI in its description, for tools as column lineage."""
    origins = lineage.get(".".join(spec.key.path))
    if not origins:
        return spec
    documented = spec.metadata.get(SCHEMA)
    known = {column.name: column for column in (documented.columns if documented else ())}
    columns = [
        dg.TableColumn(
            name,
            known[name].type if name in known else "",
            _described(known[name].description if name in known else None, origins[name]),
        )
        for name in dict.fromkeys([*known, *origins])
        if name in origins
    ]
    deps = {
        name: [dg.TableColumnDep(asset_of(*table.split(".")), column) for table, column in found]
        for name, found in origins.items()
    }
    return spec.merge_attributes(
        metadata={SCHEMA: dg.TableSchema(columns), LINEAGE: dg.TableColumnLineage(deps_by_column=deps)}
    )


def _described(meaning: str | None, origins: list[tuple[str, str]]) -> str:
    by_table: dict[str, list[str]] = {}
    for table, column in origins:
        by_table.setdefault(table, []).append(column)
    source = "; ".join(f"{table}: {_named(columns)}" for table, columns in by_table.items())
    source = f"From {source}." if source else "Made here."
    return f"{meaning} {source}" if meaning else source


def _named(columns: list[str]) -> str:
    more = f" and {len(columns) - MOST_NAMED} more" if len(columns) > MOST_NAMED else ""
    return ", ".join(columns[:MOST_NAMED]) + more
