"""What the next run would do under two sets of rules: handoffs, returns, writes to HubSpot, messages.

Both are held against the same state, so that what is done already counts on neither side, and what would be done anyway
counts on both. Nothing is asked of anybody and nothing is written.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl
from sqlalchemy import Engine

from dagster_project.crm.associations import find_missing
from dagster_project.crm.breaker import reasons_to_hold
from dagster_project.crm.event_map import read_event_map
from dagster_project.crm.list_changes import ListChange, find_list_changes, read_segment_lists
from dagster_project.crm.owed_occurrences import SCHEMA as EVENT_SCHEMA
from dagster_project.crm.owed_occurrences import find_owed
from dagster_project.crm.property_map import read_property_map
from dagster_project.crm.return_breaker import ReturnLimits, find_owed_returns
from dagster_project.crm.syncing import SyncRun, compare
from dagster_project.outreach.calendars import read_calendars
from dagster_project.outreach.outbox_rows import known_ids
from dagster_project.outreach.owed import read_actions, times_of
from dagster_project.privacy.opt_outs import OptOut
from dagster_project.publish.snapshot import Snapshot
from dagster_project.reports.plain_words import plain
from dagster_project.rules.reading import RuleBook

# A handoff that is not made yet: to be made, to be looked at first, or waiting for somebody to take it.
HANDOFFS_AHEAD = ("proposed", "in_review", "waiting")
VALUE_KEY = ["object_type", "record_key", "hubspot_id", "property"]
VALUE_SCHEMA = dict.fromkeys([*VALUE_KEY, "value"], pl.String)
ACTION_SCHEMA = dict.fromkeys(["action_id", "kind", "trigger_id", "record_key", "owner_id"], pl.String)
PAIR_SCHEMA = dict.fromkeys(["contact_id", "company_id"], pl.String)


@dataclass(frozen=True)
class Difference:
    """Rows that only the proposed rules bring, rows that only those in force bring, and rows that both bring and that
    say something else (as the proposed rules have them)."""

    more: pl.DataFrame
    fewer: pl.DataFrame
    otherwise: pl.DataFrame

    @property
    def is_empty(self) -> bool:
        return self.more.is_empty() and self.fewer.is_empty() and self.otherwise.is_empty()

    def by(self, *columns: str) -> Iterator[tuple[tuple, "Difference"]]:
        """Taken apart by the values of these columns, in their order."""
        sides = (self.more, self.fewer, self.otherwise)
        keys = pl.concat([side.select(columns) for side in sides]).unique().sort(columns)
        for key in keys.iter_rows():
            is_it = pl.all_horizontal([pl.col(name) == value for name, value in zip(columns, key, strict=True)])
            yield key, Difference(*(side.filter(is_it) for side in sides))


def difference(before: pl.DataFrame, after: pl.DataFrame, key: Sequence[str], said: Sequence[str] = ()) -> Difference:
    """Args:
    key: What makes a row of one side the row of the other.
    said: The columns by which both may differ.
    """
    both = after.join(before, on=list(key), how="semi", nulls_equal=True)
    return Difference(
        after.join(before, on=list(key), how="anti", nulls_equal=True),
        before.join(after, on=list(key), how="anti", nulls_equal=True),
        both.join(before, on=[*key, *said], how="anti", nulls_equal=True),
    )


@dataclass(frozen=True)
class State:
    """What is acknowledged and sent already, and the clock by which something is too late."""

    engine: Engine
    folder: Path
    as_of: datetime
    prefix: str
    opt_outs: Sequence[OptOut]


@dataclass(frozen=True)
class NextRun:
    """What the next run would do under one set of rules. `held`: why it would not do so without a person."""

    qualified: pl.DataFrame
    handoffs: pl.DataFrame
    returns: pl.DataFrame
    values: pl.DataFrame
    lists: dict[str, ListChange]
    events: pl.DataFrame
    pairs: pl.DataFrame
    actions: pl.DataFrame
    held: tuple[str, ...]


@dataclass(frozen=True)
class Consequences:
    """What would be done additionally, no longer and otherwise.

    `handoffs`, `returns`: rows of the marts. `values`: object_type, record_key, hubspot_id, property, value. `lists`:
    how many join and leave, by the name of the list. `events`: as in `decide.crm_occurrences`. `pairs`: associations.
    `actions`: action_id, kind, trigger_id, record_key, owner_id. `qualified`: user_id of the sales qualified. `held`:
    why the breakers would hold it under the proposed rules.
    """

    qualified: Difference
    handoffs: Difference
    returns: Difference
    values: Difference
    lists: dict[str, tuple[int, int]]
    events: Difference
    pairs: Difference
    actions: Difference
    held: tuple[str, ...]


def consequences(before: NextRun, after: NextRun) -> Consequences:
    said_of_handoffs = ["handoff_state", "owner_id", "pool", "track"]
    return Consequences(
        difference(before.qualified, after.qualified, ["user_id"]),
        difference(before.handoffs, after.handoffs, ["handoff_id"], said_of_handoffs),
        difference(before.returns, after.returns, ["return_id"]),
        difference(before.values, after.values, VALUE_KEY, ["value"]),
        _members_moved(before.lists, after.lists),
        difference(before.events, after.events, ["occurrence_id"], ["properties"]),
        difference(before.pairs, after.pairs, list(PAIR_SCHEMA)),
        difference(before.actions, after.actions, ["action_id"], ["owner_id"]),
        after.held,
    )


def next_run(snapshot: Snapshot, book: RuleBook, state: State) -> NextRun:
    """Raises:
    ActionsOutdated: The marts are of an earlier version.
    """
    run = SyncRun(
        snapshot.directory, state.folder, state.engine, "preview", state.as_of, read_opt_outs=lambda: state.opt_outs
    )
    objects, held = read_property_map(book, state.prefix), []
    values = [pl.DataFrame(schema=VALUE_SCHEMA)]
    for mapped in objects.values():
        changes = compare(run, mapped)
        held += reasons_to_hold(changes, mapped)
        # What HubSpot does not hold is made where the rules say so, else left out.
        is_sent = pl.col("hubspot_id").is_not_null() | mapped.makes_unknown_records
        rows = changes.rows.filter(is_sent).with_columns(object_type=pl.lit(mapped.object_type, pl.String))
        values.append(rows.select(list(VALUE_SCHEMA)))
    returns = find_owed_returns(run, ReturnLimits.of(book))
    if returns.why_held:
        held.append(returns.why_held.partition(". ")[0])
    owed_returns = {item.return_id for item in (*returns.due, *returns.held)}
    is_associated = "contacts" in objects and objects["contacts"].associated_with is not None
    pairs = [(pair.contact_id, pair.company_id) for pair in find_missing(run).pairs] if is_associated else []
    qualified = _read(snapshot, "decide.sales_qualifications").filter("is_sales_qualified").select("user_id").unique()
    return NextRun(
        qualified.sort("user_id"),
        _read(snapshot, "decide.handoffs").filter(pl.col("handoff_state").is_in(HANDOFFS_AHEAD)).sort("record_key"),
        _read(snapshot, "decide.returns").filter(pl.col("return_id").is_in(owed_returns)).sort("record_key"),
        pl.concat(values),
        {item.name: item for item in find_list_changes(run, read_segment_lists(book, state.prefix))},
        find_owed(run, read_event_map(book)).rows.select(list(EVENT_SCHEMA)),
        pl.DataFrame(pairs, schema=PAIR_SCHEMA, orient="row"),
        _actions(run, book),
        tuple(held),
    )


def unmet(snapshot: Snapshot, users: pl.Series) -> dict[str, str]:
    """What each of these is missing to be sales qualified, in words; whoever misses nothing is not in it."""
    rows = _read(snapshot, "decide.sales_qualifications").filter(
        pl.col("user_id").is_in(users.implode()) & ~pl.col("is_met").fill_null(False)
    )
    found: dict[str, list[str]] = {}
    for row in rows.sort("user_id", "condition_id").iter_rows(named=True):
        has = "not known" if row["found"] is None else plain(row["found"])
        told = f"{row['property']} is {has} and should be {row['operator']} {row['value']}"
        found.setdefault(row["user_id"], []).append(told)
    return {user: "; ".join(missing) for user, missing in found.items()}


def _read(snapshot: Snapshot, table: str) -> pl.DataFrame:
    return pl.read_parquet(snapshot.path(table))


def _actions(run: SyncRun, book: RuleBook) -> pl.DataFrame:
    """What would be sent and was not before: by a channel that is on, about nobody who opted out, and in time."""
    calendars, suppressed = read_calendars(book), run.suppressed()
    rows = [
        row
        for row in read_actions(run.snapshot_dir / "decide.actions.parquet")
        if calendars.is_on(row["kind"])
        and suppressed.why(user_id=row["record_key"], email=row["contact_email"]) is None
        and times_of(row, calendars, run.as_of).expires_at >= run.as_of
    ]
    known = known_ids(run.engine, [row["action_id"] for row in rows])
    owed = [tuple(row[name] for name in ACTION_SCHEMA) for row in rows if row["action_id"] not in known]
    return pl.DataFrame(owed, schema=ACTION_SCHEMA, orient="row")


def _members_moved(before: dict[str, ListChange], after: dict[str, ListChange]) -> dict[str, tuple[int, int]]:
    moved = {}
    for name in sorted(before | after):
        adds, removes = (
            [set(getattr(side[name], what)) if name in side else set() for side in (before, after)]
            for what in ("to_add", "to_remove")
        )
        # Whoever would have been taken out and is not any more joins, too.
        joins = (adds[1] - adds[0]) | (removes[0] - removes[1])
        leaves = (removes[1] - removes[0]) | (adds[0] - adds[1])
        if joins or leaves:
            moved[name] = (len(joins), len(leaves))
    return moved
