"""Where every column of the dbt models comes from, read from the SQL that dbt ran.

Reading the SQL of all models takes a second or two, so it is done once a version of the project: what was found lies
beside the manifest, and is found anew when the manifest is newer.
"""

import json
import logging
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from dagster_project.resources.dbt import dbt_project

FILE_NAME = "column_lineage.json"
DIALECT = "duckdb"

# By `schema.table` and column: the columns, as (`schema.table`, column), that its values come from.
Lineage = Mapping[str, Mapping[str, list[tuple[str, str]]]]


def known_lineage() -> Lineage:
    """What was found for this version of the project; nothing before its first build."""
    if not is_known():
        return {}
    return json.loads(_file().read_text(encoding="utf-8"))


def is_known() -> bool:
    file, manifest = _file(), dbt_project.manifest_path
    return file.exists() and file.stat().st_mtime >= manifest.stat().st_mtime


def remember_lineage(manifest: Mapping[str, Any], target: Path, columns: Iterable[tuple[str, str, str]]) -> None:
    """Find where all columns come from and keep it, unless that was done or some model was never built here.

    Args:
        target: Where dbt has left the SQL that it ran.
        columns: Schema, table and column of everything in the warehouse.
    """
    models = [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    texts = {_name(node): target / "compiled" / node["package_name"] / node["original_file_path"] for node in models}
    if is_known() or not all(path.exists() for path in texts.values()):
        return
    schema: dict[str, dict[str, dict[str, str]]] = {}
    for table_schema, table, column in columns:
        schema.setdefault(table_schema, {}).setdefault(table, {})[column] = "unknown"
    found = {name: columns_of(path.read_text(encoding="utf-8"), schema) for name, path in texts.items()}
    # By one rename: another process may be reading it.
    unfinished = _file().with_suffix(f".{os.getpid()}")
    unfinished.write_text(json.dumps(found), encoding="utf-8")
    unfinished.replace(_file())


def columns_of(sql: str, schema: Mapping[str, Mapping[str, Mapping[str, str]]]) -> dict[str, list[tuple[str, str]]]:
    """What each column of a query is made of: sorted (`schema.table`, column).

    A column that is made of nothing in a table, a constant, comes from nowhere. A query that cannot be read tells
    nothing.
    """
    import sqlglot
    from sqlglot import exp
    from sqlglot.lineage import lineage

    # It warns of what it cannot follow, which then comes from nowhere.
    logging.getLogger("sqlglot").setLevel(logging.ERROR)
    try:
        query = sqlglot.parse_one(sql, dialect=DIALECT)
        for table in query.find_all(exp.Table):
            # The name of the file, of which there is one.
            table.set("catalog", None)
        nodes = lineage(None, query, schema, dialect=DIALECT, trim_selects=False, copy=False)
    except Exception:
        # Whatever a reader of SQL trips over: no build fails because a column could not be described.
        return {}
    return {column: sorted(set(_leaves(node))) for column, node in nodes.items()}


def _leaves(node: Any) -> Iterable[tuple[str, str]]:
    from sqlglot import exp

    for found in node.walk():
        if not found.downstream and isinstance(found.expression, exp.Table):
            yield f"{found.expression.db}.{found.expression.name}", exp.to_column(found.name).name


def _name(node: Mapping[str, Any]) -> str:
    return f"{node['schema']}.{node['name']}"


def _file() -> Path:
    return dbt_project.manifest_path.parent / FILE_NAME
