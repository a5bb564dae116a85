"""Dagster's runs and logs, where it keeps them in a Postgres: names are taken out of every cell."""

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from dagster_project.privacy.person import Erased, Person

STORE = "Dagster's runs and logs"
TEXTS = """
select columns.table_name, columns.column_name, columns.data_type
from information_schema.columns
join information_schema.tables using (table_schema, table_name)
where table_schema = current_schema() and table_type = 'BASE TABLE'
    and data_type in ('text', 'character varying', 'json', 'jsonb')
order by 1, 2
"""


def erase_dagster_rows(url: str, person: Person, erased: Erased, *, write: bool) -> None:
    """All of it or nothing; where it cannot be reached, that is told as left."""
    engine = create_engine(url, hide_parameters=True)
    try:
        with engine.connect() as connection:
            for table, column, kind in connection.execute(text(TEXTS)).all():
                erased.add(STORE, table, _erase_cells(connection, table, column, kind, person))
            if write:
                connection.commit()
    except SQLAlchemyError:
        erased.left.append("Dagster's database cannot be read or written; its runs and logs may name them. Ask again.")
    finally:
        engine.dispose()


def _erase_cells(connection: Connection, table: str, column: str, kind: str, person: Person) -> int:
    words = {f"word_{number}": word.lower() for number, word in enumerate(person.words)}
    if not words:
        return 0
    any_word = " or ".join(f'position(:{name} in lower("{column}"::text)) > 0' for name in words)
    query = text(f'select ctid::text, "{column}"::text from "{table}" where {any_word}')
    changed = 0
    for place, before in connection.execute(query, words).all():
        after = person.taken_out_of(before)
        if after != before:
            statement = f'update "{table}" set "{column}" = cast(:after as {kind}) where ctid = cast(:place as tid)'
            connection.execute(text(statement), {"after": after, "place": place})
            changed += 1
    return changed
