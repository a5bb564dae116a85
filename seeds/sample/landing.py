"""What the backend leaves in the landing folder: users, companies, and events in three formats."""

import csv
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import polars as pl
from cast import Cast, Company, Did, Person

EVENT_COLUMNS = (
    "event_id",
    "user_id",
    "email",
    "company_id",
    "event_type",
    "timestamp",
    "received_at",
    "properties",
)
USER_COLUMNS = ("user_id", "email", "first_name", "last_name", "job_title", "country", "company_id", "created_at")
COMPANY_COLUMNS = (
    "company_id",
    "name",
    "domain",
    "employee_count",
    "industry",
    "country",
    "plan",
    "usage_count",
    "usage_limit",
    "acv",
)
# Clients in these countries send local time with its offset in hours, in summer and in winter; the others send UTC.
LOCAL_TIME = {"Germany": (2, 1), "France": (2, 1), "Spain": (2, 1), "India": (5.5, 5.5), "Brazil": (-3, -3)}
SUMMER_TIME_ENDS = (10, 25)

RESENT_OF_THE_GOLDEN_CONTACT = 6
RESENT_OF_OTHERS = 14
RESENT_WITHIN = timedelta(days=18)


@dataclass(frozen=True)
class Event:
    """One thing that happened, before it has its id."""

    person: Person
    did: Did
    at: datetime
    received_at: datetime

    @property
    def order(self) -> tuple:
        return self.received_at, self.person.user_id, self.at, self.did.event_type


def write_landing(folder: Path, cast: Cast, as_of: datetime, resent_first_of: str) -> None:
    """Write the product's landing files; `resent_first_of` is the user whose key actions are sent twice."""
    folder.mkdir(parents=True, exist_ok=True)
    users = [person for person in cast.people if person.in_product]
    write_csv(folder / "companies.csv", COMPANY_COLUMNS, [_company_row(company) for company in cast.companies])
    write_csv(folder / "users.csv", USER_COLUMNS, _user_rows(users, as_of))
    rows = _event_rows(users, as_of)

    this_month = as_of.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    last_month = (this_month - timedelta(days=1)).replace(day=1)
    before_that = last_month - timedelta(days=1)
    last_month_begins, this_month_begins = instant(last_month), instant(this_month)
    backfill = [row for row in rows if row["received_at"] < last_month_begins]
    of_last_month = [row for row in rows if last_month_begins <= row["received_at"] < this_month_begins]
    of_this_month = [row for row in rows if row["received_at"] >= this_month_begins]

    first_month = backfill[0]["received_at"][:7]
    _write_parquet(folder / f"events_{first_month}_to_{before_that:%m}.parquet", backfill)
    write_csv(folder / f"events_{last_month:%Y-%m}.csv", EVENT_COLUMNS, of_last_month)
    _write_lines(folder / f"events_{this_month:%Y-%m}.jsonl", [_json_line(row) for row in of_this_month])
    sent_again_at = as_of.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(hours=8)
    _write_lines(
        folder / f"events_{sent_again_at:%Y-%m-%d}_retries.jsonl",
        _retries(rows, resent_first_of, sent_again_at),
    )


def instant(at: datetime, hours_from_utc: float | None = None) -> str:
    if hours_from_utc is None:
        return f"{at.replace(tzinfo=None).isoformat(timespec='seconds')}Z"
    return at.astimezone(timezone(timedelta(hours=hours_from_utc))).isoformat(timespec="seconds")


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _company_row(company: Company) -> dict[str, Any]:
    return {column: getattr(company, column) for column in COMPANY_COLUMNS}


def _user_rows(users: list[Person], as_of: datetime) -> list[dict[str, Any]]:
    """One row a user in the order of signing up, then the corrections, as an export appends them."""
    listed = sorted((user for user in users if user.in_users_file), key=lambda user: (-user.since, user.user_id))
    rows = [
        {column: getattr(user, column) for column in USER_COLUMNS[:-1]} | {"created_at": instant(as_of - user.since)}
        for user in listed
    ]
    corrections = [row | user.corrected for user, row in zip(listed, rows, strict=True) if user.corrected is not None]
    return rows + corrections


def _event_rows(users: list[Person], as_of: datetime) -> list[dict[str, Any]]:
    events = [Event(user, did, as_of - did.ago, as_of - did.ago + did.delay) for user in users for did in user.did]
    events.sort(key=lambda event: event.order)
    return [_event_row(number, event) for number, event in enumerate(events, 1)]


def _event_row(number: int, event: Event) -> dict[str, Any]:
    person, did = event.person, event.did
    # The backend sends the address along when it has it at hand: at sign-up, and for users it has not exported yet.
    knows_email = did.event_type == "signed_up" or not person.in_users_file
    return {
        "event_id": f"evt_{number:07}",
        "user_id": person.user_id,
        "email": person.email if knows_email else None,
        "company_id": did.company_id or person.company_id or None,
        "event_type": did.event_type,
        "timestamp": instant(event.at, _hours_from_utc(person.country, event.at)),
        "received_at": instant(event.received_at),
        "properties": _dump(did.properties),
    }


def _hours_from_utc(country: str, at: datetime) -> float | None:
    if country not in LOCAL_TIME:
        return None
    summer, winter = LOCAL_TIME[country]
    # The default sample begins in spring; by another clock an offset may be out of season, the moment is right.
    return summer if (at.month, at.day) < SUMMER_TIME_ENDS else winter


def _dump(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _json_line(row: dict[str, Any]) -> str:
    given = {name: value for name, value in row.items() if value is not None}
    return _dump(given | {"properties": json.loads(row["properties"])})


def _write_lines(path: Path, lines: Iterable[str]) -> None:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="\n")


def _write_parquet(path: Path, rows: list[dict[str, Any]]) -> None:
    schema = dict.fromkeys(EVENT_COLUMNS, pl.String)
    pl.DataFrame(rows, schema=schema).write_parquet(path, compression="zstd")


def _retries(rows: list[dict[str, Any]], user_id: str, sent_again_at: datetime) -> list[str]:
    """Events that arrived before and are sent again, and five lines that can be no event."""
    earliest, latest = instant(sent_again_at - RESENT_WITHIN), instant(sent_again_at)
    arrived = [row for row in rows if earliest <= row["received_at"] < latest]
    own = [row for row in arrived if row["user_id"] == user_id and row["event_type"].startswith(("report", "file"))]
    others = [row for row in arrived if row["user_id"] != user_id]
    step = max(len(others) // RESENT_OF_OTHERS, 1)
    again = own[-RESENT_OF_THE_GOLDEN_CONTACT:] + others[::step][:RESENT_OF_OTHERS]
    lines = [
        _json_line(row | {"received_at": instant(sent_again_at + timedelta(seconds=number))})
        for number, row in enumerate(again)
    ]
    # Spread among the good lines, so that a reader that stops at the first bad one is found out.
    for position, line in zip((2, 6, 10, 14, 18), _malformed(sent_again_at), strict=True):
        lines.insert(position, line)
    return lines


def _malformed(at: datetime) -> list[str]:
    row = {"event_id": "evt_bad_1", "user_id": "u_000001", "event_type": "page_viewed", "timestamp": instant(at)}
    good = row | {"properties": {"path": "/files"}}
    without_user = {name: value for name, value in good.items() if name != "user_id"}
    return [
        _dump(good)[:-20],
        _dump(["evt_bad_2", "u_000001", "page_viewed", instant(at)]),
        _dump(without_user | {"event_id": "evt_bad_3"}),
        _dump(good | {"event_id": "evt_bad_4", "timestamp": "yesterday"}),
        _dump(good | {"event_id": "evt_bad_5", "properties": "clicked"}),
    ]
