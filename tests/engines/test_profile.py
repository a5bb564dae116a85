"""The outputs of dbt_project/profiles.yml that have to agree."""

import re

import pytest

from dagster_project.engines.engine import EngineUnusable
from dagster_project.engines.profile import output_of
from dagster_project.settings import PROJECT_DIR

# What dbt-spark says by itself, in a way that a server does not take.
ANSI = {"set:spark.sql.ansi.enabled": "false"}
# Of the process that a session starts, and not of what is asked of it.
OF_THE_PROCESS = ("spark.sql.warehouse.", "spark.sql.ui.")


def test_a_spark_server_is_told_what_a_session_is_told():
    told = output_of("spark")["server_side_parameters"]
    of_queries = {name: said for name, said in told.items() if name.startswith("spark.sql.")}
    expected = {f"set:{name}": said for name, said in of_queries.items() if not name.startswith(OF_THE_PROCESS)}
    assert output_of("spark_thrift")["server_side_parameters"] == expected | ANSI
    assert output_of("databricks")["server_side_parameters"] == expected | ANSI


def test_without_a_data_folder_in_the_environment_tables_lie_in_that_of_the_project(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("PQL_DATA_DIR", raising=False)
    told = output_of("spark")["server_side_parameters"]
    assert told["spark.sql.warehouse.dir"] == f"{PROJECT_DIR}/data/spark/warehouse"
    assert f"databaseName={PROJECT_DIR}/data/spark/metastore" in told["spark.hadoop.javax.jdo.option.ConnectionURL"]


@pytest.mark.parametrize("said", ["abc", "0", "-1", "1.5", ""])
@pytest.mark.parametrize("variable", ["PQL_SPARK_PORT", "PQL_SPARK_THREADS", "PQL_SPARK_PARTITIONS"])
def test_a_setting_that_must_be_a_number_is_refused_by_name(variable: str, said: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(variable, said)
    with pytest.raises(EngineUnusable, match=f"^{variable} is '{re.escape(said)}'; it must be a whole number above 0"):
        output_of("spark_thrift")
