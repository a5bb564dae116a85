"""The present data under two sets of rules, beside everything that is live.

Both are computed in one copy of the warehouse and for its clock, with the memory that the next run would have, so that
whatever differs is due to the rules. dbt builds only what is made of a file that differs; everything else is taken as
the last build left it. dbt's own `--defer` would leave it in the live file, and keep that open, and every run waiting,
as long as this takes; and a model that goes on from its own rows, as the history of scores does, would begin anew.
"""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import polars as pl
from sqlalchemy import Engine

from dagster_project.engines.only_here import require_duckdb
from dagster_project.instants import naive
from dagster_project.landing.tables import create_raw_tables, replace_rows
from dagster_project.privacy.suppression import SUPPRESSED_TABLE, opt_outs_of, suppressed_rows
from dagster_project.publish.history import RESTORED
from dagster_project.publish.recomputing import copy_warehouse, rules_folder, scratch_folder
from dagster_project.publish.snapshot import CURRENT, MANIFEST, Snapshot, publish
from dagster_project.resources.dbt import Beside
from dagster_project.resources.warehouse import open_warehouse
from dagster_project.rules.lint.warning import RuleWarning
from dagster_project.rules.proposing import Proposal, read_proposal
from dagster_project.rules.seen import EventsUnknown, SeenEvents, read_seen_events
from dagster_project.settings import Settings
from dagster_project.state.copying import state_beside
from dagster_project.state.memory import read_memory
from dagster_project.state.rule_versions import NoRuleVersion, rules_at

SCORES_MODEL = "int_contacts_scored"
# What says from which score on somebody is handed off.
THRESHOLD_FILES = ("score_bands", "sql_definition")
# What is staged is the same for every clock.
NOT_STAGED = ("--exclude", "path:models/staging")
INSTEAD = (
    "preview them with PQL_TARGET=duckdb and a PQL_DATA_DIR of its own, into which some of the landing files were "
    "loaded."
)
# Whatever is on record comes before it.
LAST = datetime(9999, 1, 1, tzinfo=UTC)
READINGS_SCHEMA = {
    "user_id": pl.String,
    "seen_at": pl.Datetime("us"),
    "pql_score": pl.Int64,
    "fit_score": pl.Int64,
    "combined_score": pl.Int64,
    "active_users": pl.Int64,
}


class CannotPreview(Exception):
    """What was asked for cannot be previewed; the message says what to do."""


@dataclass(frozen=True)
class Side:
    """One set of rules and what comes of it; `readings` are the scores of past moments, as an audit reads them."""

    snapshot: Snapshot
    readings: pl.DataFrame


@dataclass(frozen=True)
class Sides:
    """The present data under both sets of rules.

    `engine` and `state_dir` are the state as it is now, to be read. `moments`: of which there are readings; None where
    no score of the past and no threshold would be another one. `warnings`: what `make rules` warns of anew.
    """

    in_force: Side
    proposed: Side
    engine: Engine
    state_dir: Path
    moments: tuple[datetime, ...] | None
    warnings: Sequence[RuleWarning]


@contextmanager
def proposed_rules(settings: Settings, rules: str) -> Iterator[tuple[Proposal, Path]]:
    """The rules of a folder beside those in force, and a folder to work in that is gone afterwards.

    Of the folder that is in force itself, they are compared with those of the last build.

    Raises:
        CannotPreview: There is no such folder, or no build recorded its rules.
        NothingProposed, RulesInvalid: As `read_proposal`.
    """
    folder = rules_folder(rules)
    if not folder.is_dir():
        raise CannotPreview(f"RULES is {rules!r} and should be a folder with the rule files that are to change.")
    with scratch_folder(settings.data_dir / "recomputed") as scratch:
        is_itself = folder.resolve() == settings.rules_dir.resolve()
        in_force = _last_built(settings, rules, scratch) if is_itself else settings.rules_dir
        yield read_proposal(in_force, folder, scratch / "proposed_rules"), scratch


def _last_built(settings: Settings, rules: str, scratch: Path) -> Path:
    folder = scratch / "last_built"
    with state_beside(settings, scratch / "recorded") as engine:
        try:
            rules_at(engine, LAST).write_to(folder)
        except NoRuleVersion:
            raise CannotPreview(
                f"{rules} is the folder of the rules in force, and no build has recorded other ones. Put what is to "
                "change into a folder of its own, or `make run` first."
            ) from None
    return folder


@contextmanager
def both_sides(settings: Settings, proposal: Proposal, scratch: Path, months: int) -> Iterator[Sides]:
    """Compute the present data under both sets of rules, in a folder to work in.

    Args:
        months: The scores of the first instant of each of so many months are computed too, for the backtest.
    Raises:
        CannotPreview: There are no data yet.
        OnlyOnDuckDB: Another engine builds the models.
        WarehouseBusy, WarehouseUnusable, BuildFailed, OptOutsInvalid, StateUnavailable: As in a run.
    """
    require_duckdb(settings, "Other rules are previewed", INSTEAD)
    if not settings.warehouse_path.exists():
        raise CannotPreview(
            f"There is nothing to score in {settings.data_dir} yet: run `make demo`, for the sample company, or "
            "`make run`, for your own data, first."
        )
    with state_beside(settings, scratch / "state") as engine:
        yield _computed(settings, proposal, engine, scratch, months)


def _computed(settings: Settings, proposal: Proposal, engine: Engine, scratch: Path, months: int) -> Sides:
    warehouse = scratch / "warehouse.duckdb"
    copy_warehouse(settings.warehouse_path, warehouse)
    as_of = _clock_of(warehouse)
    warnings = proposal.new_warnings(_seen(warehouse))
    _remember(settings, engine, warehouse, as_of)
    in_force_dbt = _beside(scratch, proposal.in_force.folder, settings)
    in_force_dbt.build(as_of, *out_of_date(settings))
    in_force = _publish(warehouse, scratch / "in_force")
    proposed_dbt = _beside(scratch, proposal.proposed.folder, settings)
    changed = proposal.seeds
    # Where only messages differ, which dbt does not know, there is nothing to build.
    if changed:
        proposed_dbt.build(as_of, "--select", *(f"{seed}+" for seed in changed))
    proposed = _publish(warehouse, scratch / "proposed")

    scored_by = proposed_dbt.made_of(SCORES_MODEL) & set(changed)
    moments = first_of_months(as_of, months) if scored_by or set(changed) & set(THRESHOLD_FILES) else None
    before, after = [pl.DataFrame(schema=READINGS_SCHEMA)], [pl.DataFrame(schema=READINGS_SCHEMA)]
    for moment in moments or ():
        # The rule files of the other side are in place from the moment before.
        in_force_dbt.build(moment, "--select", f"+{SCORES_MODEL},resource_type:model", *changed, *NOT_STAGED)
        before.append(_readings(warehouse, moment))
        if scored_by:
            proposed_dbt.build(moment, "--select", *(f"{seed}+,+{SCORES_MODEL}" for seed in sorted(scored_by)))
        after.append(_readings(warehouse, moment))
    return Sides(
        Side(in_force, pl.concat(before)),
        Side(proposed, pl.concat(after)),
        engine,
        scratch / "state",
        moments,
        warnings,
    )


def _beside(scratch: Path, rules_dir: Path, settings: Settings) -> Beside:
    target = scratch / "dbt_target"
    parsed = settings.data_dir / "dbt_target" / "partial_parse.msgpack"
    if not target.exists() and parsed.exists():
        # What dbt has read for the live build it need not read again.
        target.mkdir()
        shutil.copy2(parsed, target / parsed.name)
    return Beside(scratch, rules_dir)


def _clock_of(warehouse: Path) -> datetime:
    with open_warehouse(warehouse, read_only=True) as connection:
        try:
            ((as_of,),) = connection.sql("select as_of from decide.build_info").fetchall()
        except duckdb.CatalogException:
            raise CannotPreview(
                "The warehouse holds no scores yet: run `make run`, which builds them, first."
            ) from None
    return as_of.replace(tzinfo=UTC)


def _seen(warehouse: Path) -> SeenEvents | None:
    try:
        return read_seen_events(warehouse)
    except EventsUnknown:
        return None


def _remember(settings: Settings, engine: Engine, warehouse: Path, as_of: datetime) -> None:
    """What was handed off, returned and sent since the last build is not owed again by the next one."""
    memory = read_memory(engine, as_of)
    memory[SUPPRESSED_TABLE] = suppressed_rows(engine, opt_outs_of(settings))
    with open_warehouse(warehouse) as connection:
        create_raw_tables(connection)
        replace_rows(connection, memory | {RESTORED: []})


def out_of_date(settings: Settings) -> tuple[str, ...]:
    """Which models to build with the rules in force: what the live build did not make of them and of today's memory.

    Everything, where a build was begun after the last one that was published: it may have stopped half-way.
    """
    live = settings.data_dir / "dbt_target"
    published = settings.published_dir / CURRENT / MANIFEST
    is_whole = (live / "manifest.json").exists() and published.exists()
    if not is_whole or (live / "manifest.json").stat().st_mtime > published.stat().st_mtime:
        return ()
    return ("--select", "state:modified+", "source:raw.pipeline_*+", "--state", str(live))


def _publish(warehouse: Path, folder: Path) -> Snapshot:
    with open_warehouse(warehouse, read_only=True) as connection:
        return publish(connection, folder)


def first_of_months(as_of: datetime, months: int) -> tuple[datetime, ...]:
    """The first instant of each of the last months before the clock, the earliest first."""
    first = as_of.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    count = first.year * 12 + first.month - 1
    earlier = [divmod(count - back, 12) for back in range(months + 1)]
    moments = [first.replace(year=year, month=month + 1) for year, month in earlier]
    return tuple(sorted(moment for moment in moments if moment < as_of)[-months:] if months else ())


def _readings(warehouse: Path, moment: datetime) -> pl.DataFrame:
    with open_warehouse(warehouse, read_only=True) as connection:
        found = connection.execute(
            "select user_id, $seen_at as seen_at, pql_score, fit_score, combined_score, null as active_users "
            f"from intermediate.{SCORES_MODEL}",
            {"seen_at": naive(moment)},
        ).fetchall()
    return pl.DataFrame(found, schema=READINGS_SCHEMA, orient="row")
