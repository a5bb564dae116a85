"""A Postgres of our own for the length of some tests: a cluster in a folder of its own, thrown away after them."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from sqlalchemy import Engine

from dagster_project.state.database import open_state
from tests.ports import free_port

PASSWORD = "correct-horse"
START_SECONDS = 30
# Makes a fresh state database; where it is a file, in the folder it is given.
NewState = Callable[[Path], Engine]
# Tests that are killed end nothing; a process that reads from them sees that they are gone.
END_WITH_THEM = 'read _ || { kill -QUIT "$1"; sleep 1; rm -rf "$2"; }'
# Nobody pulls the plug on a test, and a disk takes its time.
QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=60")


def why_none() -> str | None:
    """Why there can be no Postgres here; None: there can."""
    if find_spec("psycopg") is None:
        return "psycopg is not installed: make test-postgres has it"
    if programs() is None:
        return "the programs of a Postgres server, such as initdb, are not on this machine (apt install postgresql)"
    return None


def programs() -> Path | None:
    """The folder of initdb and postgres, of the newest version there is."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True)
    on_path = shutil.which("initdb")
    named = [Path(said) for said in (_pg_config(), on_path and str(Path(on_path).parent)) if said]
    return next((folder for folder in [*debian, *named] if (folder / "initdb").exists()), None)


def _pg_config() -> str | None:
    found = shutil.which("pg_config")
    return subprocess.run([found, "--bindir"], capture_output=True, text=True).stdout.strip() if found else None


@dataclass(frozen=True)
class Cluster:
    """A server that listens on a socket in its folder, where it trusts everybody, and on a port, where it wants a
    password.
    """

    folder: Path
    port: int

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://pql@/{database}?host={self.folder}&port={self.port}"

    def url_with_password(self, database: str, password: str = PASSWORD, user: str = "pql") -> str:
        return f"postgresql+psycopg://{user}:{password}@127.0.0.1:{self.port}/{database}"

    def new_database(self, template: str = "template0") -> str:
        """A database with nothing in it but what is in its template; its name."""
        name = f"test_{uuid.uuid4().hex[:12]}"
        self.sql(f"create database {name} template {template} encoding 'UTF8'")
        return name

    def drop(self, database: str) -> None:
        self.sql(f"drop database {database} with (force)")

    def sql(self, statement: str, database: str = "postgres") -> list[tuple]:
        import psycopg

        with psycopg.connect(host=str(self.folder), port=self.port, user="pql", dbname=database, autocommit=True) as at:
            found = at.execute(statement)
            return found.fetchall() if found.description else []


@contextmanager
def running_postgres() -> Iterator[Cluster]:
    # A short name: that of the socket in it may have a hundred letters.
    folder = Path(tempfile.mkdtemp(prefix="pql-pg-", dir="/tmp"))
    somebody = _unprivileged()
    if somebody:
        shutil.chown(folder, somebody["user"], somebody["group"])
    try:
        cluster = Cluster(folder, free_port())
        _make(folder, somebody)
        with (folder / "log").open("wb") as log:
            command = [programs() / "postgres", "-D", folder / "data", "-k", folder, "-h", "127.0.0.1"]
            command += ["-p", str(cluster.port), *(part for setting in QUICK for part in ("-c", setting))]
            server = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, **somebody)
        watching = ["sh", "-c", END_WITH_THEM, "sh", str(server.pid), folder]
        watcher = subprocess.Popen(watching, stdin=subprocess.PIPE, start_new_session=True)
        try:
            _wait_for(cluster, server)
            yield cluster
        finally:
            # Without ceremony: nothing in it is wanted any more.
            server.send_signal(signal.SIGQUIT)
            server.wait()
            watcher.communicate(b"ended\n")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _unprivileged() -> dict:
    """As whom the server is started where root runs the tests, which Postgres refuses to be."""
    if os.getuid() != 0:
        return {}
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = names.get("postgres") or names["nobody"]
    return {"user": entry.pw_name, "group": entry.pw_gid, "extra_groups": []}


def _make(folder: Path, somebody: dict) -> None:
    password = folder / "password"
    password.write_text(PASSWORD)
    options = ["--username=pql", "--auth-local=trust", "--auth-host=scram-sha-256", f"--pwfile={password}"]
    command = [programs() / "initdb", "-D", folder / "data", *options, "--encoding=UTF8", "--locale=C", "--no-sync"]
    subprocess.run(command, check=True, capture_output=True, cwd=folder, **somebody)


def _wait_for(cluster: Cluster, server: subprocess.Popen) -> None:
    until = time.monotonic() + START_SECONDS
    ask = [programs() / "pg_isready", "-q", "-h", cluster.folder, "-p", str(cluster.port)]
    while subprocess.run(ask).returncode != 0:
        if server.poll() is not None or time.monotonic() > until:
            raise RuntimeError(f"Postgres does not start: {(cluster.folder / 'log').read_text()}")
        time.sleep(0.05)


def templated_states(cluster: Cluster) -> Callable[[], AbstractContextManager[NewState]]:
    """What makes state databases with the newest schema, and drops them when it is left."""
    template = cluster.new_database()
    open_state(cluster.url(template)).dispose()

    @contextmanager
    def states() -> Iterator[NewState]:
        made: list[Engine] = []

        def make(_folder: Path) -> Engine:
            made.append(open_state(cluster.url(cluster.new_database(template))))
            return made[-1]

        yield make
        for engine in made:
            engine.dispose()
            cluster.drop(engine.url.database)

    return states
