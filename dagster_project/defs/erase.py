"""The erasure of a person as Dagster shows it: a job for a person to start."""

from pathlib import Path

import dagster as dg
from pydantic import Field

from dagster_project.defs.pools import WAREHOUSE_POOL
from dagster_project.defs.step import told_plainly
from dagster_project.privacy.erase_words import describe_erased, describe_left
from dagster_project.privacy.erasing import EraseRun
from dagster_project.privacy.erasing import erase_person as erase
from dagster_project.resources.running import postgres_url_of, refuse_beside_runs
from dagster_project.resources.state import State
from dagster_project.settings import read_settings


class Whom(dg.Config):
    """Whom to erase, and whether only to say what that would be."""

    email: str = Field(default="", description="An address of the person; or name a user_id.")
    user_id: str = Field(default="", description="A user id of the person; or name an email.")
    dry_run: bool = Field(default=False, description="Only say what would be erased.")


@dg.op(pool=WAREHOUSE_POOL, out=dg.Out(dg.Nothing))
def erase_everywhere(context: dg.OpExecutionContext, config: Whom, state: State) -> None:
    """Everything that is kept about the person goes; what was typed into the launchpad goes with it."""
    with told_plainly():
        refuse_beside_runs(context.instance, context.run_id)
        run = EraseRun(
            read_settings(),
            state.engine(),
            context.run_id,
            config.email or None,
            config.user_id or None,
            Path(context.instance.root_directory),
            postgres_url_of(context.instance),
            context.log.info,
        )
        done = erase(run, write=not config.dry_run)
    # Counts and places; names of the person stand in no log.
    context.log.info(f"{describe_erased(done, is_dry_run=config.dry_run)}\n\n{describe_left(done)}")
    context.add_output_metadata(
        {
            "erased": dg.MetadataValue.json(
                {f"{store}: {place}": count for (store, place), count in done.erased.counts.items()}
            ),
            "left": dg.MetadataValue.json(done.erased.left),
            "is_dry_run": config.dry_run,
        }
    )


@dg.job(
    description="Erase one person from landing files, warehouse, snapshots, state and logs, and say what went and what "
    "is left to do elsewhere; with dry_run it only says it."
)
def erase_person() -> None:
    erase_everywhere()
