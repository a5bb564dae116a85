"""Who is suppressed, and how a person is erased. No Dagster imports."""
