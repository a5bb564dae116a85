"""A contract that was mended: what the present one puts aside is a row of the newer one."""

from dataclasses import replace

import pytest

from dagster_project.landing.sources import CONTRACTS


def mend(environment: pytest.MonkeyPatch, source: str, kind: str, value: str, *names: str) -> None:
    """From now on a value of this kind of file is looked for under further names."""
    contract = CONTRACTS[source, kind]
    columns = tuple(
        replace(column, names=(*column.places, *names)) if column.name == value else column
        for column in contract.columns
    )
    environment.setitem(CONTRACTS, (source, kind), replace(contract, columns=columns))
