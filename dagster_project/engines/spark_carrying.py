"""What an engine that speaks Spark's SQL does with tables, however it is spoken to. What is carried in lies as Parquet
beside its warehouse folder:

<warehouse>_carried/raw/product_users/3f2a91c4/rows.parquet                 a whole table
<warehouse>_carried/raw/product_events/load_id=7/carried-3f2a91c4.parquet   of a table in loads, what was carried of one

The tables only point there, so that carrying is copying files, and no job of Spark.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from dagster_project.engines.carried_types import INSTANT
from dagster_project.engines.engine import LOAD, OUR_SCHEMAS
from dagster_project.engines.spark_files import BesideWarehouse

# Of the types that are carried, those that Spark calls otherwise.
TYPES = {"VARCHAR": "string", "BLOB": "binary", INSTANT: "timestamp"}
CARRIED = "carried-"
INCOMING, LEAVING = "incoming", "leaving"


class CarriesBySparkSQL(BesideWarehouse, ABC):
    """Every method raises `EngineUnusable` where Spark or its cluster is gone."""

    @abstractmethod
    def _sql(self, statement: str) -> list[dict[str, Any]]:
        """What a statement gives, by column."""

    @abstractmethod
    def telling(self) -> AbstractContextManager[None]:
        """Whatever goes wrong with Spark in the block is an `EngineUnusable`."""

    def tables(self, schema: str) -> set[str]:
        with self.telling():
            if schema not in self._schemas():
                return set()
            rows = self._sql(f"show tables in {schema}")
        return {row["tableName"] for row in rows if not row["isTemporary"]}

    def carried(self, schema: str) -> Mapping[str, str]:
        with self.telling():
            return {name: self._comment_on(f"{schema}.{name}") for name in self.tables(schema)}

    def take_in(self, table: str, columns: Mapping[str, str], file: Path, fingerprint: str) -> None:
        folder = self.folder_of(table)
        with self.telling():
            self.files.put(file, f"{folder}/{fingerprint}/rows.parquet")
            self._make_schema_of(table)
            self._sql(f"drop table if exists {table}")
            self._sql(
                f"create table {table} ({declared(columns)}) using parquet comment {said_in_spark(fingerprint)} "
                f"location {said_in_spark(f'{folder}/{fingerprint}')}"
            )
            for name in self.files.names(folder):
                if name != fingerprint:
                    self.files.remove(f"{folder}/{name}")

    def carried_loads(self, table: str) -> Mapping[int, str]:
        with self.telling():
            found = self.files.matching(f"{self.folder_of(table)}/{LOAD}=*/{CARRIED}*.parquet")
        parts = (path.rsplit("/", 2)[1:] for path in found)
        return {load_of(folder): name.removeprefix(CARRIED).removesuffix(".parquet") for folder, name in parts}

    def take_in_loads(
        self,
        table: str,
        columns: Mapping[str, str],
        files: Mapping[int, tuple[Path, str] | None],
        loads: Collection[int],
    ) -> set[int]:
        folder = self.folder_of(table)
        with self.telling():
            for load_id, carried in files.items():
                self._put_load(f"{folder}/{LOAD}={load_id}", carried)
            self._make_schema_of(table)
            self._sql(
                f"create table if not exists {table} ({declared(columns)}) using parquet "
                f"partitioned by ({LOAD}) location {said_in_spark(folder)}"
            )
            lying = {load_of(name) for name in self.files.names(folder) if name.startswith(f"{LOAD}=")}
            there = {load_of(row["partition"]) for row in self._sql(f"show partitions {table}")}
            wanted = lying & set(loads)
            self._alter(table, "drop if exists", sorted(there - wanted), ", ")
            for load_id in lying - wanted:
                self.files.remove(f"{folder}/{LOAD}={load_id}")
            self._alter(table, "add if not exists", sorted(wanted - there), " ")
            self._sql(f"refresh table {table}")
        return set(loads) - lying

    def give_out(self, table: str, folder: Path) -> list[Path]:
        leaving = f"{self.folder}/{LEAVING}/{table}"
        with self.telling():
            self._sql(f"insert overwrite directory {said_in_spark(leaving)} using parquet select * from {table}")
            files = self.fetched(leaving, folder, "")
            self.files.remove(leaving)
        return files

    def forget(self) -> None:
        with self.telling():
            for schema in self._our_schemas():
                location = self._location_of(schema)
                self._sql(f"drop schema {schema} cascade")
                # Also what a build that was killed left there without a table.
                self.files.remove(location)
            self.files.remove(self.folder)

    def query(self, sql: str) -> list[dict[str, Any]]:
        with self.telling():
            return self._sql(sql)

    def _clear_away(self) -> None:
        """What a run that was killed left of a table, for Spark makes none where files lie, or on its way. Nobody else
        builds now."""
        with self.telling():
            for folder in (INCOMING, LEAVING):
                self.files.remove(f"{self.folder}/{folder}")
            for schema in self._our_schemas():
                tables, location = self.tables(schema), self._location_of(schema)
                for name in self.files.names(location):
                    if name not in tables:
                        self.files.remove(f"{location}/{name}")

    def _comment_on(self, table: str) -> str:
        """Not from Spark's list of all tables, which breaks where one of them cannot be read."""
        described = self._sql(f"describe table extended {table}")
        return next((row["data_type"] for row in described if row["col_name"] == "Comment"), "")

    def _schemas(self) -> set[str]:
        return {name for row in self._sql("show schemas") for name in row.values()}

    def _our_schemas(self) -> list[str]:
        return sorted(self._schemas() & set(OUR_SCHEMAS))

    def _location_of(self, schema: str) -> str:
        described = self._sql(f"describe schema {schema}")
        return next(row["info_value"] for row in described if row["info_name"] == "Location")

    def _put_load(self, folder: str, carried: tuple[Path, str] | None) -> None:
        """A file of a load beside what Spark has read of it itself."""
        wanted = None if carried is None else f"{CARRIED}{carried[1]}.parquet"
        for name in self.files.names(folder):
            if name.startswith(CARRIED) and name != wanted:
                self.files.remove(f"{folder}/{name}")
        if carried is not None:
            self.files.put(carried[0], f"{folder}/{wanted}")
        elif not any(name.endswith(".parquet") for name in self.files.names(folder)):
            self.files.remove(folder)

    def _alter(self, table: str, verb: str, loads: list[int], separator: str) -> None:
        if loads:
            partitions = separator.join(f"partition ({LOAD} = {load_id})" for load_id in loads)
            self._sql(f"alter table {table} {verb} {partitions}")

    def _make_schema_of(self, table: str) -> None:
        self._sql(f"create schema if not exists {table.partition('.')[0]}")


def declared(columns: Mapping[str, str]) -> str:
    return ", ".join(f"`{name}` {TYPES.get(type_name, type_name)}" for name, type_name in columns.items())


def said_in_spark(text: str) -> str:
    """A text as it stands in SQL of Spark."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def load_of(name: str) -> int:
    return int(name.removeprefix(f"{LOAD}="))
