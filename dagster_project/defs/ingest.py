"""Ingest as Dagster shows it: landing files, the copy of HubSpot, the pipeline's memory, what domains mean."""

from dataclasses import replace
from datetime import timedelta

import dagster as dg
import duckdb

from dagster_project.crm import portal_limits
from dagster_project.crm.copied_objects import ENGAGEMENTS
from dagster_project.crm.copy_tables import HeldCopy, read_past, store_copy
from dagster_project.crm.copying import CrmCopy, SalesCopy, read_crm, read_sales
from dagster_project.crm.drift_finding import find_drift
from dagster_project.crm.errors import CrmError, CrmUnavailable
from dagster_project.crm.fact_properties import read_fact_properties
from dagster_project.crm.handoffs import handoff_time_of
from dagster_project.crm.property_map import MappedObject, ObjectType, read_property_map
from dagster_project.crm.transport import HubSpotApi
from dagster_project.defs.erased_rows import tell_left_out
from dagster_project.defs.metadata_tables import metadata_table
from dagster_project.defs.pools import WAREHOUSE_POOL
from dagster_project.defs.step import running_step
from dagster_project.engines.spark_ingest import connect_by_spark, is_read_by_spark, take_in_by_spark
from dagster_project.landing.contract import RawTable
from dagster_project.landing.countries import refresh_country_spellings
from dagster_project.landing.domains import refresh_email_domains
from dagster_project.landing.files import list_strays
from dagster_project.landing.in_warehouse import connect_tables, files_left_lying, forget_tables, view_of
from dagster_project.landing.lag import ArrivalLag, arrival_lag, arrival_lag_in_table
from dagster_project.landing.loading import FileReport, LoadReport, load_source
from dagster_project.landing.places import places_in_use
from dagster_project.landing.sources import LANDING_TABLES, kinds_in
from dagster_project.landing.tables import create_raw_tables, replace_rows
from dagster_project.masking import masked
from dagster_project.privacy.returning import without_erased
from dagster_project.privacy.suppression import SUPPRESSED_TABLE, opt_outs_of, read_suppressed, suppressed_rows
from dagster_project.resources.clock import Clock
from dagster_project.resources.hubspot import HubSpot
from dagster_project.resources.state import State
from dagster_project.resources.warehouse import Warehouse
from dagster_project.rules.book import read_rules
from dagster_project.settings import Settings, read_settings
from dagster_project.state.memory import read_memory

GROUP = "ingest"
FILES_CHECK = "every_landing_file_was_taken"
LINES_CHECK = "few_lines_are_quarantined"
FILE_COLUMNS = {"file": "string", "state": "string", "rows": "int", "quarantined": "int", "why": "string"}
# Materialized every hour, also without new files: an asset that is a day old has no schedule that runs.
FRESH_FOR_A_DAY = dg.FreshnessPolicy.time_window(warn_window=timedelta(hours=24), fail_window=timedelta(hours=72))


def _landing_asset(table: RawTable) -> dg.AssetsDefinition:
    key = dg.AssetKey(["raw", table.name])
    source, kinds = kinds_in(table)
    files = ", ".join(f"{kind}*" for kind in kinds)

    @dg.asset(
        key=key,
        group_name=GROUP,
        description=f"{table.description} Loaded from data/landing/{source}/{files}, each file once; lines that cannot "
        "be used are in raw.quarantine with file, line and reason.",
        kinds={"duckdb", "file"},
        owners=["team:data"],
        pool=WAREHOUSE_POOL,
        freshness_policy=FRESH_FOR_A_DAY,
        check_specs=[
            dg.AssetCheckSpec(FILES_CHECK, asset=key, description="No file was refused as a whole."),
            dg.AssetCheckSpec(
                LINES_CHECK,
                asset=key,
                description="Of no file that was loaded now, more than PQL_MAX_QUARANTINED_PCT of the lines are bad.",
            ),
        ],
    )
    def landing_asset(
        context: dg.AssetExecutionContext, warehouse: Warehouse, state: State, clock: Clock
    ) -> dg.MaterializeResult:
        with running_step(context, table.step, state, clock) as step:
            with warehouse.writing() as connection:
                create_raw_tables(connection)
                settings = read_settings()
                report, lag, row_count = _take_in(context, connection, state, settings, table)
            # A table without a header has somebody's row where the header should be.
            refused = {file.name: masked(str(file.detail)) for file in report.refused}
            # Said once, by the first asset that visits the landing folder.
            if table == LANDING_TABLES[0]:
                refused |= list_strays(settings.landing_dir)
            for name, why in refused.items():
                context.log.warning(f"{name} was refused: {why}")
            step.summary = {
                "files": 0 if report.is_of_tables else len(report.loaded),
                "tables": len(report.loaded) if report.is_of_tables else 0,
                "loaded": report.loaded_count,
                "quarantined": report.quarantined_count,
                "reasons": report.reasons,
                "refused": refused,
            }
        return dg.MaterializeResult(
            metadata=_landing_metadata(report, row_count) | _lag_metadata(lag),
            check_results=[
                dg.AssetCheckResult(
                    check_name=FILES_CHECK, passed=not refused, metadata={"refused": dg.MetadataValue.json(refused)}
                ),
                _lines_check(report, settings.max_quarantined_pct),
            ],
        )

    return landing_asset


def _take_in(
    context: dg.AssetExecutionContext,
    connection: duckdb.DuckDBPyConnection,
    state: State,
    settings: Settings,
    table: RawTable,
) -> tuple[LoadReport, ArrivalLag | None, int]:
    """What new files brought, or what the tables of the warehouse hold; its lag; and how many rows there are now."""
    source, kinds = kinds_in(table)
    place = places_in_use(settings).get(source)
    if place is None:
        forget_tables(connection, table)
        if is_read_by_spark(settings, table):
            taken = take_in_by_spark(connection, settings, table, read_suppressed(state.engine()))
            tell_left_out(context, taken.returned)
            return taken.report, taken.lag, taken.row_count
        report = load_source(connection, settings.landing_dir, source, kinds)
        ((row_count,),) = connection.sql(f"select count(*) from {table.in_schema}").fetchall()
        return report, arrival_lag(connection, table, report.load_ids), row_count
    if settings.target == "spark":
        report, lag = connect_by_spark(connection, settings, place, table, read_suppressed(state.engine()))
    else:
        report = connect_tables(connection, place, table)
        lag = arrival_lag_in_table(connection, view_of(table))
    row_count = report.loaded_count
    lying = [file for file in files_left_lying(settings.landing_dir, source) if file.kind in kinds]
    return replace(report, files=report.files + lying), lag, row_count


def _lines_check(report: LoadReport, limit_pct: float) -> dg.AssetCheckResult:
    worst = report.worst
    return dg.AssetCheckResult(
        check_name=LINES_CHECK,
        passed=worst is None or worst.quarantined_pct <= limit_pct,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "worst_file": worst.name if worst else "no file was loaded",
            "quarantined_pct": worst.quarantined_pct if worst else 0.0,
            "limit_pct": limit_pct,
        },
    )


def _lag_metadata(lag: ArrivalLag | None) -> dict:
    if lag is None:
        return {}
    return {"lag_p50_seconds": lag.p50_seconds, "lag_p95_seconds": lag.p95_seconds, "lag_of_rows": lag.row_count}


def _landing_metadata(report: LoadReport, row_count: int) -> dict:
    files = (
        {
            "file": file.name,
            "state": file.state,
            "rows": file.loaded_count,
            "quarantined": file.quarantined_count,
            "why": _why(file),
        }
        for file in report.files
    )
    return {
        "dagster/row_count": row_count,
        "loaded_now": report.loaded_count,
        "quarantined_now": report.quarantined_count,
        "quarantined_by_reason": dg.MetadataValue.json(report.reasons),
        "files": metadata_table(FILE_COLUMNS, files),
    }


def _why(file: FileReport) -> str:
    """Why a file was not loaded, or why lines of it were not."""
    return masked(file.detail or ", ".join(f"{reason} {count:,}" for reason, count in file.reasons.items()))


landing_assets = [_landing_asset(table) for table in LANDING_TABLES]


@dg.asset(
    key_prefix="raw",
    group_name=GROUP,
    kinds={"hubspot", "duckdb"},
    owners=["team:data"],
    pool=WAREHOUSE_POOL,
)
def hubspot(
    context: dg.AssetExecutionContext, warehouse: Warehouse, hubspot: HubSpot, state: State, clock: Clock
) -> dg.MaterializeResult:
    """What HubSpot holds: contacts with all their addresses, companies, active owners, lifecycle stages, deals, calls,
    e-mails, meetings, notes, tasks, and who is associated with whom.

    Read whole the first time, once a day and when other properties are wanted; in between, only what changed. When
    HubSpot cannot be reached the last copy is kept and the run goes on: scores do not wait for the CRM.
    """
    with running_step(context, portal_limits.STEP, state, clock) as step:
        with warehouse.writing() as connection:
            create_raw_tables(connection)
            past = read_past(connection)
        if hubspot.is_dry_run:
            step.summary = {"state": "dry_run"}
            return dg.MaterializeResult(metadata={"state": "dry run: HubSpot was not asked"})
        settings = read_settings()
        rules = read_rules(settings.rules_dir)
        objects = read_property_map(rules, settings.property_prefix)
        keys = {name: mapped.key_property.name for name, mapped in objects.items() if mapped.key_property}
        watched = {name: tuple(ours.name for ours in mapped.watched) for name, mapped in objects.items()}
        try:
            api = hubspot.connect(state.engine())
            calls_before = api.calls
            facts, handoff_time = read_fact_properties(rules), handoff_time_of(objects.get("contacts"))
            crm = read_crm(api, keys, past, facts=facts, watched=watched, handoff_time=handoff_time)
            sales = read_sales(api, crm, past, HeldCopy(warehouse.reading))
        except CrmUnavailable as error:
            context.log.warning(f"The last copy of HubSpot is kept: {error}")
            step.summary = {"state": "kept", "problem": str(error)}
            return dg.MaterializeResult(metadata={"state": f"the last copy was kept: {error}"})
        for name, why in sales.unseen.items():
            context.log.warning(f"{name.replace('_', ' with ').capitalize()} are left as they were last copied: {why}")
        crm, sales = without_erased(crm, sales, read_suppressed(state.engine()))
        with warehouse.writing() as connection:
            counts = store_copy(connection, crm, sales)
        step.summary = _copy_summary(crm, sales, counts)
        # After the copy is kept: without this it is as good, and the next one looks again.
        step.summary |= _looked_for_drift(context, state, api, objects, crm)
        step.summary[portal_limits.KEY] = portal_limits.limits_seen(api)
        step.summary["calls_made"] = api.calls - calls_before
    return dg.MaterializeResult(metadata={"dagster/row_count": counts["contacts"]} | step.summary)


def _looked_for_drift(
    context: dg.AssetExecutionContext,
    state: State,
    api: HubSpotApi,
    objects: dict[ObjectType, MappedObject],
    crm: CrmCopy,
) -> dict[str, dict[str, int]]:
    """How many of our values others changed in HubSpot, by object type; empty where HubSpot does not let us look."""
    try:
        changed = {
            name: find_drift(state.engine(), state.folder(), api, mapped, crm.objects[name], crm.started_at)
            for name, mapped in objects.items()
        }
    except CrmError as error:
        context.log.warning(f"Whether somebody changed our values was not looked at: {error}")
        return {}
    return {"changed_by_others": changed}


def _copy_summary(crm: CrmCopy, sales: SalesCopy, counts: dict[str, int]) -> dict:
    """How many records the copy holds now, and of which object types it was read whole."""
    read = crm.objects | sales.objects
    return {
        "state": "copied",
        **counts,
        "engagements": sum(counts[kind.name] for kind in ENGAGEMENTS),
        "read_whole": [name for name, changed in read.items() if changed.is_whole],
        "read_changed": {name: len(changed.items) for name, changed in read.items() if not changed.is_whole},
        "not_seen": sales.unseen,
    }


@dg.asset(key_prefix="raw", group_name=GROUP, kinds={"sqlite", "duckdb"}, owners=["team:data"], pool=WAREHOUSE_POOL)
def pipeline_memory(
    context: dg.AssetExecutionContext, warehouse: Warehouse, state: State, clock: Clock
) -> dg.MaterializeResult:
    """What the pipeline has done before and deciding must know: handoffs, messages sent, which record is whose; and
    who is suppressed."""
    with running_step(context, "memory", state, clock) as step:
        engine = state.engine()
        rows = read_memory(engine, step.as_of)
        rows[SUPPRESSED_TABLE] = suppressed_rows(engine, opt_outs_of(read_settings()))
        with warehouse.writing() as connection:
            create_raw_tables(connection)
            replace_rows(connection, rows)
        step.summary = {table.removeprefix("raw.pipeline_"): len(table_rows) for table, table_rows in rows.items()}
    return dg.MaterializeResult(metadata=step.summary)


@dg.asset(
    key_prefix="raw",
    group_name=GROUP,
    deps=[*landing_assets, hubspot],
    kinds={"duckdb"},
    owners=["team:data"],
    pool=WAREHOUSE_POOL,
)
def email_domains(
    context: dg.AssetExecutionContext, warehouse: Warehouse, state: State, clock: Clock
) -> dg.MaterializeResult:
    """Which part of each domain a company can register, and which domains anybody can have an address at."""
    with running_step(context, "email_domains", state, clock) as step, warehouse.writing() as connection:
        create_raw_tables(connection)
        step.summary = {"domains": refresh_email_domains(connection, places_in_use(read_settings()))}
    return dg.MaterializeResult(metadata={"dagster/row_count": step.summary["domains"]})


@dg.asset(key_prefix="raw", group_name=GROUP, kinds={"duckdb"}, owners=["team:data"], pool=WAREHOUSE_POOL)
def country_spellings(
    context: dg.AssetExecutionContext, warehouse: Warehouse, state: State, clock: Clock
) -> dg.MaterializeResult:
    """How countries are written in many languages, and the code each spelling stands for."""
    with running_step(context, "country_spellings", state, clock) as step, warehouse.writing() as connection:
        create_raw_tables(connection)
        step.summary = {"spellings": refresh_country_spellings(connection)}
    return dg.MaterializeResult(metadata={"dagster/row_count": step.summary["spellings"]})
