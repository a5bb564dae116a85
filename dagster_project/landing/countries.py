"""The spellings of countries as a table that the models can join."""

import duckdb

from dagster_project.countries import country_spellings
from dagster_project.landing.tables import replace_rows


def refresh_country_spellings(connection: duckdb.DuckDBPyConnection) -> int:
    """Write every spelling we know to `raw.country_spellings`; the number of spellings."""
    rows = [{"spelling": spelling, "country_code": code} for spelling, code in sorted(country_spellings().items())]
    replace_rows(connection, {"raw.country_spellings": rows})
    return len(rows)
