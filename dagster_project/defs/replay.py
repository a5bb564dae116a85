"""The replay of the quarantine as Dagster shows it: a job for a person to start after something was mended."""

import dagster as dg

from dagster_project.counting import counted
from dagster_project.defs.metadata_tables import metadata_table
from dagster_project.defs.pools import WAREHOUSE_POOL
from dagster_project.defs.step import told_plainly
from dagster_project.landing.replaying import ReplayedFile
from dagster_project.landing.replaying import replay_quarantine as replay
from dagster_project.landing.tables import create_raw_tables
from dagster_project.masking import masked
from dagster_project.resources.warehouse import Warehouse
from dagster_project.settings import read_settings

FILE_COLUMNS = {"file": "string", "loaded": "int", "still_bad": "int", "cannot_be_replayed": "int", "why": "string"}


@dg.op(pool=WAREHOUSE_POOL, out=dg.Out(dg.Nothing))
def judge_quarantine_again(context: dg.OpExecutionContext, warehouse: Warehouse) -> None:
    """Refused files and quarantined lines that are good by now become rows; the others stay, with what is wrong now."""
    with told_plainly(), warehouse.writing() as connection:
        create_raw_tables(connection)
        files = replay(connection, read_settings().landing_dir)
    for file in files:
        context.log.info(_told(file))
    loaded = sum(file.loaded_count for file in files)
    still = sum(file.bad_count + file.kept_count for file in files)
    context.log.info(f"{counted(loaded, 'row')} left quarantine; {still:,} stay. The next score counts them.")
    context.add_output_metadata(
        {
            "loaded": loaded,
            "still_bad": sum(file.bad_count for file in files),
            "cannot_be_replayed": sum(file.kept_count for file in files),
            "files": metadata_table(FILE_COLUMNS, map(_row, files)),
        }
    )


def _row(file: ReplayedFile) -> dict[str, str | int]:
    return {
        "file": file.name,
        "loaded": file.loaded_count,
        "still_bad": file.bad_count,
        "cannot_be_replayed": file.kept_count,
        "why": masked(file.detail or ""),
    }


def _told(file: ReplayedFile) -> str:
    why = f" ({file.detail})" if file.detail else ""
    return masked(
        f"{file.name}: {file.loaded_count:,} became rows, {file.bad_count:,} still bad, "
        f"{file.kept_count:,} cannot be replayed{why}"
    )


@dg.job(
    description="Take quarantined lines and refused files again after a fix. Starts nothing else and sends nothing."
)
def replay_quarantine() -> None:
    judge_quarantine_again()
