"""What a mart holds, at a glance: the small tables and numbers that go with its materialization.

People are told by user id and company, owners by name: no address stands here. A table shows `MOST_ROWS` at most.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import dagster as dg

from dagster_project.defs.mart_queries import AT_A_GLANCE, CHARTS, NUMBERS
from dagster_project.defs.metadata_tables import metadata_table
from dagster_project.masking import masked
from dagster_project.resources.dbt import Query

MOST_ROWS = 20
BAR_WIDTH = 30


@dataclass(frozen=True)
class MartTables:
    """Looks at tables right after they were made; `names` are their `schema.table` by dbt's unique id."""

    names: Mapping[str, str]
    queries: Mapping[str, str] = field(default_factory=lambda: AT_A_GLANCE)

    def look(self, unique_id: str, query: Query) -> dict[str, Any]:
        """The number of rows and, of a mart, what people want to see of it first."""
        name = self.names[unique_id]
        ((count,),) = (row.values() for row in query(f"select count(*) as row_count from {name}"))
        metadata: dict[str, Any] = {"dagster/row_count": count}
        if name in NUMBERS:
            (numbers,) = query(NUMBERS[name])
            metadata |= {column: _number(value) for column, value in numbers.items() if value is not None}
        if name in self.queries:
            metadata["at_a_glance"] = _table(query(f"{self.queries[name]} limit {MOST_ROWS}"))
        if name in CHARTS:
            metadata["chart"] = dg.MetadataValue.md(bars(query(CHARTS[name])))
        return metadata


def bars(rows: list[dict[str, Any]]) -> str:
    """A bar a row as Markdown: what is counted, how many, and the other columns as they are."""
    if not rows:
        return "Nothing to show yet."
    what, count, *others = rows[0]
    most = max(row[count] for row in rows) or 1
    lines = [
        f"| {' | '.join(_said(name) for name in (what, count, *others))} | |",
        f"| --- |{' ---: |' * (1 + len(others))} --- |",
    ]
    for row in rows:
        cells = [_cell(row[name]) for name in (what, count, *others)]
        lines.append(f"| {' | '.join(cells)} | {'█' * round(BAR_WIDTH * row[count] / most)} |")
    return "\n".join(lines)


def _table(rows: list[dict[str, Any]]) -> dg.MetadataValue:
    if not rows:
        return dg.MetadataValue.text("Nothing to show yet.")
    columns = {_said(name): "string" for name in rows[0]}
    return metadata_table(columns, ({_said(name): _cell(value) for name, value in row.items()} for row in rows))


def _said(column: str) -> str:
    return column.replace("_", " ")


def _number(value: Any) -> int | float:
    return value if isinstance(value, int) else float(value)


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case int():
            return f"{value:,}"
        case float():
            return f"{value:,.1f}"
        case _ if hasattr(value, "hour"):
            return f"{value:%Y-%m-%d %H:%M} UTC"
        case _:
            return masked(str(value))
