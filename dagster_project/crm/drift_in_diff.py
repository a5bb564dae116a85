"""What a diff does about values that somebody changed in HubSpot, by the property's `who_wins`.

`ours`: compared is what HubSpot holds now, so that our value is written again. `theirs` and `hold`: the value is left
as it is. Ours is written over one and the same found value only so often: what comes back each time is set by a
workflow of the portal, or is how HubSpot writes our value, and is left for a person to look at.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import duckdb

from dagster_project.crm.drift import Drifted
from dagster_project.crm.property_map import MappedObject

THEIRS, HELD, CAME_BACK = "theirs", "held_for_a_person", "came_back"
# What a person must look at; what is theirs by rule needs nobody.
UNDECIDED = (HELD, CAME_BACK)
MOST_REWRITES = 3
EVERY_RECORD = "all"


@dataclass(frozen=True)
class Judged:
    """A drifted value and what is done about it: nothing (None: ours is written), or why it is left."""

    value: Drifted
    left_because: str | None


def judge(
    drifted: Iterable[Drifted],
    held: dict[str, dict[str, str | None]],
    mapped: MappedObject,
    overwritten: Collection[str] = (),
) -> list[Judged]:
    """Which drifted values still are what was found, and what is done about each.

    Args:
        held: What the ledger holds now, by record id and property.
        overwritten: Ids of records on which ours wins whatever the map says, or `all`.
    """
    policies = {property_.name: property_.who_wins for property_ in mapped.watched}
    judged = []
    for value in drifted:
        now = held.get(value.hubspot_id)
        # What was written since, or is what HubSpot has acknowledged by now, has not drifted any more.
        if now is None or value.property not in policies or now.get(value.property) != value.acknowledged:
            continue
        judged.append(Judged(value, _left_because(value, policies[value.property], overwritten)))
    return judged


def _left_because(value: Drifted, who_wins: str, overwritten: Collection[str]) -> str | None:
    if value.hubspot_id in overwritten or EVERY_RECORD in overwritten:
        return None
    if who_wins == "theirs":
        return THEIRS
    if who_wins == "hold":
        return HELD
    return CAME_BACK if value.times_rewritten >= MOST_REWRITES else None


def held_now(
    connection: duckdb.DuckDBPyConnection, ledger: str, record_ids: Iterable[str]
) -> dict[str, dict[str, str | None]]:
    """The rows of a ledger relation that these records have, by their ids."""
    found = connection.execute(
        f"select * from {ledger} where hubspot_id in (select unnest($ids))", {"ids": sorted(set(record_ids))}
    )
    names = [column[0] for column in found.description]
    return {row["hubspot_id"]: row for row in (dict(zip(names, values, strict=True)) for values in found.fetchall())}


def as_found(
    connection: duckdb.DuckDBPyConnection,
    ledger: str,
    held: dict[str, dict[str, str | None]],
    judged: Iterable[Judged],
) -> str:
    """A relation like the ledger, in which records hold what was found where ours is to be written over it."""
    rows: dict[str, dict[str, str | None]] = {}
    for item in judged:
        if item.left_because is None:
            row = rows.setdefault(item.value.hubspot_id, dict(held[item.value.hubspot_id]))
            row[item.value.property] = item.value.found
    if not rows:
        return ledger
    names = list(next(iter(rows.values())))
    columns = {name: [row[name] for row in rows.values()] for name in names}
    lists = ", ".join(f'unnest($v{number}) as "{name}"' for number, name in enumerate(names))
    connection.execute(
        f"create temp table drifted as select {lists}",
        {f"v{number}": values for number, values in enumerate(columns.values())},
    )
    return (
        f"(select * from {ledger} where hubspot_id not in (select hubspot_id from drifted) "
        "union all by name select * from drifted)"
    )
