"""The SQL of the models as dbt writes it for an empty warehouse, kept so that dbt need not be started for it.

One file beside the data; written anew when the dbt project, its vars or the folder of rules is another one.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dagster_project.resources.dbt import compiled_for_nothing, newest_source, project_variables

# No build is of this moment: where it stands in the SQL, the clock of a run is put.
CLOCK = "1971-01-02 03:04:05.678901"
CLOCK_FOR_DBT = "1971-01-02T03:04:05.678901Z"
FILE = "statements.json"
STAGING = "staging"


@dataclass(frozen=True)
class Statement:
    """One model: `schema.table`, its select as of `CLOCK`, and the sources and models it reads, as `schema.table`."""

    table: str
    is_view: bool
    sql: str
    reads: tuple[str, ...]

    @property
    def schema(self) -> str:
        return self.table.partition(".")[0]

    @property
    def is_staging(self) -> bool:
        return self.schema == STAGING


def statements_for(tables: tuple[str, ...], folder: Path) -> list[Statement]:
    """The models that these tables are made of and the tables themselves, each after what it reads.

    Args:
        folder: Where the file is kept.
    """
    path = folder / FILE
    made_with = {"tables": list(tables), "variables": project_variables()}
    if path.exists() and path.stat().st_mtime > newest_source():
        kept = json.loads(path.read_text(encoding="utf-8"))
        if kept["made_with"] == made_with:
            return [Statement(**item | {"reads": tuple(item["reads"])}) for item in kept["statements"]]
    manifest = compiled_for_nothing(tables, {"as_of": CLOCK_FOR_DBT, "in_one_stretch": True})
    statements = list(_in_order(manifest, tables))
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".unfinished")
    kept = {"made_with": made_with, "statements": [asdict(item) for item in statements]}
    unfinished.write_text(json.dumps(kept), encoding="utf-8")
    unfinished.replace(path)
    return statements


def _in_order(manifest: Mapping[str, Any], tables: tuple[str, ...]) -> Iterator[Statement]:
    found = manifest["nodes"] | manifest["sources"]
    ids = {_table(node): unique_id for unique_id, node in manifest["nodes"].items() if _is_table(node)}
    seen: set[str] = set()

    def visit(unique_id: str) -> Iterator[Statement]:
        if unique_id in seen:
            return
        seen.add(unique_id)
        node = found[unique_id]
        read = node.get("depends_on", {}).get("nodes", [])
        for one in sorted(read):
            yield from visit(one)
        if node["resource_type"] == "model":
            is_view = node["config"]["materialized"] == "view"
            yield Statement(_table(node), is_view, node["compiled_code"], tuple(_table(found[one]) for one in read))

    for table in tables:
        yield from visit(ids[table])


def _is_table(node: Mapping[str, Any]) -> bool:
    return node["resource_type"] in ("model", "seed")


def _table(node: Mapping[str, Any]) -> str:
    return f"{node['schema']}.{node.get('identifier') or node['name']}"
