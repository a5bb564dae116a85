"""The one Spark session of this process, which dbt-spark uses too, and the Java process behind it.

What Java says goes to a file: a person is told in one line what to do, and finds the rest there.
"""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

from dagster_project.engines.engine import EngineUnusable
from dagster_project.engines.extras import require_extra
from dagster_project.engines.spark_errors import told

if TYPE_CHECKING:
    from pyspark import SparkContext
    from pyspark.sql import SparkSession

OLDEST_JAVA = 17
PACKAGES = {"pyspark": "pyspark", "dbt.adapters.spark": "dbt-spark"}
# dbt-spark asks for it in every statement.
ALWAYS = {"spark.sql.ansi.enabled": "false"}
CATALOG = "spark.sql.catalogImplementation"
CLUSTER = "spark://"
SECONDS_TO_ANSWER = 5.0
# A worker that was killed is started again by whoever runs the cluster.
PATIENCE_SECONDS, LOOK_SECONDS = 180.0, 5.0
JAVA_OPTIONS = "spark.driver.extraJavaOptions"
SECONDS_TO_END = 20


def open_session(parameters: Mapping[str, Any], log: Path, *, with_tables: bool = True) -> "SparkSession":
    """The session with these parameters of the dbt profile; what Java says goes to `log`.

    Args:
        with_tables: With the catalog of tables, which one process at a time may open. A session without it makes room.
    Raises:
        EngineUnusable: pyspark or Java is missing, or Spark does not start.
    """
    require_packages()
    require_java()
    from py4j.protocol import Py4JError
    from pyspark import SparkConf, SparkContext
    from pyspark.errors import PySparkException
    from pyspark.java_gateway import launch_gateway
    from pyspark.sql import SparkSession

    said = {name: str(value) for name, value in {**parameters, **ALWAYS}.items()}
    # Else Derby, which keeps the catalog of tables, writes into whatever folder this process was started in.
    derby = f"-Dderby.stream.error.file={log.with_name('derby.log')}"
    said[JAVA_OPTIONS] = f"{said.get(JAVA_OPTIONS, '')} {derby}".strip()
    builder = SparkSession.builder.config(map=said)
    if with_tables:
        builder = builder.enableHiveSupport()
    if (session := SparkSession._instantiatedSession) is not None:
        if not with_tables or session.conf.get(CATALOG) == "hive":
            return builder.getOrCreate()
        close_session()
    # The Python that Spark starts for tasks is this one, where nobody says another.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    require_master(said.get("spark.master", ""))
    log.parent.mkdir(parents=True, exist_ok=True)
    try:
        with log.open("w") as output:
            conf = SparkConf(loadDefaults=False).setAll(list(said.items()))
            # Of what it starts itself, pyspark shows a person everything that Java says.
            gateway = launch_gateway(conf, {"stdout": output, "stderr": subprocess.STDOUT})
        SparkContext._ensure_initialized(gateway=gateway)
        session = builder.getOrCreate()
    except (Py4JError, PySparkException, OSError) as error:
        why = told(error, log)
        close_session()
        raise why from None
    if said.get("spark.master", "").startswith(CLUSTER):
        Thread(target=_give_up_without_workers, args=[session.sparkContext], daemon=True).start()
    return session


def _give_up_without_workers(context: "SparkContext", patience_seconds: float = PATIENCE_SECONDS) -> None:
    """Spark waits for workers for ever, and says so in its log only: end what it does when there are none for so long.

    Thread: ends with the session.
    """
    from py4j.protocol import Py4JError

    alone_since = time.monotonic()
    with suppress(Py4JError, OSError, AttributeError):
        while not context._jsc.sc().isStopped():
            # The driver is one of them.
            if context._jsc.sc().getExecutorMemoryStatus().size() > 1:
                alone_since = time.monotonic()
            elif time.monotonic() - alone_since > patience_seconds:
                # Java's and not Python's, which leaves nothing that could say what happened.
                context._jsc.sc().stop()
            time.sleep(LOOK_SECONDS)


def close_session() -> None:
    """End the session and its Java process, which holds the catalog of tables for as long as it lives."""
    from py4j.protocol import Py4JError
    from pyspark import SparkContext
    from pyspark.sql import SparkSession

    context, gateway = SparkContext._active_spark_context, SparkContext._gateway
    if gateway is None:
        return
    # Whatever it says at its end: it is gone afterwards.
    with suppress(Py4JError, OSError):
        if session := SparkSession.getActiveSession():
            session.stop()
    with suppress(Py4JError, OSError):
        if context is not None:
            context.stop()
    with suppress(Py4JError, OSError):
        gateway.shutdown()
    if gateway.proc is not None:
        gateway.proc.stdin.close()
        try:
            gateway.proc.wait(SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            gateway.proc.kill()
            gateway.proc.wait()
    SparkContext._active_spark_context = None
    SparkContext._gateway = SparkContext._jvm = None
    SparkSession._instantiatedSession = None


def require_master(master: str) -> None:
    """Raises:
    EngineUnusable: Nobody answers at the address of a cluster: Spark itself would ask for a minute.
    """
    if not master.startswith(CLUSTER):
        return
    for place in master.removeprefix(CLUSTER).split(","):
        host, _, port = place.partition(":")
        try:
            with socket.create_connection((host, int(port or 7077)), SECONDS_TO_ANSWER):
                return
        except (OSError, ValueError):
            continue
    raise EngineUnusable(
        f"No Spark master answers at {master}. Mend PQL_SPARK_MASTER (such as spark://host:7077; local[2] for none), "
        "or start the cluster (make spark)."
    )


def require_packages() -> None:
    """Raises:
    EngineUnusable: The extra is not installed.
    """
    require_extra("spark", "spark", PACKAGES)


def require_java() -> None:
    """Raises:
    EngineUnusable: There is no Java, or one that is too old for Spark.
    """
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home) / "bin" / "java") if home else "java"
    remedy = f"Install Java {OLDEST_JAVA} (a JRE is enough) and put it on PATH, or set JAVA_HOME to its folder."
    if shutil.which(java) is None:
        raise EngineUnusable(f"PQL_TARGET is spark, and there is no Java: {java} is not found. {remedy}")
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False)
    version = re.search(r'version "(?:1\.)?(\d+)', said.stderr + said.stdout)
    if version is None or int(version[1]) < OLDEST_JAVA:
        found = f"is version {version[1]}" if version else "says no version"
        raise EngineUnusable(f"PQL_TARGET is spark, which wants Java {OLDEST_JAVA} or later; {java} {found}. {remedy}")
