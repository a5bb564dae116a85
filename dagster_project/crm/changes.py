"""Desired state against ledger, property by property, in one SQL statement over two columnar files."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import duckdb
import polars as pl

from dagster_project.crm.differences import differences, holds_any
from dagster_project.crm.drift import Drifted
from dagster_project.crm.drift_in_diff import Judged, as_found, held_now, judge
from dagster_project.crm.leaving_out import UNDONE_KEY, WHY, with_reasons
from dagster_project.crm.property_map import MappedObject
from dagster_project.privacy.suppression import NOBODY, Suppressed
from dagster_project.sql_quoting import literal

CHANGE_SCHEMA = {
    "record_key": pl.String,
    "hubspot_id": pl.String,
    "matched_by": pl.String,
    "upsert_key": pl.String,
    "domain": pl.String,
    "company_name": pl.String,
    "is_gone": pl.Boolean,
    "property": pl.String,
    "value": pl.String,
    "previous": pl.String,
}


@dataclass(frozen=True)
class Update:
    """The properties of one record that differ: what to write (None: to empty) and what HubSpot held before.

    `is_gone`: the record is no longer desired; the key is that of whoever wrote it last, and may live on elsewhere.
    """

    record_key: str
    hubspot_id: str | None
    upsert_key: str | None
    values: dict[str, str | None]
    previous: dict[str, str | None]
    made_with: dict[str, str]
    is_gone: bool = False

    @property
    def place(self) -> tuple[str, str | None]:
        """What tells two updates of one sync apart; a key alone does not, when its user moved to another record."""
        return self.record_key, self.hubspot_id


@dataclass(frozen=True)
class Scope:
    """Of which records a snapshot speaks: a part of those that are in it alone, a build of everybody of all but those
    of which a later part knows more (`keys` and HubSpot `ids`).
    """

    is_part: bool = False
    keys: frozenset[str] = frozenset()
    ids: frozenset[str] = frozenset()

    def within(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Without rows (record_key, hubspot_id) of records that it does not speak of."""
        if not self.keys and not self.ids:
            return rows
        is_anothers = pl.col("record_key").is_in(list(self.keys))
        return rows.filter(~is_anothers & ~pl.col("hubspot_id").is_in(list(self.ids)).fill_null(False))


EVERYBODY = Scope()


@dataclass(frozen=True)
class Changes:
    """What a sync of one object type would have to write.

    `rows` has one row per record and property that differs: record_key, hubspot_id (null: to be found or made),
    property, value (null: to be emptied), previous, is_gone (the record is no longer desired at all). `left_out` counts
    records that differ and are not sent, by reason (`undone`: some of whose values); `ledger_record_count` those that
    hold something to empty; `held_counts` how many records hold a value of each property. `no_longer_wanted`: rows of
    the undone values that nobody wants to write again. `drift`: values that somebody changed in HubSpot.
    `scope`: of which records they speak.
    """

    object_type: str
    rows: pl.DataFrame
    left_out: dict[str, int]
    ledger_record_count: int
    held_counts: dict[str, int]
    no_longer_wanted: pl.DataFrame | None = None
    drift: Sequence[Judged] = ()
    scope: Scope = EVERYBODY

    @property
    def record_count(self) -> int:
        return self.rows.select("record_key", "hubspot_id").n_unique()

    @property
    def emptied_record_count(self) -> int:
        return self.rows.filter(pl.col("is_gone"))["hubspot_id"].n_unique()

    @property
    def property_counts(self) -> dict[str, int]:
        counted = self.rows.group_by("property").len().sort("property")
        return dict(zip(counted["property"], counted["len"], strict=True))

    @cached_property
    def plan_id(self) -> str:
        """The same for the same values of the same records, and for no others."""
        columns = ["record_key", "hubspot_id", "property", "value", "previous"]
        rows = self.rows.select(columns).sort(columns, nulls_last=True)
        return hashlib.sha256(rows.write_csv().encode()).hexdigest()[:12]

    def updates(self) -> list[Update]:
        """The same, one item a record, in the order of the keys."""
        updates: dict[tuple[str, str | None], Update] = {}
        for row in self.rows.iter_rows(named=True):
            place = (row["record_key"], row["hubspot_id"])
            if place not in updates:
                made_with = {"domain": row["domain"], "name": row["company_name"]}
                made_with = {name: value for name, value in made_with.items() if value}
                updates[place] = Update(*place, row["upsert_key"], {}, {}, made_with, row["is_gone"])
            updates[place].values[row["property"]] = row["value"]
            updates[place].previous[row["property"]] = row["previous"]
        return list(updates.values())


def scope_of(object_type: str, later_parts: Sequence[Path]) -> Scope:
    """What a build of everybody speaks of where these parts (folders) were published after it."""
    tables = [
        pl.read_parquet(folder / f"decide.crm_{object_type}_desired.parquet", columns=["record_key", "hubspot_id"])
        for folder in later_parts
    ]
    return Scope(
        keys=frozenset(key for table in tables for key in table["record_key"]),
        ids=frozenset(found for table in tables for found in table["hubspot_id"].drop_nulls()),
    )


def find_changes(
    desired_path: Path,
    ledger_path: Path,
    mapped: MappedObject,
    undone: pl.DataFrame | None = None,
    drifted: Sequence[Drifted] = (),
    overwritten: Collection[str] = (),
    suppressed: Suppressed = NOBODY,
    scope: Scope = EVERYBODY,
) -> Changes:
    """Compare a published `decide.crm_<objects>_desired` with a folded ledger.

    Args:
        desired_path: Parquet, one row per record.
        ledger_path: Parquet as `crm.ledger` writes it; where there is none, HubSpot holds nothing of ours yet.
        undone: Values that are not to be sent, as `crm.undone` reads them; None where there are none.
        drifted: Values that somebody changed in HubSpot, as `crm.drift` reads them.
        overwritten: Ids of records on which our value is written over a changed one whatever the map says, or `all`.
        suppressed: Contacts about whom nothing is written, also where the snapshot does not know it yet.
        scope: Of which records the snapshot speaks.
    """
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        ledger = _ledger_relation(connection, ledger_path, mapped)
        held = held_now(connection, ledger, (value.hubspot_id for value in drifted)) if drifted else {}
        drift = judge(drifted, held, mapped, overwritten)
        ledger = as_found(connection, ledger, held, drift)
        desired = f"read_parquet({literal(desired_path)})"
        rows = pl.DataFrame(schema=CHANGE_SCHEMA)
        if mapped.properties:
            rows = pl.DataFrame(
                connection.sql(differences(desired, ledger, mapped, scope.is_part)), schema=CHANGE_SCHEMA
            )
        clearing = [property_ for property_ in mapped.properties if property_.clears_when_unknown]
        counts = "".join(f', count("{property_.name}")' for property_ in mapped.properties)
        ((ledger_record_count, *held_counts),) = connection.sql(
            f"select count(*) filter (where {holds_any(clearing)}){counts} from {ledger}"
        ).fetchall()

    rows = with_reasons(scope.within(rows), mapped, suppressed, drift, undone)
    no_longer_wanted = None
    if undone is not None and not scope.is_part:
        undone = undone.filter(~pl.col("record_key").is_in(list(scope.keys)))
        of_these = pl.col("property").is_in([property_.name for property_ in mapped.properties])
        no_longer_wanted = undone.filter(of_these).join(rows, on=UNDONE_KEY, how="anti", nulls_equal=True)
    left = rows.filter(pl.col(WHY).is_not_null())
    left_out = left.group_by(WHY).agg(pl.col("record_key").n_unique()).sort(WHY)
    return Changes(
        mapped.object_type,
        rows.filter(pl.col(WHY).is_null()).drop(WHY).sort("record_key", "property"),
        dict(zip(left_out[WHY], left_out["record_key"], strict=True)),
        ledger_record_count,
        dict(zip((property_.name for property_ in mapped.properties), held_counts, strict=True)),
        no_longer_wanted,
        drift,
        scope,
    )


def _ledger_relation(connection: duckdb.DuckDBPyConnection, path: Path, mapped: MappedObject) -> str:
    names = [property_.name for property_ in mapped.properties]
    if not path.exists():
        nothing = ", ".join(f'cast(null as varchar) as "{name}"' for name in ("hubspot_id", "record_key", *names))
        return f"(select {nothing}, 0 as log_id where false)"
    source = f"read_parquet({literal(path)})"
    present = {row[0] for row in connection.sql(f"describe select * from {source}").fetchall()}
    columns = ", ".join(f'"{name}"' if name in present else f'cast(null as varchar) as "{name}"' for name in names)
    return f"(select hubspot_id, record_key, log_id, {columns} from {source})"
