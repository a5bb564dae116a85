"""What Alembic does not compare: keys, indexes, and columns as they are."""

from sqlalchemy import Engine, inspect


def shape_of(made: Engine) -> dict[str, tuple]:
    found = inspect(made)
    return {
        table: (
            found.get_pk_constraint(table)["constrained_columns"],
            sorted((index["name"], index["column_names"], index["unique"]) for index in found.get_indexes(table)),
            [(column["name"], str(column["type"]), column["nullable"]) for column in found.get_columns(table)],
        )
        for table in found.get_table_names()
        if table != "alembic_version"
    }
