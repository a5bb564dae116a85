"""Which sources are in the warehouse already, and where: the var `in_warehouse` of the dbt project.

in_warehouse:
  product: {schema: app, events: fct_events, loaded_at: _loaded_at}
  segment: {schema: segment_prod}
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from dagster_project.landing.sources import CONTRACTS, SOURCES, kinds_of
from dagster_project.settings import DBT_PROJECT_DIR, Settings

IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*")


class PlacesInvalid(Exception):
    """What is said of tables in the warehouse cannot be used; the message says what was found and what is allowed."""


@dataclass(frozen=True)
class Place:
    """Where the tables of a source are.

    Args:
        tables: What the table of a kind is called.
        loaded_at: The column of each that says when a row was loaded; without it every build reads all rows.
    """

    source: str
    schema: str
    tables: Mapping[str, str]
    loaded_at: str | None


def places_in_use(settings: Settings) -> dict[str, Place]:
    """Where tables are, by source; of sources that are not named, files land.

    Raises:
        PlacesInvalid: What is said names something else than sources, their kinds of tables, and names.
    """
    said = settings.in_warehouse
    return read_places(said_in(DBT_PROJECT_DIR) if said is None else said)


def said_in(dbt_project_dir: Path) -> object:
    """The var as it stands in the dbt project; an empty object where it is not said."""
    project = yaml.safe_load((dbt_project_dir / "dbt_project.yml").read_text(encoding="utf-8"))
    return (project.get("vars") or {}).get("in_warehouse") or {}


def read_places(said: object) -> dict[str, Place]:
    """What is said, checked, by source.

    Raises:
        PlacesInvalid: It names something else than sources, their kinds of tables, and names.
    """
    if not isinstance(said, Mapping):
        raise PlacesInvalid(
            f"in_warehouse is {said!r}; allowed is an object of sources, such as {{product: {{schema: app}}}}"
        )
    return {str(source): _place(str(source), values) for source, values in said.items()}


def _place(source: str, said: object) -> Place:
    if source not in SOURCES:
        raise PlacesInvalid(f"in_warehouse names {source!r}; allowed are {', '.join(SOURCES)}")
    kinds = _kinds_of_tables(source)
    allowed = ("schema", *kinds, "loaded_at")
    if not isinstance(said, Mapping) or "schema" not in said:
        raise PlacesInvalid(f"in_warehouse, {source}: {said!r} names no schema; allowed are {', '.join(allowed)}")
    for name, value in said.items():
        if name not in allowed:
            raise PlacesInvalid(f"in_warehouse, {source}: {name!r} is unknown; allowed are {', '.join(allowed)}")
        if not isinstance(value, str) or not IDENTIFIER.fullmatch(value):
            raise PlacesInvalid(
                f"in_warehouse, {source}, {name}: {value!r} is no name; allowed are letters, digits, _ and $"
            )
    tables = {kind: str(said.get(kind, kind)) for kind in kinds}
    loaded_at = str(said["loaded_at"]) if "loaded_at" in said else None
    return Place(source, str(said["schema"]), tables, loaded_at)


def _kinds_of_tables(source: str) -> tuple[str, ...]:
    """The kinds of a source that a table can be of; raw calls come in lines only."""
    return tuple(kind for kind in kinds_of(source) if not CONTRACTS[source, kind].holds_calls)
