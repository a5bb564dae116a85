"""Desired state against ledger, property by property, in one SQL statement over two columnar files."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from pathlib import Path

import duckdb
import polars as pl

from dagster_project.crm.property_map import MappedObject, MappedProperty

UNDONE = "undone"
# Why a record that differs is not sent; the words RevOps reads.
LEFT_OUT = {
    "absent": "HubSpot does not hold it (crm_objects.csv: unknown_records = update)",
    "no_email": "no e-mail address is known",
    "same_record_as_another_user": "another user with the same contact speaks for it",
    "same_record_as_another_company": "another company with the same record speaks for it",
    "several_candidates": "several HubSpot records have its domain",
    UNDONE: "a person undid these values; they are sent when the warehouse wants others",
}
UNDONE_KEY = ["record_key", "property", "value"]
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
class Changes:
    """What a sync of one object type would have to write.

    `rows` has one row per record and property that differs: record_key, hubspot_id (null: to be found or made),
    property, value (null: to be emptied), previous, is_gone (the record is no longer desired at all). `left_out` counts
    records that differ and are not sent, by reason (`undone`: some of whose values); `ledger_record_count` those that
    hold something to empty; `held_counts` how many records hold a value of each property. `no_longer_wanted`: rows of
    the undone values that nobody wants to write again.
    """

    object_type: str
    rows: pl.DataFrame
    left_out: dict[str, int]
    ledger_record_count: int
    held_counts: dict[str, int]
    no_longer_wanted: pl.DataFrame | None = None

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


def find_changes(
    desired_path: Path, ledger_path: Path, mapped: MappedObject, undone: pl.DataFrame | None = None
) -> Changes:
    """Compare a published `decide.crm_<objects>_desired` with a folded ledger.

    Args:
        desired_path: Parquet, one row per record.
        ledger_path: Parquet as `crm.ledger` writes it; where there is none, HubSpot holds nothing of ours yet.
        undone: Values that are not to be sent, as `crm.undone` reads them; None where there are none.
    """
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        ledger = _ledger_relation(connection, ledger_path, mapped)
        desired = f"read_parquet('{_quoted(desired_path)}')"
        rows = pl.DataFrame(schema=CHANGE_SCHEMA)
        if mapped.properties:
            rows = pl.DataFrame(connection.sql(_differences(desired, ledger, mapped)), schema=CHANGE_SCHEMA)
        clearing = [property_ for property_ in mapped.properties if property_.clears_when_unknown]
        counts = "".join(f', count("{property_.name}")' for property_ in mapped.properties)
        ((ledger_record_count, *held_counts),) = connection.sql(
            f"select count(*) filter (where {_holds_any(clearing)}){counts} from {ledger}"
        ).fetchall()

    # The others need a record to write to, or leave to make one.
    sendable = pl.col("hubspot_id").is_not_null() | pl.col("matched_by").is_in(["not_looked_up"])
    if mapped.makes_unknown_records:
        sendable |= pl.col("matched_by").is_in(["absent"]) & pl.col("upsert_key").is_not_null()
    allowed = sendable & ~pl.col("matched_by").is_in(["same_record_as_another_user", "same_record_as_another_company"])
    no_longer_wanted = None
    if undone is not None:
        rows = _marked(rows, allowed, undone)
        allowed &= pl.col("matched_by") != UNDONE
        of_these = pl.col("property").is_in([property_.name for property_ in mapped.properties])
        no_longer_wanted = undone.filter(of_these).join(rows, on=UNDONE_KEY, how="anti", nulls_equal=True)
    left_out = rows.filter(~allowed).group_by("matched_by").agg(pl.col("record_key").n_unique()).sort("matched_by")
    return Changes(
        mapped.object_type,
        rows.filter(allowed).sort("record_key", "property"),
        dict(zip(left_out["matched_by"], left_out["record_key"], strict=True)),
        ledger_record_count,
        dict(zip((property_.name for property_ in mapped.properties), held_counts, strict=True)),
        no_longer_wanted,
    )


def _marked(rows: pl.DataFrame, allowed: pl.Expr, undone: pl.DataFrame) -> pl.DataFrame:
    """The same rows; those that would be sent and were undone say so in place of how their record was found."""
    marks = undone.select(UNDONE_KEY).unique().with_columns(is_undone=pl.lit(True))
    rows = rows.join(marks, on=UNDONE_KEY, how="left", nulls_equal=True)
    is_undone = allowed & pl.col("is_undone").fill_null(False)
    reason = pl.when(is_undone).then(pl.lit(UNDONE)).otherwise("matched_by")
    return rows.with_columns(matched_by=reason).drop("is_undone")


def _ledger_relation(connection: duckdb.DuckDBPyConnection, path: Path, mapped: MappedObject) -> str:
    names = [property_.name for property_ in mapped.properties]
    if not path.exists():
        nothing = ", ".join(f'cast(null as varchar) as "{name}"' for name in ("hubspot_id", "record_key", *names))
        return f"(select {nothing}, 0 as log_id where false)"
    source = f"read_parquet('{_quoted(path)}')"
    present = {row[0] for row in connection.sql(f"describe select * from {source}").fetchall()}
    columns = ", ".join(f'"{name}"' if name in present else f'cast(null as varchar) as "{name}"' for name in names)
    return f"(select hubspot_id, record_key, log_id, {columns} from {source})"


def _differences(desired: str, ledger: str, mapped: MappedObject) -> str:
    is_contact = mapped.object_type == "contacts"
    other = f"same_record_as_another_{'user' if is_contact else 'company'}"
    compared = ",\n".join(_compared(property_) for property_ in mapped.properties)
    return f"""
        with ledger as (select * from {ledger}),
        published as (select * from {desired}),
        -- A record made since HubSpot was last read is found through the key that made it. One that holds nothing of
        -- ours any more, because it was emptied or is not there, is not looked for.
        made_by as (
            select record_key, arg_max(hubspot_id, log_id) as hubspot_id
            from ledger
            where {_holds_any(mapped.properties)}
            group by record_key
        ),
        found as (
            select
                published.*,
                made_by.hubspot_id as made_id,
                -- What HubSpot was read to say comes first: two would write to one record otherwise, in one batch.
                made_by.hubspot_id in (select hubspot_id from published where hubspot_id is not null) as is_anothers
            from published
            left join made_by on made_by.record_key = published.record_key and published.hubspot_id is null
        ),
        desired as (
            select
                * replace (case when is_anothers then '{other}' else matched_by end as matched_by),
                coalesce(hubspot_id, made_id) as target_id
            from found
        ),
        compared as (
            select
                coalesce(desired.record_key, ledger.record_key) as record_key,
                coalesce(desired.target_id, ledger.hubspot_id) as hubspot_id,
                coalesce(desired.matched_by, 'gone') as matched_by,
                desired.{"contact_email" if is_contact else "company_id"} as upsert_key,
                {"cast(null as varchar)" if is_contact else "desired.domain"} as domain,
                {"cast(null as varchar)" if is_contact else "desired.company_name"} as company_name,
                desired.record_key is null as is_gone,
                unnest([{compared}]) as difference
            from desired
            full outer join ledger on ledger.hubspot_id = desired.target_id
        )
        select record_key, hubspot_id, matched_by, upsert_key, domain, company_name, is_gone,
            difference.property, difference.value, difference.previous
        from compared
        where difference is not null
    """


def _holds_any(properties: Iterable[MappedProperty]) -> str:
    """SQL: whether a ledger row holds a value of any of these properties."""
    held = ", ".join(f'"{property_.name}"' for property_ in properties)
    return f"coalesce({held}) is not null" if held else "false"


def _compared(mapped: MappedProperty) -> str:
    """SQL: a struct of property, value and previous where desired and ledger differ, else null."""
    desired, held = f'desired."{mapped.source_column}"', f'ledger."{mapped.name}"'
    if mapped.value_type == "number":
        number, held_number = f"cast({desired} as decimal(38, 9))", f"try_cast({held} as decimal(38, 9))"
        text = f"regexp_replace(cast({number} as varchar), '\\.?0+$', '')"
        differs = _differ(number, held_number, mapped.min_change)
    elif mapped.value_type == "datetime":
        # Cut to the millisecond like the text that is sent; `epoch_ms` alone rounds.
        moment = f"date_trunc('millisecond', {desired})"
        text = f"strftime({moment}, '%Y-%m-%dT%H:%M:%S.%g') || 'Z'"
        held_moment = f"epoch_ms(date_trunc('millisecond', try_cast({held} as timestamptz)))"
        # Older data comes as epoch milliseconds.
        held_milliseconds = f"coalesce(try_cast({held} as bigint), {held_moment})"
        differs = _differ(f"epoch_ms({moment})", held_milliseconds, mapped.min_change and mapped.min_change * 60_000)
    elif mapped.value_type == "date":
        text = f"strftime(cast({desired} as date), '%Y-%m-%d')"
        held_day = f"cast(try_cast({held} as timestamptz) as date)"
        # As for an instant.
        held_day = f"coalesce(cast(make_timestamp(try_cast({held} as bigint) * 1000) as date), {held_day})"
        differs = f"cast({desired} as date) is distinct from {held_day}"
    elif mapped.value_type == "boolean":
        text = f"lower(cast({desired} as varchar))"
        differs = f"{text} is distinct from lower({held})"
    elif mapped.value_type == "multi_select":
        # HubSpot answers several options in an order of its own.
        text = f"nullif(cast({desired} as varchar), '')"
        differs = f"{_option_set(text)} is distinct from {_option_set(held)}"
    else:
        text = f"nullif(cast({desired} as varchar), '')"
        differs = f"{text} is distinct from {held}"
    unknown = f"{text} is null and {held} is not null" if mapped.clears_when_unknown else "false"
    return (
        f"case when ({text} is not null and {differs}) or ({unknown}) "
        f"then {{'property': '{mapped.name}', 'value': {text}, 'previous': {held}}} end"
    )


def _differ(desired: str, held: str, min_change: Decimal | None) -> str:
    """SQL: whether a number is another one than HubSpot holds, by as much as the map asks for."""
    if min_change is None:
        return f"{desired} is distinct from {held}"
    # What HubSpot holds nothing of, or no number, differs by any measure.
    return f"coalesce(abs({desired} - {held}) >= {min_change}, true)"


def _option_set(text: str) -> str:
    """SQL: the options of a multi-select value in one order; a semicolon in front, which appends, is none."""
    return f"list_sort(list_distinct(string_split(trim({text}, ';'), ';')))"


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
