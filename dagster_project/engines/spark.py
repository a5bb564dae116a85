"""Spark as an engine. What is carried in lies as Parquet beside its warehouse folder:

<warehouse>_carried/raw/product_users/3f2a91c4/rows.parquet                 a whole table
<warehouse>_carried/raw/product_events/load_id=7/carried-3f2a91c4.parquet   of a table in loads, what was carried of one

The tables only point there, so that carrying is copying files, and no job of Spark.
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dagster_project.engines.engine import OWN_SCHEMAS, RAW, EngineUnusable
from dagster_project.engines.profile import output_of
from dagster_project.engines.spark_errors import told
from dagster_project.engines.spark_files import SparkFiles
from dagster_project.engines.spark_session import close_session, open_session
from dagster_project.landing.tables import VIEWS
from dagster_project.publish.snapshot import PUBLISHED_SCHEMAS
from dagster_project.settings import Settings

# Of the types that are carried, those that Spark calls otherwise.
TYPES = {"VARCHAR": "string", "BLOB": "binary", "TIMESTAMP WITH TIME ZONE": "timestamp"}
LOAD = "load_id"
# Whatever else lies in Spark is somebody else's, such as the tables that `in_warehouse` names.
OURS = (RAW, VIEWS, *OWN_SCHEMAS, *PUBLISHED_SCHEMAS)
CARRIED = "carried-"
INCOMING, LEAVING = "incoming", "leaving"


class SparkPlace:
    """A session, and the folder beside its warehouse. Without tables it opens faster, also beside another process."""

    def __init__(self, settings: Settings, *, with_tables: bool):
        """Raises:
        EngineUnusable: Spark cannot be opened.
        """
        output = output_of("spark")
        if output["method"] != "session":
            raise EngineUnusable(
                f"The output spark in dbt_project/profiles.yml has method {output['method']}; tables are carried to "
                "and from a session only: method session, whose master may be a cluster (PQL_SPARK_MASTER)."
            )
        self.log = settings.data_dir / "logs" / "spark.log"
        self.session = open_session(output["server_side_parameters"], self.log, with_tables=with_tables)
        self.files = SparkFiles(self.session)
        self.folder = f"{self.session.conf.get('spark.sql.warehouse.dir').rstrip('/')}_carried"

    def folder_of(self, table: str) -> str:
        return f"{self.folder}/{table.replace('.', '/')}"

    def fetched(self, path: str, folder: Path, name: str) -> list[Path]:
        """Copy the Parquet files of a folder there into one of this machine; `name` is what they begin with."""
        found = [there for there in self.files.names(path) if there.endswith(".parquet")]
        for there in found:
            self.files.get(f"{path}/{there}", folder / f"{name}{there}")
        return [folder / f"{name}{there}" for there in found]

    @contextmanager
    def telling(self) -> Iterator[None]:
        """Whatever goes wrong with Spark in the block is an `EngineUnusable`."""
        from py4j.protocol import Py4JError
        from pyspark.errors import PySparkException

        try:
            yield
        except (Py4JError, PySparkException, ConnectionError) as error:
            raise told(error, self.log) from None


class SparkEngine(SparkPlace):
    """The session that dbt-spark builds with, for as long as it is open.

    Every method raises `EngineUnusable` where Spark or its cluster is gone.
    """

    has_own_sources = True

    def __init__(self, settings: Settings):
        """Raises:
        EngineUnusable: Spark cannot be opened.
        """
        super().__init__(settings, with_tables=True)
        self._clear_away()

    def tables(self, schema: str) -> set[str]:
        with self.telling():
            if not self.session.catalog.databaseExists(schema):
                return set()
            rows = self.session.sql(f"show tables in {schema}").collect()
        return {row["tableName"] for row in rows if not row["isTemporary"]}

    def carried(self, schema: str) -> Mapping[str, str]:
        with self.telling():
            if not self.session.catalog.databaseExists(schema):
                return {}
            return {name: self._comment_on(f"{schema}.{name}") for name in self.tables(schema)}

    def take_in(self, table: str, columns: Mapping[str, str], file: Path, fingerprint: str) -> None:
        folder = self.folder_of(table)
        with self.telling():
            self.files.put(file, f"{folder}/{fingerprint}/rows.parquet")
            self._make_schema_of(table)
            self.session.sql(f"drop table if exists {table}")
            self.session.sql(
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
            self.session.sql(
                f"create table if not exists {table} ({declared(columns)}) using parquet "
                f"partitioned by ({LOAD}) location {said_in_spark(folder)}"
            )
            lying = {load_of(name) for name in self.files.names(folder) if name.startswith(f"{LOAD}=")}
            there = {load_of(row[0]) for row in self.session.sql(f"show partitions {table}").collect()}
            wanted = lying & set(loads)
            self._alter(table, "drop if exists", sorted(there - wanted), ", ")
            for load_id in lying - wanted:
                self.files.remove(f"{folder}/{LOAD}={load_id}")
            self._alter(table, "add if not exists", sorted(wanted - there), " ")
            self.session.sql(f"refresh table {table}")
        return set(loads) - lying

    def give_out(self, table: str, folder: Path) -> list[Path]:
        leaving = f"{self.folder}/{LEAVING}/{table}"
        with self.telling():
            self.session.table(table).write.mode("overwrite").parquet(leaving)
            files = self.fetched(leaving, folder, "")
            self.files.remove(leaving)
        return files

    def forget(self) -> None:
        with self.telling():
            for database in self._our_databases():
                self.session.sql(f"drop database {database.name} cascade")
                # Also what a build that was killed left there without a table.
                self.files.remove(database.locationUri)
            self.files.remove(self.folder)

    def query(self, sql: str) -> list[dict[str, Any]]:
        with self.telling():
            rows = self.session.sql(sql).collect()
        return [{name: _in_utc(value) for name, value in row.asDict().items()} for row in rows]

    def close(self) -> None:
        close_session()

    def _clear_away(self) -> None:
        """What a run that was killed left of a table, for Spark makes none where files lie, or on its way. Nobody else
        builds now."""
        with self.telling():
            for folder in (INCOMING, LEAVING):
                self.files.remove(f"{self.folder}/{folder}")
            for database in self._our_databases():
                tables = self.tables(database.name)
                for name in self.files.names(database.locationUri):
                    if name not in tables:
                        self.files.remove(f"{database.locationUri}/{name}")

    def _comment_on(self, table: str) -> str:
        """Not from Spark's list of all tables, which breaks where one of them cannot be read."""
        described = self.session.sql(f"describe table extended {table}").collect()
        return next((row["data_type"] for row in described if row["col_name"] == "Comment"), "")

    def _our_databases(self) -> list[Any]:
        return [database for database in self.session.catalog.listDatabases() if database.name in OURS]

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
            self.session.sql(f"alter table {table} {verb} {partitions}")

    def _make_schema_of(self, table: str) -> None:
        self.session.sql(f"create schema if not exists {table.partition('.')[0]}")


def declared(columns: Mapping[str, str]) -> str:
    return ", ".join(f"`{name}` {TYPES.get(type_name, type_name)}" for name, type_name in columns.items())


def _in_utc(value: Any) -> Any:
    """An instant as DuckDB gives it; Spark gives the time on the wall of this machine."""
    return value.astimezone(UTC).replace(tzinfo=None) if isinstance(value, datetime) else value


def said_in_spark(text: str) -> str:
    """A text as it stands in SQL of Spark."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def load_of(name: str) -> int:
    return int(name.removeprefix(f"{LOAD}="))
