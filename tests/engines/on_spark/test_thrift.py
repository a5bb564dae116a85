"""The whole job with the models on a Spark server that is spoken to over Thrift, against the whole job with DuckDB."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from dagster_project.engines.engine import EngineUnusable
from dagster_project.engines.opening import opened_engine
from dagster_project.settings import read_settings
from tests.engines.on_spark.builds import JAVA, SMALL_DATA
from tests.engines.thrift_server import running_thrift_server
from tests.engines.two_days import Day, first_day, unlike

SMALL = SMALL_DATA | {"spark.driver.memory": "4g", "spark.driver.extraJavaOptions": JAVA}


def test_marts_and_what_is_told_are_those_of_duckdb(spark_home: Path, duckdb_days: list[Day], tmp_path: Path):
    with running_thrift_server(tmp_path / "server", SMALL) as address:
        day = first_day("spark_thrift", tmp_path, address | {"PQL_SPARK_PARTITIONS": "1"})
    assert unlike(duckdb_days[0], day) == {}


def test_a_server_that_ends_is_told_in_a_line(spark_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with ExitStack() as until_the_test_ends:
        with running_thrift_server(tmp_path / "server", SMALL) as address:
            for name, value in address.items():
                monkeypatch.setenv(name, value)
            engine = until_the_test_ends.enter_context(opened_engine(read_settings()))
            with pytest.raises(EngineUnusable, match=r"cannot do what it was asked: .*no_such_table"):
                engine.query("select * from no_such_table")
        said = rf"No Spark answers over Thrift at 127\.0\.0\.1:{address['PQL_SPARK_PORT']} .* what was built stays"
        with pytest.raises(EngineUnusable, match=said):
            engine.query("select 1")
        with pytest.raises(EngineUnusable, match=said), opened_engine(read_settings()):
            pass


def test_what_asks_for_a_password_or_a_ticket_is_refused(spark_home: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PQL_TARGET", "spark_thrift")
    monkeypatch.setenv("PQL_SPARK_AUTH", "KERBEROS")
    refused = "^PQL_SPARK_AUTH is 'KERBEROS'; it must be NONE or NOSASL"
    with pytest.raises(EngineUnusable, match=refused), opened_engine(read_settings()):
        pass
