"""Rows of erased people that landing files brought back, in every step that reads what landed."""

from collections.abc import Mapping

import dagster as dg

from dagster_project.privacy.warehouse_rows import write_anew
from dagster_project.settings import read_settings


def tell_returned(context: dg.AssetExecutionContext, returned: Mapping[str, int]) -> None:
    """Leave nothing of rows that were deleted just now, by table, and say which files are to be deleted.

    The warehouse is closed by now.
    """
    if returned:
        # Else what was deleted would stay in the free blocks of the file.
        write_anew(read_settings().warehouse_path)
        tell_left_out(context, returned)


def tell_left_out(context: dg.AssetExecutionContext, returned: Mapping[str, int]) -> None:
    """Say which files are to be deleted, where their rows of erased people were never kept."""
    if returned:
        context.log.warning(f"Files brought rows of erased people, which are not used; delete them: {returned}")
