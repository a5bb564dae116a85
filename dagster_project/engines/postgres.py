"""Postgres as an engine. What is carried in lies in tables of the same names; the comment of a table holds the
fingerprint of what was carried into it, or of each of its loads.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

from dagster_project.engines.engine import LOAD, OUR_SCHEMAS
from dagster_project.engines.extras import require_extra
from dagster_project.engines.postgres_errors import refuse_unfit, told
from dagster_project.engines.postgres_rows import declared, written_by_postgres, written_for_postgres
from dagster_project.engines.profile import output_of
from dagster_project.settings import Settings
from dagster_project.sql_quoting import literal, quoted

PACKAGES = {"psycopg2": "psycopg2-binary", "dbt.adapters.postgres": "dbt-postgres"}
CONNECT_SECONDS = 10
# The number of the type bytea.
BYTES = 17


class PostgresEngine:
    """A connection beside those of dbt-postgres, to the same database.

    Every method raises `EngineUnusable` where the server is gone.
    """

    has_own_sources = False

    def __init__(self, settings: Settings):
        """Raises:
        EngineUnusable: The extra is not installed, or the database cannot be opened or sorts texts in its own way.
        """
        require_extra("postgres", "postgres", PACKAGES)
        import psycopg2

        output = output_of("postgres")
        self.place = f"{output['host']}:{output['port']}/{output['dbname']}"
        # It bears one transaction at a time.
        self.alone = Lock()
        with self._telling():
            self.connection = psycopg2.connect(
                host=output["host"],
                port=output["port"],
                user=output["user"],
                password=output["password"],
                dbname=output["dbname"],
                sslmode=output["sslmode"],
                connect_timeout=CONNECT_SECONDS,
                options="-c TimeZone=UTC -c DateStyle=ISO",
            )
            refuse_unfit(self.connection, self.place)

    def tables(self, schema: str) -> set[str]:
        rows = self.query(f"select table_name from information_schema.tables where table_schema = {literal(schema)}")
        return {row["table_name"] for row in rows}

    def carried(self, schema: str) -> Mapping[str, str]:
        rows = self.query(
            "select relname, coalesce(obj_description(pg_class.oid, 'pg_class'), '') as fingerprint from pg_class "
            f"where relnamespace = to_regnamespace({literal(schema)}) and relkind = 'r'"
        )
        return {row["relname"]: row["fingerprint"] for row in rows}

    def take_in(self, table: str, columns: Mapping[str, str], file: Path, fingerprint: str) -> None:
        with self._transaction() as cursor:
            _make(cursor, table, columns)
            cursor.execute(f"truncate {table}")
            _copy(cursor, table, columns, file)
            _remember(cursor, table, fingerprint)

    def carried_loads(self, table: str) -> Mapping[int, str]:
        schema, _, name = table.partition(".")
        said = self.carried(schema).get(name) or "{}"
        return {int(load_id): fingerprint for load_id, fingerprint in json.loads(said).items()}

    def take_in_loads(
        self,
        table: str,
        columns: Mapping[str, str],
        files: Mapping[int, tuple[Path, str] | None],
        loads: Collection[int],
    ) -> set[int]:
        held = self.carried_loads(table)
        kept = {load_id: held[load_id] for load_id in held if load_id in loads and load_id not in files}
        new = {load_id: carried for load_id, carried in files.items() if carried is not None}
        with self._transaction() as cursor:
            _make(cursor, table, columns)
            if held and held == kept and not new:
                return set(loads) - kept.keys()
            cursor.execute(f"create index if not exists {table.partition('.')[2]}_of_load on {table} ({LOAD})")
            # A table that says of no load that it holds it may hold anything.
            if kept:
                cursor.execute(f"delete from {table} where {LOAD} = any(%s)", [sorted(set(held) - set(kept))])
            else:
                cursor.execute(f"truncate {table}")
            for file, _ in new.values():
                _copy(cursor, table, columns, file)
            _remember(cursor, table, json.dumps(kept | {load_id: said for load_id, (_, said) in new.items()}))
        return set(loads) - kept.keys() - new.keys()

    def give_out(self, table: str, folder: Path) -> list[Path]:
        rows = folder / "rows.csv"
        with self._transaction() as cursor:
            cursor.execute(f"select * from {table} limit 0")
            columns = {column.name: column.type_code == BYTES for column in cursor.description}
            with rows.open("wb") as file:
                cursor.copy_expert(f"copy {table} to stdout (format csv, force_quote *)", file)
        parquet = folder / "rows.parquet"
        written_by_postgres(rows, columns, parquet)
        rows.unlink()
        return [parquet]

    def forget(self) -> None:
        with self._transaction() as cursor:
            cursor.execute(f"drop schema if exists {', '.join(OUR_SCHEMAS)} cascade")

    def query(self, sql: str) -> list[dict[str, Any]]:
        with self._transaction() as cursor:
            cursor.execute(sql)
            if cursor.description is None:
                return []
            names = [column.name for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def close(self) -> None:
        self.connection.close()

    @contextmanager
    def _transaction(self) -> Iterator[Any]:
        with self.alone, self._telling(), self.connection, self.connection.cursor() as cursor:
            yield cursor

    @contextmanager
    def _telling(self) -> Iterator[None]:
        import psycopg2

        try:
            yield
        except psycopg2.Error as error:
            raise told(error, self.place) from None


def _make(cursor: Any, table: str, columns: Mapping[str, str]) -> None:
    """Leave a table with these columns: the one that is there, or a new and empty one. Views on one that had others go
    with it, and the build makes them again."""
    cursor.execute(f"create schema if not exists {table.partition('.')[0]}")
    wanted = {name: declared(type_name) for name, type_name in columns.items()}
    cursor.execute(
        "select attname, format_type(atttypid, atttypmod) from pg_attribute "
        "where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped order by attnum",
        [table],
    )
    if list(cursor.fetchall()) == list(wanted.items()):
        return
    cursor.execute(f"drop table if exists {table} cascade")
    listed = ", ".join(f"{quoted(name)} {type_name}" for name, type_name in wanted.items())
    cursor.execute(f"create table {table} ({listed})")


def _copy(cursor: Any, table: str, columns: Mapping[str, str], file: Path) -> None:
    rows = file.with_suffix(".csv")
    written_for_postgres(file, table, columns, rows)
    with rows.open("rb") as source:
        cursor.copy_expert(f"copy {table} from stdin (format csv)", source)
    rows.unlink()


def _remember(cursor: Any, table: str, fingerprint: str) -> None:
    cursor.execute(f"comment on table {table} is %s", [fingerprint])
    # Tables that are filled and read at once: the planner knows nothing of them otherwise.
    cursor.execute(f"analyze {table}")
