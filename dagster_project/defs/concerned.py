"""The head start as Dagster shows it: the marts of those alone whom new files concern, ahead of everybody's."""

from datetime import datetime

import dagster as dg
import duckdb

from dagster_project.concerned.building import TABLES, built_part
from dagster_project.concerned.statements import statements_for
from dagster_project.defs.erased_rows import tell_returned
from dagster_project.defs.ingest import landing_assets
from dagster_project.defs.pools import WAREHOUSE_POOL
from dagster_project.defs.step import running_step
from dagster_project.engines.only_here import require_duckdb
from dagster_project.landing.domains import add_new_domains
from dagster_project.landing.places import places_in_use
from dagster_project.landing.tables import create_raw_tables, replace_rows
from dagster_project.privacy.returning import drop_returned
from dagster_project.privacy.suppression import SUPPRESSED_TABLE, opt_outs_of, read_suppressed, suppressed_rows
from dagster_project.publish.parts import LEFT_TO_ALL, READ_UNTIL, publish_part, read_until
from dagster_project.resources.clock import Clock
from dagster_project.resources.state import State
from dagster_project.resources.warehouse import Warehouse
from dagster_project.settings import Settings, read_settings
from dagster_project.state.memory import read_decided


@dg.asset(
    key=["decide", "concerned_marts"],
    group_name="decide",
    deps=landing_assets,
    kinds={"duckdb", "parquet"},
    owners=["team:data"],
    pool=WAREHOUSE_POOL,
)
def concerned_marts(
    context: dg.AssetExecutionContext, warehouse: Warehouse, state: State, clock: Clock
) -> dg.MaterializeResult:
    """The marts of those alone whom files concern that landed since everybody was scored last: they, their colleagues
    and whoever else hangs together with them, exactly as the next build of everybody will have them. Made for the job
    new_files, so that a salesperson hears in seconds; data/parts/current. What the rules say is as it was when
    everybody was scored last.
    """
    with running_step(context, "concerned", state, clock) as step:
        settings = read_settings()
        require_duckdb(settings, "The head start for new files is made", "run the job whole_job (make run).")
        statements = statements_for(TABLES, settings.data_dir / "dbt_target")
        with warehouse.writing() as connection:
            returned = _bring_up_to_date(connection, state, settings, step.as_of)
            with built_part(connection, statements, read_until(settings.parts_dir), step.as_of) as part:
                said = {READ_UNTIL: part.read_until, LEFT_TO_ALL: part.left_to_all}
                snapshot = publish_part(connection, settings.parts_dir, TABLES, said)
        tell_returned(context, returned)
        step.summary = {"people": part.people, "companies": part.companies, "left_to_all": part.left_to_all}
        if part.left_to_all:
            context.log.warning(f"Left to a build of everybody: {part.left_to_all}.")
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": part.people,
            "as_of": dg.MetadataValue.timestamp(snapshot.as_of),
            "people": part.people,
            "companies": part.companies,
            "left_to_a_build_of_everybody": part.left_to_all or "no",
            "snapshot": dg.MetadataValue.path(str(snapshot.directory)),
            "rows_by_table": dg.MetadataValue.json(snapshot.row_counts),
        }
    )


def _bring_up_to_date(
    connection: duckdb.DuckDBPyConnection, state: State, settings: Settings, as_of: datetime
) -> dict[str, int]:
    """What was decided and who is suppressed by now, and domains that nobody had an address at before; how many rows
    of erased people were deleted.
    """
    engine = state.engine()
    create_raw_tables(connection)
    returned = drop_returned(connection, read_suppressed(engine))
    suppressed = {SUPPRESSED_TABLE: suppressed_rows(engine, opt_outs_of(settings))}
    replace_rows(connection, read_decided(engine, as_of) | suppressed)
    add_new_domains(connection, places_in_use(settings))
    return returned
