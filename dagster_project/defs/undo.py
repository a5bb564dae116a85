"""The undo of a sync as Dagster shows it: a job for a person to start with the id of a run."""

import dagster as dg
from pydantic import Field

from dagster_project.crm.undo_words import describe_undo, left_cells
from dagster_project.crm.undoing import NOBODY_TO_ASK, UndoImpossible, UndoRun, UndoSummary, undo_run
from dagster_project.defs.metadata_tables import metadata_table
from dagster_project.defs.pools import CRM_POOL
from dagster_project.defs.step import told_plainly
from dagster_project.defs.sync_run import mapped_objects
from dagster_project.masking import masked
from dagster_project.privacy.suppression import suppressed_now
from dagster_project.resources.clock import Clock
from dagster_project.resources.hubspot import HubSpot
from dagster_project.resources.state import State
from dagster_project.settings import read_settings

# The UI shows no more at once; the counts by reason are those of all, and `make undo RUN=… DRY_RUN=1` prints them all.
MOST_ROWS = 100
LEFT_COLUMNS = ("object_type", "record", "property", "the_run_wrote", "hubspot_has", "left_because")


class WhichRun(dg.Config):
    """Which run to take back, and whether only to say what that would do."""

    run_id: str = Field(description="The run to take back, a sync or an undo; `make undo` lists the last ones.")
    dry_run: bool = Field(default=False, description="Only ask HubSpot what it holds and say what would be taken back.")


@dg.op(pool=CRM_POOL, out=dg.Out(dg.Nothing))
def take_back(context: dg.OpExecutionContext, config: WhichRun, hubspot: HubSpot, state: State, clock: Clock) -> None:
    """Previous values are written where HubSpot still holds what the run wrote; the rest is left and listed."""
    summaries: list[UndoSummary] = []
    with told_plainly():
        if hubspot.is_dry_run:
            raise UndoImpossible(NOBODY_TO_ASK)
        engine = state.engine()
        as_of = clock.of_run(context.instance, context.run_id)
        suppressed = suppressed_now(read_settings(), engine)
        run = UndoRun(
            engine, state.folder(), config.run_id.strip(), context.run_id, as_of, config.dry_run, suppressed=suppressed
        )
        try:
            undo_run(run, hubspot.connect(engine), mapped_objects(), context.log.info, summaries.append)
        finally:
            # Also of one that broke off: what is back by then stays, and another undo of the same run does the rest.
            if summaries:
                context.log.info(masked(describe_undo(run, summaries, MOST_ROWS)))
    rows = [(summary.object_type, *left_cells(item)) for summary in summaries for item in summary.listed()]
    context.add_output_metadata(
        {
            "values_taken_back": sum(summary.values for summary in summaries),
            "values_by_property": dg.MetadataValue.json({item.object_type: item.taken_back for item in summaries}),
            "values_taken_back_before": sum(summary.already_back for summary in summaries),
            "values_left": len(rows),
            "left_by_reason": dg.MetadataValue.json({item.object_type: item.left_by_reason for item in summaries}),
            "left": metadata_table(
                dict.fromkeys(LEFT_COLUMNS, "string"),
                (
                    {name: masked(cell or "") for name, cell in zip(LEFT_COLUMNS, row, strict=True)}
                    for row in rows[:MOST_ROWS]
                ),
            ),
            "calls": sum(summary.calls for summary in summaries),
            "is_dry_run": config.dry_run,
        }
    )


@dg.job(
    description="Take back what one sync run wrote: previous values where HubSpot still holds ours. `make undo` lists "
    "the runs; with dry_run it only says what it would do."
)
def undo_sync_run() -> None:
    take_back()
