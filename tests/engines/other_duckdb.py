"""The smallest engine: a second DuckDB, which says what it was asked for."""

import shutil
from collections.abc import Collection, Mapping
from pathlib import Path

import duckdb


class OtherDuckDB:
    """`taken` names every table, and every load of one, that was carried in."""

    has_own_sources = False

    def __init__(self, folder: Path):
        self.connection = duckdb.connect()
        self.connection.execute("set timezone = 'UTC'")
        self.folder = folder
        self.fingerprints: dict[str, str] = {}
        self.loads: dict[str, dict[int, str]] = {}
        self.taken: list[str] = []

    def tables(self, schema: str) -> set[str]:
        rows = self.query(f"select table_name from information_schema.tables where table_schema = '{schema}'")
        return {row["table_name"] for row in rows}

    def carried(self, schema: str) -> Mapping[str, str]:
        return {name: self.fingerprints.get(f"{schema}.{name}", "") for name in self.tables(schema)}

    def take_in(self, table: str, columns: Mapping[str, str], file: Path, fingerprint: str) -> None:
        self.connection.execute(f"create schema if not exists {table.partition('.')[0]}")
        self.connection.execute(f"create or replace table {table} as from '{file}'")
        self.fingerprints[table] = fingerprint
        self.taken.append(table)

    def carried_loads(self, table: str) -> Mapping[int, str]:
        return self.loads.get(table, {})

    def take_in_loads(
        self,
        table: str,
        columns: Mapping[str, str],
        files: Mapping[int, tuple[Path, str] | None],
        loads: Collection[int],
    ) -> set[int]:
        self.connection.execute(f"create schema if not exists {table.partition('.')[0]}")
        declared = ", ".join(f"{name} {type_name}" for name, type_name in columns.items())
        self.connection.execute(f"create table if not exists {table} ({declared})")
        held = self.loads.setdefault(table, {})
        for load_id, carried in files.items():
            self.connection.execute(f"delete from {table} where load_id = {load_id}")
            held.pop(load_id, None)
            if carried is not None:
                self.connection.execute(f"insert into {table} from '{carried[0]}'")
                held[load_id] = carried[1]
                self.taken.append(f"{table}, load {load_id}")
        rows = self.connection.execute(f"select distinct load_id from {table}").fetchall()
        for load_id in {load_id for (load_id,) in rows} - set(loads):
            self.connection.execute(f"delete from {table} where load_id = {load_id}")
        return set(loads) - {load_id for (load_id,) in rows}

    def give_out(self, table: str, folder: Path) -> list[Path]:
        self.connection.execute(f"copy {table} to '{folder / 'rows.parquet'}' (format parquet)")
        return [folder / "rows.parquet"]

    def forget(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def query(self, sql: str) -> list[dict]:
        found = self.connection.cursor().execute(sql)
        names = [name for name, *_ in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def close(self) -> None:
        self.connection.close()
