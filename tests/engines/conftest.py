import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import duckdb
import pytest
from sqlalchemy import Engine as StateEngine

from dagster_project.engines.engine import Engine
from dagster_project.landing.tables import create_raw_tables
from dagster_project.resources.dbt import hand_settings_to_dbt
from dagster_project.settings import Settings, read_settings
from dagster_project.state.database import open_state
from tests.engines.other_duckdb import OtherDuckDB
from tests.engines.thrift_server import running_thrift_server
from tests.engines.two_days import Day, two_days
from tests.throwaway_postgres import PASSWORD, Cluster

SPARK_IS_MISSING = shutil.which("java") is None or find_spec("pyspark") is None
NEEDS_SPARK = "Spark is tried where Java and `pip install .[spark]` are"


@pytest.fixture(scope="session")
def spark_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The data folder of all tests with Spark, which share its Java process: to start it takes ten seconds."""
    if SPARK_IS_MISSING:
        pytest.skip(NEEDS_SPARK)
    from dagster_project.engines.spark_session import close_session

    yield tmp_path_factory.mktemp("spark")
    close_session()


@pytest.fixture
def spark_settings(spark_home: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("PQL_DATA_DIR", str(spark_home))
    monkeypatch.setenv("PQL_TARGET", "spark")
    monkeypatch.setenv("PQL_SPARK_MEMORY", "1g")
    hand_settings_to_dbt()
    return read_settings()


@pytest.fixture
def spark(spark_settings: Settings) -> Iterator[Engine]:
    """Spark without any table."""
    from dagster_project.engines.spark import SparkEngine

    engine = SparkEngine(spark_settings)
    engine.forget()
    yield engine
    engine.forget()


@pytest.fixture(scope="session")
def thrift_server(spark_home: Path) -> Iterator[dict[str, str]]:
    """The environment that names a Spark server, which all tests of what is carried there share."""
    with running_thrift_server(spark_home / "server", {}) as address:
        yield address


@pytest.fixture
def thrift_engine(thrift_server: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """A Spark server without any table."""
    from dagster_project.engines.spark_thrift import ThriftEngine

    for name, value in thrift_server.items():
        monkeypatch.setenv(name, value)
    engine = ThriftEngine(read_settings())
    engine.forget()
    yield engine
    engine.close()


class Databases:
    """Databases for models, and the environment that names one."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.made = 0

    def new(self, locale: str = "lc_collate 'C' lc_ctype 'C.UTF-8'") -> dict[str, str]:
        self.made += 1
        name = f"warehouse_{self.made}"
        self.cluster.sql(f"create database {name} template template0 encoding 'UTF8' {locale}")
        return {
            "PQL_POSTGRES_HOST": "127.0.0.1",
            "PQL_POSTGRES_PORT": str(self.cluster.port),
            "PQL_POSTGRES_USER": "pql",
            "PQL_POSTGRES_PASSWORD": PASSWORD,
            "PQL_POSTGRES_DBNAME": name,
        }


@pytest.fixture(scope="session")
def databases(request: pytest.FixtureRequest) -> Databases:
    if find_spec("psycopg2") is None:
        pytest.skip("Postgres is tried where `pip install .[postgres]` is: make test-postgres")
    return Databases(request.getfixturevalue("postgres"))


@pytest.fixture(scope="session")
def empty_database(databases: Databases) -> dict[str, str]:
    return databases.new()


@pytest.fixture
def postgres_engine(empty_database: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """Postgres without any table."""
    from dagster_project.engines.postgres import PostgresEngine

    for name, value in empty_database.items():
        monkeypatch.setenv(name, value)
    engine = PostgresEngine(read_settings())
    engine.forget()
    yield engine
    engine.close()


@pytest.fixture(params=["another DuckDB", "Spark", "Spark over Thrift", "Postgres"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Engine:
    """An engine without any table."""
    named = {"Spark": "spark", "Spark over Thrift": "thrift_engine", "Postgres": "postgres_engine"}.get(request.param)
    return request.getfixturevalue(named) if named else OtherDuckDB(tmp_path / "other")


@pytest.fixture
def engine_of_state(tmp_path: Path) -> StateEngine:
    """A fresh state database."""
    return open_state(f"sqlite:///{tmp_path / 'state.sqlite'}")


@pytest.fixture
def warehouse() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'")
    create_raw_tables(connection)
    return connection


@pytest.fixture(scope="session")
def duckdb_days(tmp_path_factory: pytest.TempPathFactory) -> list[Day]:
    return two_days("duckdb", tmp_path_factory.mktemp("duckdb"), {})


@pytest.fixture(scope="session")
def postgres_days(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> list[Day]:
    return two_days("postgres", tmp_path_factory.mktemp("postgres"), databases.new())
