"""One person erased from everything this project keeps: landing files, warehouse, snapshots, state, logs.

Who they are is written down before anything is erased, and forgotten when everything is: an erasure that was cut off
is finished by asking for it again. From the first moment on they are on the list of erased people, as salted hashes,
so that no build, no copy of HubSpot and no file that comes later brings them back, and nothing is sent about them.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, nullcontext
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import duckdb
from sqlalchemy import Engine, insert, select, update

from dagster_project.counting import counted
from dagster_project.crm import ledger
from dagster_project.engines.opening import opened_engine
from dagster_project.landing.files import LandingFile, content_hash, list_landing
from dagster_project.landing.in_tasks import files_elsewhere
from dagster_project.landing.places import places_in_use
from dagster_project.landing.sources import SOURCES
from dagster_project.landing.tables import create_raw_tables
from dagster_project.privacy.columns import hand_over
from dagster_project.privacy.dagster_rows import erase_dagster_rows
from dagster_project.privacy.engine_rows import files_that_are_missing, knowing, loads_forgotten
from dagster_project.privacy.knowing import known_names
from dagster_project.privacy.landing_lines import Lines, Rewritten, lines_by_file, rewritten
from dagster_project.privacy.names import digests, salt_of
from dagster_project.privacy.parquet_rows import erase_file, erase_leftovers, erase_snapshot, snapshots_in
from dagster_project.privacy.person import Erased, Person
from dagster_project.privacy.replacing import put
from dagster_project.privacy.state_rows import erase_state_rows, sent_receipts
from dagster_project.privacy.texts import erase_sqlite, erase_text_file, is_sqlite, squeeze_sqlite
from dagster_project.privacy.warehouse_rows import conditions, erase_rows, write_anew
from dagster_project.publish.snapshot import CURRENT
from dagster_project.resources.warehouse import open_warehouse
from dagster_project.settings import DBT_PROJECT_DIR, PROJECT_DIR, Settings
from dagster_project.state.sqlite import sqlite_file
from dagster_project.state.tables import erased_names, erasures

NOBODY_NAMED = "Whom? Name one of the two: EMAIL=somebody@example.com or USER_ID=…"
OBJECT_TYPES = ("contacts", "companies")


class CannotErase(Exception):
    """Nothing was erased; the message says why."""


@dataclass(frozen=True)
class EraseRun:
    """What an erasure works with.

    `dagster_home` is where Dagster keeps its runs, if not in the data folder; `dagster_url` is its Postgres, if it has
    one.
    """

    settings: Settings
    engine: Engine
    run_id: str
    email: str | None = None
    user_id: str | None = None
    dagster_home: Path | None = None
    dagster_url: str | None = None
    on_progress: Callable[[str], None] = lambda line: None
    now: Callable[[], datetime] = lambda: datetime.now(UTC)


@dataclass
class Erasure:
    """Whose names were looked for, and what came of it."""

    person: Person
    erased: Erased = field(default_factory=Erased)
    was_cut_off: bool = False


def erase_person(run: EraseRun, *, write: bool) -> Erasure:
    """Erase one person, or with `write` False say what would be erased.

    Nothing else may build or sync meanwhile; the caller sees to that.

    Raises:
        CannotErase: Nobody is named, or the address is none.
        WarehouseBusy, WarehouseUnusable, StateUnavailable: What was erased until then is; ask again for the rest.
    """
    settings = run.settings
    if bool(run.email) == bool(run.user_id) or (run.email and "@" not in run.email):
        raise CannotErase(NOBODY_NAMED)
    with ExitStack() as stack:
        # In its place, where there is none, one that holds nothing and is nowhere.
        is_there = settings.warehouse_path.exists()
        warehouse = stack.enter_context(open_warehouse(settings.warehouse_path) if is_there else duckdb.connect())
        current = settings.published_dir / CURRENT
        other = stack.enter_context(opened_engine(settings)) if is_there else None
        with nullcontext() if other is None else knowing(warehouse, other):
            person = known_names(warehouse, run.engine, current, email=run.email, user_id=run.user_id)
        person, files, was_cut_off = _with_unfinished(run.engine, person)
        if other is not None:
            _require_files_for(settings, warehouse, files)
        result = Erasure(person, was_cut_off=was_cut_off)
        if write:
            _write_down(run, person, files)
        run.on_progress("landing files")
        changes = _erase_landing_files(run, warehouse, person, files, result.erased, write=write)
        run.on_progress("warehouse")
        erase_rows(warehouse, person, changes if write and is_there else [], result.erased, write=write)
        if other is not None and write:
            run.on_progress(settings.target)
            other.forget()
            loads_forgotten(warehouse)
        if other is not None and other.has_own_sources:
            result.erased.left += [
                f"The tables in {place.schema} of {settings.target} may hold rows of theirs: delete them there. They "
                "are left out of every build."
                for place in places_in_use(settings).values()
            ]
    if write and is_there:
        write_anew(settings.warehouse_path)
    run.on_progress("snapshots")
    erase_leftovers(settings.data_dir, result.erased, write=write)
    for directory in list(snapshots_in(settings.data_dir)):
        erase_snapshot(directory, person, result.erased, write=write)
    run.on_progress("state")
    _erase_state(run, person, result.erased, write=write)
    run.on_progress("logs and other files")
    for path in _other_files(run):
        _erase_other(path, settings, person, result.erased, write=write)
    if run.dagster_url is not None:
        erase_dagster_rows(run.dagster_url, person, result.erased, write=write)
    if write:
        _finish(run, person)
    _say_what_is_left(run, result)
    return result


def _require_files_for(settings: Settings, warehouse: duckdb.DuckDBPyConnection, files: dict[str, dict]) -> None:
    """Raises:
    CannotErase: What the engine has read could not be read again without the person.
    """
    create_raw_tables(warehouse)
    lying = {file.name: file for source in SOURCES for file in list_landing(settings.landing_dir, source).files}
    missing = files_that_are_missing(warehouse, lying, {name: made["new_hash"] for name, made in files.items()})
    if missing:
        raise CannotErase(
            f"Nothing was erased: {settings.target} read {', '.join(missing[:3])} ({counted(len(missing), 'file')}), "
            f"which must lie in {settings.landing_dir} as they were, to be read again without the person. Copy them "
            "there, unset PQL_LANDING_URL, and ask again."
        )


def _with_unfinished(engine: Engine, person: Person) -> tuple[Person, dict[str, dict], bool]:
    """The person together with what an erasure that was cut off knew of them, and what it made of files."""
    files: dict[str, dict] = {}
    was_cut_off = False
    with engine.connect() as connection:
        rows = connection.execute(
            select(erasures).where(erasures.c.finished_at.is_(None)).order_by(erasures.c.id)
        ).all()
    for row in rows:
        known = Person.from_json(row.names)
        if known.names & person.names:
            person, was_cut_off = person | known, True
            files |= row.files
    return person, files, was_cut_off


def _write_down(run: EraseRun, person: Person, files: dict[str, dict]) -> None:
    hashes = digests(salt_of(run.engine), person.names)
    with run.engine.begin() as connection:
        known = {(row.kind, row.digest) for row in connection.execute(select(erased_names))}
        rows = [{"kind": kind, "digest": digest, "erased_at": run.now()} for kind, digest in sorted(hashes - known)]
        if rows:
            connection.execute(insert(erased_names), rows)
        connection.execute(
            insert(erasures).values(run_id=run.run_id, begun_at=run.now(), names=person.as_json(), files=files)
        )


def _erase_landing_files(
    run: EraseRun,
    warehouse: duckdb.DuckDBPyConnection,
    person: Person,
    files: dict[str, dict],
    erased: Erased,
    *,
    write: bool,
) -> list[tuple[LandingFile, Rewritten]]:
    """Rewrite the files, and say which content became which, for the warehouse to know them again."""
    loaded: dict[tuple, Lines] = {}
    hand_over(warehouse, person)
    theirs = conditions(warehouse, person)
    if '"raw"."landing_files"' in theirs:
        query = "select content_hash, source, kind from raw.landing_files where state = 'loaded'"
        loaded = {row: {} for row in warehouse.sql(query).fetchall()}
        loaded |= lines_by_file(warehouse, theirs)
    if '"raw"."loads_elsewhere"' in theirs:
        # Of rows that another engine has, nothing here says which lines they were.
        for file in files_elsewhere(warehouse):
            key = (file.content_hash, file.source, file.kind)
            loaded.pop(key, None)
    changes = []
    for file in (file for source in SOURCES for file in list_landing(run.settings.landing_dir, source).files):
        found = content_hash(file.path)
        made = files.get(file.name)
        if made is not None and found == made["new_hash"]:
            # It was put in place before the erasure was cut off; the warehouse may not know yet.
            changes.append((file, Rewritten(**made)))
            continue
        change = rewritten(file.path, person, loaded.get((found, file.source, file.kind)), write=write)
        if change is None:
            continue
        if write:
            files[file.name] = asdict(change)
            _remember_files(run, files)
            put(file.path)
        erased.add("landing files", f"{file.name} (lines)", change.lines)
        changes.append((file, change))
    for path in sorted(run.settings.opt_outs_dir.glob("*.csv")):
        change = rewritten(path, person, None, write=write)
        if change is not None:
            if write:
                put(path)
            erased.add("opt-out files", f"{path.name} (lines)", change.lines)
    return changes


def _remember_files(run: EraseRun, files: dict[str, dict]) -> None:
    with run.engine.begin() as connection:
        connection.execute(update(erasures).where(erasures.c.run_id == run.run_id).values(files=dict(files)))


def _left_outside(receipt: dict) -> str:
    """Where something about a person stands that nobody can take back from here."""
    if "ts" in receipt:
        place = f"channel {receipt.get('channel')}, ts {receipt.get('ts')}"
        return f"Slack still shows a message about them ({place}): delete it there."
    if "task_id" in receipt:
        return f"HubSpot still holds task {receipt['task_id']} about them: delete it there."
    if "sequence_id" in receipt:
        return f"HubSpot may still have them in sequence {receipt['sequence_id']}: take them out there."
    return "A webhook told the enrichment tool about them: have them deleted there."


def _erase_state(run: EraseRun, person: Person, erased: Erased, *, write: bool) -> None:
    with run.engine.connect() as connection, connection.begin() as transaction:
        # A digest stands once in Slack, however many of its lines are theirs.
        told = dict.fromkeys(_left_outside(receipt) for receipt in sent_receipts(connection, person))
        erased.left.extend(told)
        erase_state_rows(connection, person, erased)
        if not write:
            transaction.rollback()
    state_dir = run.settings.state_dir
    for file in sorted(state_dir.glob("*.parquet")):
        if not file.name.startswith("ledger_"):
            erase_file(file, person, erased, "state", write=write)
    if write:
        for object_type in OBJECT_TYPES:
            # A cache of the log, which the person is not in any more.
            ledger.ledger_path(state_dir, object_type).unlink(missing_ok=True)
            ledger.fold(run.engine, state_dir, object_type)


def _other_files(run: EraseRun) -> Iterator[Path]:
    """What lies in the data folder besides, and what Dagster and dbt leave behind elsewhere."""
    settings = run.settings
    handled = {
        settings.warehouse_path,
        *(file.path for source in SOURCES for file in list_landing(settings.landing_dir, source).files),
        *settings.opt_outs_dir.glob("*.csv"),
    }
    # HubSpot's and Slack's stand-in is theirs as much as the portal is.
    skipped = {settings.data_dir / "sandbox", settings.published_dir, settings.parts_dir}
    # What Spark keeps there it has given up, or holds as no text.
    skipped.add(settings.data_dir / "spark")
    folders = [settings.data_dir, DBT_PROJECT_DIR / "target", DBT_PROJECT_DIR / "logs", PROJECT_DIR / "logs"]
    if run.dagster_home is not None and not run.dagster_home.is_relative_to(settings.data_dir):
        folders.append(run.dagster_home)
    for folder in folders:
        for parent, names, files in os.walk(folder):
            place = Path(parent)
            names[:] = sorted(name for name in names if place / name not in skipped)
            for name in sorted(files):
                path = place / name
                if path not in handled and not path.is_symlink() and not _is_of_state(path, settings):
                    yield path


def _is_of_state(path: Path, settings: Settings) -> bool:
    is_state = path.resolve() == sqlite_file(settings.state_database_url)
    is_sqlite_beside = path.name.endswith(("-wal", "-shm"))
    return is_state or is_sqlite_beside or (path.parent == settings.state_dir and path.suffix == ".parquet")


def _erase_other(path: Path, settings: Settings, person: Person, erased: Erased, *, write: bool) -> None:
    store = f"files in {path.parent.name}"
    try:
        if path.is_relative_to(settings.data_dir / "recomputed") and path.suffix == ".parquet":
            return
        if is_sqlite(path):
            erase_sqlite(path, person, erased, store, write=write)
        else:
            erase_text_file(path, person, erased, store, write=write)
    except FileNotFoundError:
        return
    except OSError as error:
        erased.left.append(f"{path} cannot be read or written: {error.strerror}.")


def _finish(run: EraseRun, person: Person) -> None:
    """Forget who it was."""
    with run.engine.begin() as connection:
        rows = connection.execute(select(erasures.c.id, erasures.c.names).where(erasures.c.finished_at.is_(None))).all()
        done = [row.id for row in rows if Person.from_json(row.names).names & person.names]
        connection.execute(
            update(erasures).where(erasures.c.id.in_(done)).values(finished_at=run.now(), names={}, files={})
        )
    file = sqlite_file(run.settings.state_database_url)
    if file is not None and file.exists():
        run.engine.dispose()
        squeeze_sqlite(file)


def _say_what_is_left(run: EraseRun, result: Erasure) -> None:
    left = result.erased.left
    for hubspot_id in sorted(result.person.hubspot_ids):
        left.append(f"HubSpot still holds contact {hubspot_id}: delete it there. It is not copied from there any more.")
    if sqlite_file(run.settings.state_database_url) is None:
        left.append("The state database is no file here: what was deleted leaves its pages with its next full vacuum.")
    if run.dagster_url is not None:
        left.append("Dagster's database is no file here, either: the same holds for its runs and logs.")
    left.append("Backups, and copies of files that were made elsewhere, are not known here.")
