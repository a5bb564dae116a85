"""A Spark server that is spoken to over Thrift, on loopback, with its catalog and its tables in a folder."""

import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from dagster_project.engines.standalone import answers, spark_home
from tests.ports import free_port

SERVER = "org.apache.spark.sql.hive.thriftserver.HiveThriftServer2"
SECONDS_TO_START = 120.0


@contextmanager
def running_thrift_server(folder: Path, settings: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """The environment that names it, until the block ends."""
    port = free_port()
    conf = {
        "spark.master": "local[2]",
        "spark.ui.enabled": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.hadoop.javax.jdo.option.ConnectionURL": f"jdbc:derby:;databaseName={folder / 'metastore'};create=true",
        "spark.hadoop.hive.server2.thrift.port": str(port),
        "spark.hadoop.hive.server2.thrift.bind.host": "127.0.0.1",
        **settings,
    }
    folder.mkdir(parents=True, exist_ok=True)
    command = [str(spark_home() / "bin" / "spark-submit"), "--class", SERVER]
    for name, value in conf.items():
        command += ["--conf", f"{name}={value}"]
    with (folder / "server.log").open("w") as log:
        server = subprocess.Popen(
            [*command, "spark-internal"],
            cwd=folder,
            env=os.environ | {"SPARK_LOCAL_IP": "127.0.0.1"},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        until = time.monotonic() + SECONDS_TO_START
        while not answers(port):
            assert server.poll() is None, f"{folder / 'server.log'} says why"
            assert time.monotonic() < until
            time.sleep(0.5)
        yield {"PQL_TARGET": "spark_thrift", "PQL_SPARK_HOST": "127.0.0.1", "PQL_SPARK_PORT": str(port)}
    finally:
        server.terminate()
        server.wait(30)
