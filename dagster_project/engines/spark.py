"""Spark in this process as an engine: a session, on this machine or with the workers of a cluster."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from dagster_project.engines.engine import EngineUnusable
from dagster_project.engines.profile import output_of
from dagster_project.engines.spark_carrying import CarriesBySparkSQL
from dagster_project.engines.spark_errors import STOPPED, told
from dagster_project.engines.spark_files import BesideWarehouse, SparkFiles
from dagster_project.engines.spark_session import close_session, open_session
from dagster_project.settings import Settings


class SparkPlace(BesideWarehouse):
    """A session, and the folder beside its warehouse. Without tables it opens faster, also beside another process."""

    def __init__(self, settings: Settings, *, with_tables: bool):
        """Raises:
        EngineUnusable: Spark cannot be opened.
        """
        output = output_of("spark")
        if output["method"] != "session":
            raise EngineUnusable(
                f"The output spark in dbt_project/profiles.yml has method {output['method']}; PQL_TARGET=spark "
                "opens a session, whose master may be a cluster (PQL_SPARK_MASTER); over Thrift it is spark_thrift."
            )
        self.log = settings.data_dir / "logs" / "spark.log"
        self.session = open_session(output["server_side_parameters"], self.log, with_tables=with_tables)
        self.files = SparkFiles(self.session)
        self.folder = f"{self.session.conf.get('spark.sql.warehouse.dir').rstrip('/')}_carried"

    @contextmanager
    def telling(self) -> Iterator[None]:
        """Whatever goes wrong with Spark in the block is an `EngineUnusable`."""
        from py4j.protocol import Py4JError
        from pyspark.errors import PySparkException

        try:
            yield
        except (Py4JError, PySparkException, ConnectionError) as error:
            # Asked after its end, Spark speaks of an error in itself.
            raise told(ConnectionError(STOPPED) if self._is_over() else error, self.log) from None

    def _is_over(self) -> bool:
        from py4j.protocol import Py4JError

        try:
            return self.session.sparkContext._jsc.sc().isStopped()
        except (Py4JError, OSError):
            # Java is gone, and the error at hand says it.
            return False


class SparkEngine(SparkPlace, CarriesBySparkSQL):
    """The session that dbt-spark builds with, for as long as it is open."""

    has_own_sources = True

    def __init__(self, settings: Settings):
        """Raises:
        EngineUnusable: Spark cannot be opened.
        """
        super().__init__(settings, with_tables=True)
        self._clear_away()

    def close(self) -> None:
        close_session()

    def _sql(self, statement: str) -> list[dict[str, Any]]:
        rows = self.session.sql(statement).collect()
        return [{name: _in_utc(value) for name, value in row.asDict().items()} for row in rows]


def _in_utc(value: Any) -> Any:
    """An instant as DuckDB gives it; Spark gives the time on the wall of this machine."""
    return value.astimezone(UTC).replace(tzinfo=None) if isinstance(value, datetime) else value
