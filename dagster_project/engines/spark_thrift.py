"""Spark as a server that runs without us, spoken to over Thrift: one that several share, or that somebody else keeps.

Rows go there and back as files, so that its warehouse folder has to be one that this machine sees under the same path.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from threading import Lock
from typing import Any

from dagster_project.engines.engine import RAW, EngineUnusable
from dagster_project.engines.extras import require_extra
from dagster_project.engines.profile import output_of
from dagster_project.engines.spark_carrying import CarriesBySparkSQL
from dagster_project.settings import Settings

PACKAGES = {"pyhive": "PyHive", "thrift": "thrift", "dbt.adapters.spark": "dbt-spark"}
# Whatever does not ask for a password or a ticket.
AUTHS = ("NONE", "NOSASL")
WAREHOUSE = "spark.sql.warehouse.dir"


class SharedFiles:
    """`Files` of a folder that this machine sees, too."""

    def names(self, folder: str) -> list[str]:
        there = _here(folder)
        return sorted(path.name for path in there.iterdir()) if there.is_dir() else []

    def matching(self, pattern: str) -> list[str]:
        return list(map(str, Path("/").glob(str(_here(pattern)).lstrip("/"))))

    def put(self, file: Path, path: str) -> None:
        there = _here(path)
        there.parent.mkdir(parents=True, exist_ok=True)
        # Whoever reads the folder meanwhile finds the old file or the new one.
        beside = there.with_name(f".{there.name}")
        shutil.copyfile(file, beside)
        beside.replace(there)

    def get(self, path: str, file: Path) -> None:
        shutil.copyfile(_here(path), file)

    def remove(self, path: str) -> None:
        there = _here(path)
        if there.is_dir():
            shutil.rmtree(there)
        else:
            there.unlink(missing_ok=True)


class ThriftEngine(CarriesBySparkSQL):
    """A connection beside those of dbt-spark, to the same server.

    Every method raises `EngineUnusable` where the server is gone.
    """

    has_own_sources = False

    def __init__(self, settings: Settings):
        """Raises:
        EngineUnusable: The server cannot be named so or opened, or its warehouse folder is not seen here.
        """
        require_extra("spark_thrift", "spark", PACKAGES)
        from pyhive import hive

        output = output_of("spark_thrift")
        if output["auth"] not in AUTHS:
            raise EngineUnusable(f"PQL_SPARK_AUTH is {output['auth']!r}; it must be {' or '.join(AUTHS)}.")
        self.place = f"{output['host']}:{output['port']}"
        # Answers come in the order of questions, whoever asked.
        self.alone = Lock()
        with self.telling():
            self.connection = hive.connect(
                host=output["host"],
                port=int(output["port"]),
                username=output["user"],
                auth=output["auth"],
                configuration=output["server_side_parameters"],
            )
        self.files = SharedFiles()
        ((_, warehouse),) = [row.values() for row in self.query(f"set {WAREHOUSE}")]
        self.query(f"create schema if not exists {RAW}")
        if not _here(self._location_of(RAW)).is_dir():
            self.close()
            raise EngineUnusable(
                f"The warehouse folder of the Spark at {self.place}, {warehouse}, is not seen here. Rows are carried "
                f"as files: let {WAREHOUSE} of that server name a folder that both see under this path."
            )
        self.folder = f"{warehouse.rstrip('/')}_carried"
        self._clear_away()

    def close(self) -> None:
        # It may be gone, and with it the session.
        with suppress(Exception):
            self.connection.close()

    @contextmanager
    def telling(self) -> Iterator[None]:
        from pyhive.exc import Error
        from thrift.Thrift import TException

        try:
            yield
        except (TException, OSError, EOFError) as error:
            raise EngineUnusable(
                f"No Spark answers over Thrift at {self.place} ({_first_line(error)}). Start it, or mend "
                "PQL_SPARK_HOST and PQL_SPARK_PORT, and run again: what was built stays, and the rest is built then."
            ) from None
        except Error as error:
            raise EngineUnusable(f"Spark at {self.place} cannot do what it was asked: {_first_line(error)}") from None

    def _sql(self, statement: str) -> list[dict[str, Any]]:
        with self.alone, self.connection.cursor() as cursor:
            cursor.execute(statement)
            if cursor.description is None:
                return []
            columns = [(name.rpartition(".")[2], kind) for name, kind, *_ in cursor.description]
            rows = cursor.fetchall()
        return [
            {name: _as_python(value, kind) for (name, kind), value in zip(columns, row, strict=True)} for row in rows
        ]


def _as_python(value: Any, kind: str) -> Any:
    return date.fromisoformat(value) if kind == "DATE_TYPE" and value is not None else value


def _first_line(error: Exception) -> str:
    """Of what a server says, what a person reads: Thrift gives it with everything that Java knew."""
    said = getattr(getattr(error.args[0], "status", None), "errorMessage", None) if error.args else None
    lines = [line.strip() for line in str(said or error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__


def _here(path: str) -> Path:
    # file:/folder and file:///folder name the same one, and so does a path without either.
    return Path("/" + path.removeprefix("file:").lstrip("/"))
