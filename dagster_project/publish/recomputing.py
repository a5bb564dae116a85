"""Scores as of any past moment, computed beside the live ones.

    recomputed/20261001T090000Z/          with today's rules
    recomputed/20261001T090000Z-then/     with the rules in force then
               └── current → a snapshot, as in published/

A copy of the warehouse is built for that moment; the warehouse itself, what is published, the history and the state
stay as they are. What the product and HubSpot say of people and companies is known as of today only, and is taken as
it is.
"""

import json
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from dagster_project.engines.only_here import require_duckdb
from dagster_project.instants import naive
from dagster_project.landing.tables import create_raw_tables, replace_rows
from dagster_project.privacy.suppression import SUPPRESSED_TABLE, opt_outs_of, suppressed_rows
from dagster_project.publish.history import HISTORY, RESTORED, has_history
from dagster_project.publish.snapshot import DAY_SECONDS, NothingPublished, Snapshot, current_snapshot, publish
from dagster_project.resources.dbt import build_beside
from dagster_project.resources.warehouse import open_warehouse
from dagster_project.rules.book import read_rules
from dagster_project.rules.files import digest_of, rule_files
from dagster_project.rules.reading import RulesInvalid
from dagster_project.settings import PROJECT_DIR, Settings, parse_instant
from dagster_project.state.database import open_state
from dagster_project.state.memory import read_memory
from dagster_project.state.rule_versions import rules_at

THEN = "then"
INSTEAD = (
    "what was published at that time is in PQL_DATA_DIR/published, for a month; or load the landing files of that time "
    "with PQL_TARGET=duckdb and a PQL_DATA_DIR of their own."
)
ORIGIN = "origin.json"
SCRATCH = ".scratch-"


class CannotRecompute(Exception):
    """What was asked for cannot be computed; the message says what may be asked for."""


@dataclass(frozen=True)
class Moment:
    """What to compute: the clock, and whose rules: None for today's, `then`, or a folder."""

    as_of: datetime
    rules: str | None = None

    @property
    def name(self) -> str:
        fraction = f"{self.as_of:%f}" if self.as_of.microsecond else ""
        rules = f"-{Path(self.rules).name}" if self.rules else ""
        return f"{self.as_of:%Y%m%dT%H%M%S}{fraction}Z{rules}"

    @property
    def rules_in_words(self) -> str:
        return {None: "today's rules", THEN: "the rules in force then"}.get(self.rules, f"the rules in {self.rules}")


def moment_of(settings: Settings, as_of: str | None, rules: str | None) -> Moment:
    """What somebody asked for; without a clock that of the marts that are published.

    Raises:
        CannotRecompute: The clock is no instant or lies ahead, or there are no such rules.
    """
    live = _published_as_of(settings)
    if as_of is None:
        instant = live or current_snapshot(settings.published_dir).as_of
    else:
        try:
            instant = parse_instant(as_of)
        except ValueError:
            raise CannotRecompute(
                f"AS_OF is {as_of!r} and should be an ISO 8601 instant such as 2026-10-01T09:00:00Z."
            ) from None
    # The clock of a demo may be ahead of the one on the wall.
    latest = max(moment for moment in (live, datetime.now(UTC)) if moment is not None)
    if instant > latest:
        raise CannotRecompute(
            f"AS_OF lies in the future: {instant:%Y-%m-%d %H:%M} UTC is later than {latest:%Y-%m-%d %H:%M} UTC, and "
            "what people will do until then is not known."
        )
    if rules not in (None, THEN) and not rules_folder(rules).is_dir():
        raise CannotRecompute(
            f"RULES is {rules!r} and should be `then`, for the rules in force at that moment, or a folder with rule "
            "files."
        )
    return Moment(instant, rules)


def recompute(settings: Settings, moment: Moment) -> Snapshot:
    """Score, decide and publish as of a past moment, beside everything that is live.

    Raises:
        NoRuleVersion: Rules of that time are asked for, and none are on record.
        CannotRecompute: The rules of that time do not fit the models of today.
        OnlyOnDuckDB: Another engine builds the models.
        RulesInvalid, WarehouseBusy, WarehouseUnusable, BuildFailed: As in a run.
    """
    require_duckdb(settings, "Scores of a past moment are computed", INSTEAD)
    folder = settings.data_dir / "recomputed" / moment.name
    with scratch_folder(folder.parent) as scratch:
        rules_dir = _rules_dir(settings, moment, scratch)
        origin = _origin(settings, rules_dir)
        copy_warehouse(settings.warehouse_path, scratch / "warehouse.duckdb")
        engine = open_state(settings.state_database_url)
        memory = read_memory(engine, moment.as_of)
        memory[SUPPRESSED_TABLE] = suppressed_rows(engine, opt_outs_of(settings))
        with open_warehouse(scratch / "warehouse.duckdb") as connection:
            create_raw_tables(connection)
            replace_rows(connection, memory | {RESTORED: []})
            _forget_later_changes(connection, moment.as_of)
        build_beside(scratch, rules_dir, moment.as_of)
        with open_warehouse(scratch / "warehouse.duckdb", read_only=True) as connection:
            snapshot = publish(connection, folder)
    (folder / ORIGIN).write_text(json.dumps(origin), encoding="utf-8")
    return snapshot


def recomputed(settings: Settings, moment: Moment) -> Snapshot:
    """The snapshot of a past moment: the one that is there, if it is of this warehouse and these rules, or a new one.

    Raises:
        As `recompute`.
    """
    folder = settings.data_dir / "recomputed" / moment.name
    with suppress(NothingPublished, OSError, ValueError), scratch_folder(folder.parent) as scratch:
        held = json.loads((folder / ORIGIN).read_text(encoding="utf-8"))
        if held == _origin(settings, _rules_dir(settings, moment, scratch)):
            return current_snapshot(folder)
    return recompute(settings, moment)


def _published_as_of(settings: Settings) -> datetime | None:
    try:
        return current_snapshot(settings.published_dir).as_of
    except NothingPublished:
        return None


def rules_folder(rules: str) -> Path:
    """Relative paths hang on the project folder, as those in the environment do."""
    return PROJECT_DIR / Path(rules).expanduser()


def _rules_dir(settings: Settings, moment: Moment, scratch: Path) -> Path:
    """The folder of the rules to use; those that were in force then are written out first."""
    if moment.rules is None:
        read_rules(settings.rules_dir)
        return settings.rules_dir
    if moment.rules != THEN:
        read_rules(rules_folder(moment.rules))
        return rules_folder(moment.rules)
    version = rules_at(open_state(settings.state_database_url), moment.as_of)
    folder = scratch / "rules"
    version.write_to(folder)
    try:
        read_rules(folder)
    except RulesInvalid as error:
        raise CannotRecompute(
            f"The rules in force on {moment.as_of:%Y-%m-%d %H:%M} UTC (version {version.digest[:8]}, since "
            f"{version.in_force_from:%Y-%m-%d %H:%M} UTC) are not written as this version of the project reads them. "
            f"Leave out RULES=then to compute it with today's rules. What does not fit:\n{error}"
        ) from None
    return folder


def _origin(settings: Settings, rules_dir: Path) -> dict:
    """What a recomputation is made of; as long as it is the same, so are the scores."""
    found = settings.warehouse_path.stat() if settings.warehouse_path.exists() else None
    warehouse = [found.st_mtime_ns, found.st_size] if found else None
    return {"rules": digest_of(rule_files(rules_dir)), "warehouse": warehouse}


@contextmanager
def scratch_folder(parent: Path) -> Iterator[Path]:
    """A folder for as long as this lasts; what a killed recomputation left behind goes too, once it is a day old."""
    parent.mkdir(parents=True, exist_ok=True)
    for left in parent.glob(f"{SCRATCH}*"):
        with suppress(FileNotFoundError):
            if time.time() - left.stat().st_mtime > DAY_SECONDS:
                shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=SCRATCH, dir=parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def copy_warehouse(live: Path, copy: Path) -> None:
    """Copy the file while nobody can write to it, with the log of what is not yet in it."""
    with open_warehouse(live, read_only=True):
        shutil.copyfile(live, copy)
        log = live.with_name(f"{live.name}.wal")
        with suppress(FileNotFoundError):
            shutil.copyfile(log, copy.with_name(f"{copy.name}.wal"))


def _forget_later_changes(connection: duckdb.DuckDBPyConnection, as_of: datetime) -> None:
    if has_history(connection):
        connection.execute(f"delete from {HISTORY} where changed_at > $as_of", {"as_of": naive(as_of)})
