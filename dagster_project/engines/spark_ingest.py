"""The ingest of landing files where Spark is the engine: it reads events, and whatever lies where only it can read."""

from contextlib import closing
from dataclasses import dataclass, field

import duckdb

from dagster_project.landing.contract import RawTable
from dagster_project.landing.files import LandingFile
from dagster_project.landing.in_tasks import load_in_tasks, loads_elsewhere
from dagster_project.landing.lag import ArrivalLag
from dagster_project.landing.loading import LoadReport, earlier_outcome, known_hash, load_source
from dagster_project.landing.places import Place
from dagster_project.landing.sources import kinds_in
from dagster_project.privacy.suppression import Suppressed
from dagster_project.settings import Settings, SettingsInvalid


@dataclass(frozen=True)
class TakenIn:
    """What new files brought; how many rows there are of the table by now, wherever; and how many rows of erased people
    were left out, by table."""

    report: LoadReport
    lag: ArrivalLag | None
    row_count: int
    returned: dict[str, int] = field(default_factory=dict)


def is_read_by_spark(settings: Settings, table: RawTable) -> bool:
    """Events are; users and companies are few, and are read here, unless they lie where only Spark can read.

    Raises:
        SettingsInvalid: Files lie where only Spark can read, and Spark is not the engine.
    """
    if settings.target != "spark":
        if settings.landing_url is not None:
            raise SettingsInvalid(
                f"PQL_LANDING_URL is set, which Spark reads, and PQL_TARGET is {settings.target}: set PQL_TARGET to "
                "spark, or unset PQL_LANDING_URL and put the files into PQL_DATA_DIR/landing."
            )
        return False
    return settings.landing_url is not None or "events" in kinds_in(table)[1]


def take_in_by_spark(
    connection: duckdb.DuckDBPyConnection, settings: Settings, table: RawTable, suppressed: Suppressed
) -> TakenIn:
    """Raises:
    EngineUnusable: Spark cannot be opened, or is gone.
    """
    # What it needs is an extra.
    from dagster_project.engines.spark import SparkPlace
    from dagster_project.engines.spark_landing import SparkTasks

    source, kinds = kinds_in(table)
    tasks = SparkTasks(
        lambda: SparkPlace(settings, with_tables=False), settings.landing_url or settings.landing_dir, suppressed
    )
    if "events" in kinds:
        report, returned = load_in_tasks(connection, tasks, source, kinds)
        return TakenIn(report, tasks.lag(table, report.load_ids), _row_count(connection, table), returned)

    def is_known(file: LandingFile, sighting: tuple) -> bool:
        seen_hash = known_hash(connection, sighting)
        outcome = seen_hash and earlier_outcome(connection, file, seen_hash)
        return bool(outcome) and outcome.state == "known"

    with tasks.fetched(source, kinds, is_known) as landing_dir:
        report = load_source(connection, landing_dir, source, kinds)
    return TakenIn(report, None, _row_count(connection, table))


def connect_by_spark(
    connection: duckdb.DuckDBPyConnection, settings: Settings, place: Place, table: RawTable, suppressed: Suppressed
) -> tuple[LoadReport, ArrivalLag | None]:
    """What the tables of a source hold that are in Spark already, and its lag.

    Raises:
        PlacesInvalid: Spark has no such table.
        EngineUnusable: Spark cannot be opened, or is gone.
    """
    from dagster_project.engines.spark import SparkEngine
    from dagster_project.engines.spark_rows import leaving_out
    from dagster_project.engines.spark_tables import connect_in_spark

    # Closed at once: whoever builds elsewhere waits for the catalog.
    with closing(SparkEngine(settings)) as engine:
        return connect_in_spark(connection, engine, place, table, leaving_out(suppressed))


def _row_count(connection: duckdb.DuckDBPyConnection, table: RawTable) -> int:
    """Good rows of all loads, of which those of Spark are not here."""
    ((here,),) = connection.sql(f"select count(*) from {table.in_schema}").fetchall()
    return here + sum(loads_elsewhere(connection, table).values())
