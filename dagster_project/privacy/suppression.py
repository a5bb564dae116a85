"""Who is suppressed at this moment, whoever said so: the opt-out files, HubSpot, an erasure, the last build.

The build decides who is suppressed by everything it knows of a person (`decide.contacts_suppressed`). What is sent is
looked at once more, right before it leaves, with the opt-out files as they are then.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import polars as pl
from sqlalchemy import Connection, Engine, delete, insert, select

from dagster_project.privacy.names import EMAIL, HUBSPOT, USER, Name, digest, normalised, salt_of
from dagster_project.privacy.opt_outs import OptOut, read_opt_outs
from dagster_project.settings import Settings
from dagster_project.state.tables import erased_names, suppressions

SUPPRESSED_TABLE = "raw.pipeline_suppressed"
SUPPRESSED_MART = "decide.contacts_suppressed"
OPTED_OUT, GDPR_DELETED, ERASED = "opted_out", "gdpr_deleted", "erased"


@dataclass(frozen=True)
class Suppressed:
    """Names of people about whom nothing may be written, with the reason; erased people are known by hashes only."""

    reasons: Mapping[Name, str] = field(default_factory=dict)
    erased: frozenset[Name] = frozenset()
    salt: str = ""

    def why(self, *, user_id: str | None = None, email: str | None = None, hubspot_id: str | None = None) -> str | None:
        """Why nothing may be written about whoever goes by one of these names; None: it may."""
        for kind, value in ((USER, user_id), (EMAIL, email), (HUBSPOT, hubspot_id)):
            if value is None:
                continue
            known_as = normalised(kind, value)
            reason = self.reasons.get((kind, known_as))
            if reason is not None:
                return reason
            if self.erased and (kind, digest(self.salt, kind, known_as)) in self.erased:
                return ERASED
        return None

    def among(self, rows: pl.DataFrame, email: str | None = None) -> pl.Series:
        """Which rows are about suppressed people, by their `record_key`, `hubspot_id` and the column of an address."""
        columns = ["record_key", "hubspot_id", *([email] if email else [])]
        people = rows.select(columns).unique()
        marks = [
            self.why(user_id=user_id, hubspot_id=hubspot_id, email=address[0] if address else None) is not None
            for user_id, hubspot_id, *address in people.iter_rows()
        ]
        people = people.with_columns(is_suppressed=pl.Series(marks, dtype=pl.Boolean))
        joined = rows.select(columns).join(people, on=columns, how="left", nulls_equal=True, maintain_order="left")
        return joined["is_suppressed"]

    def __bool__(self) -> bool:
        return bool(self.reasons or self.erased)


NOBODY = Suppressed()


def read_suppressed(engine: Engine, opt_outs: Iterable[OptOut] = (), snapshot_dir: Path | None = None) -> Suppressed:
    """Everybody who is suppressed now.

    Args:
        snapshot_dir: What the last build decided, by more than a file says: other addresses, aliases, HubSpot ids.
    """
    reasons: dict[Name, str] = {}
    decided = None if snapshot_dir is None else snapshot_dir / f"{SUPPRESSED_MART}.parquet"
    if decided is not None and decided.exists():
        for row in pl.read_parquet(decided).iter_rows(named=True):
            names = ((USER, row["record_key"]), (HUBSPOT, row["hubspot_id"]))
            reasons |= {name: row["reason"] for name in names if name[1]}
    for row in suppressed_rows(engine, opt_outs):
        names = ((USER, row["user_id"]), (EMAIL, row["email"]))
        reasons |= {name: row["reason"] for name in names if name[1]}
    erased = read_erased(engine)
    return Suppressed(reasons, erased, salt_of(engine) if erased else "")


def read_erased(engine: Engine) -> frozenset[Name]:
    with engine.connect() as connection:
        rows = connection.execute(select(erased_names.c.kind, erased_names.c.digest))
        return frozenset((row.kind, row.digest) for row in rows)


def suppressed_rows(engine: Engine, opt_outs: Iterable[OptOut]) -> list[dict]:
    """Rows of `raw.pipeline_suppressed`, from which the models work out who that is."""
    rows = [{"user_id": item.user_id, "email": item.email, "reason": OPTED_OUT} for item in opt_outs]
    with engine.connect() as connection:
        for row in connection.execute(select(suppressions)):
            email = row.email and normalised(EMAIL, row.email)
            rows.append({"user_id": row.record_key, "email": email, "reason": row.reason})
    return rows


def suppress(
    connection: Connection, record_key: str, email: str | None, reason: str, *, run_id: str, now: datetime
) -> None:
    """Remember, within the caller's transaction, that nothing may be written about this user any more."""
    connection.execute(delete(suppressions).where(suppressions.c.record_key == record_key))
    connection.execute(
        insert(suppressions).values(record_key=record_key, email=email, reason=reason, run_id=run_id, recorded_at=now)
    )


def suppressed_now(settings: Settings, engine: Engine) -> Suppressed:
    """Everybody who is suppressed, by the snapshot that is current and the files as they are.

    Raises:
        OptOutsInvalid: A file cannot be used.
    """
    return read_suppressed(engine, opt_outs_of(settings), settings.published_dir / "current")


def opt_outs_of(settings: Settings) -> list[OptOut]:
    """What the opt-out files of these settings say now.

    Raises:
        OptOutsInvalid: A file cannot be used.
    """
    return read_opt_outs(settings.opt_outs_dir, must_exist=settings.suppressed_dir is not None)
