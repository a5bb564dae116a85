"""dbt as Dagster runs it: the project, its manifest, and a build in this process.

dagster-dbt's own resource starts the dbt program twice a build and lets it parse the whole project again, because the
clock is a variable and variables are part of what was parsed. Here dbt is called in the process that runs the step,
with a manifest that was parsed without variables: on the demo that takes less than half the time. What dbt reports is
still turned into Dagster events by dagster-dbt.
"""

import json
import os
import queue
import re
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DbtProject
from dagster_dbt.asset_utils import get_subset_selection_for_context
from dagster_dbt.core.dbt_cli_event import DbtCoreCliEventMessage

from dagster_project.engines.engine import Engine, EngineUnusable
from dagster_project.resources.rule_seeds import seeds_for_dbt
from dagster_project.settings import DBT_PROJECT_DIR, read_settings

MANIFEST_SOURCES = ("*.sql", "*.yml", "*.yaml")
# The events of a node that dagster-dbt turns into materializations and check results.
RESULT_EVENTS = {"LogModelResult", "LogSeedResult", "LogTestResult"}
# Where an event carries what was seen of the table that it is about.
SEEN = "seen"
TABLES = {"table", "incremental", "seed"}
# As DuckDB, Spark and Postgres say it, of a view too; the name may be followed by the schema that is missing with it.
MISSING_TABLE = re.compile(r"Table with name .+ does not exist|TABLE_OR_VIEW_NOT_FOUND|relation .+ does not exist")
# Where Java goes on to say from where it was called.
STACK_TRACE = re.compile(r"\n\s*(at [\w.$/]+\(|JVM stacktrace:).*", re.DOTALL)
INDIRECT_SELECTION = "DBT_INDIRECT_SELECTION"
PROJECT_NAME = "pql"
# A query on the warehouse while dbt has it open: its rows by column.
Query = Callable[[str], list[dict[str, Any]]]
# What to tell of a table that was just made, by dbt's unique id: metadata of its materialization.
Look = Callable[[str, Query], Mapping[str, Any]]
# The same of a node as dbt reports it, asked where it was made.
See = Callable[[dict], Mapping[str, Any]]

dbt_project = DbtProject(project_dir=DBT_PROJECT_DIR, profiles_dir=DBT_PROJECT_DIR)


class BuildFailed(Exception):
    """dbt could not build everything; the message names each node and what the database or dbt said."""


def prepared_manifest() -> Path:
    """The manifest that Dagster's assets are made from, made anew where it is missing or older than its sources."""
    manifest = dbt_project.manifest_path
    if not manifest.exists() or manifest.stat().st_mtime < newest_source():
        hand_settings_to_dbt()
        forget_older_parse(manifest.parent)
        dbt_project.preparer.prepare(dbt_project)
    return manifest


def forget_older_parse(target: Path) -> None:
    """Forget what dbt remembers of an earlier version of the project: what has since moved from one file to another, it
    would take for two of a kind, and refuse."""
    remembered = target / "partial_parse.msgpack"
    if remembered.exists() and remembered.stat().st_mtime < newest_source():
        remembered.unlink()


def hand_settings_to_dbt() -> None:
    """dbt reads the environment and looks for its program there: say what paths mean in this process."""
    programs = str(Path(sys.executable).parent)
    if programs not in os.environ["PATH"].split(os.pathsep):
        os.environ["PATH"] = programs + os.pathsep + os.environ["PATH"]
    settings = read_settings()
    os.environ["PQL_DATA_DIR"] = str(settings.data_dir)
    os.environ["PQL_TARGET"] = settings.target
    os.environ["PQL_WAREHOUSE_MEMORY"] = settings.warehouse_memory
    os.environ["PQL_DBT_SEEDS"] = seeds_for_dbt(settings.rules_dir)


class Dbt(dg.ConfigurableResource):
    """Builds what a step was asked for."""

    def build(
        self,
        context: dg.AssetExecutionContext,
        manifest: dict[str, Any],
        translator: DagsterDbtTranslator,
        variables: dict,
        look: Look,
        engine: Engine | None = None,
    ) -> Iterator[Any]:
        """Build and test the selected nodes and yield dagster-dbt's events as they happen.

        What `look` tells of a table goes with its materialization; it is asked as soon as the table is made. Unit tests
        are left out: they judge the models and not the data, and `make test` runs them.

        Args:
            engine: What builds in place of DuckDB, open.

        Raises:
            BuildFailed: After the events of everything that could be built.
        """
        hand_settings_to_dbt()
        selection, indirect_selection = get_subset_selection_for_context(
            context=context,
            manifest=manifest,
            select="fqn:*",
            exclude="",
            selector="",
            dagster_dbt_translator=translator,
            current_dbt_indirect_selection_env=os.environ.get(INDIRECT_SELECTION),
        )
        indirect = ["--indirect-selection", indirect_selection] if indirect_selection else []
        arguments = ["--exclude-resource-type", "unit_test", *selection, *indirect]
        see = partial(seen, look=look, query=None if engine is None else engine.query)
        for raw_event in _run(arguments, variables | project_variables(), see):
            message = DbtCoreCliEventMessage(raw_event=raw_event, event_history_metadata={})
            for event in message.to_default_asset_events(
                manifest=manifest, dagster_dbt_translator=translator, context=context, project=dbt_project
            ):
                is_table = isinstance(event, dg.Output)
                yield event.with_metadata({**raw_event[SEEN], **event.metadata}) if is_table else event


class Beside:
    """dbt on the warehouse of another data folder, with the rules of a folder.

    The project is read once and may then be built often: to read it takes longer than to build a part of it.
    """

    def __init__(self, data_dir: Path, rules_dir: Path) -> None:
        """Raises:
        BuildFailed: dbt could not read the project.
        """
        self._folders = (data_dir, rules_dir)
        with _environment_of(*self._folders):
            hand_settings_to_dbt()
            parsed = _parse()
        if not parsed.success:
            raise BuildFailed(_reasons(parsed))
        self._manifest = parsed.result

    def build(self, as_of: datetime, *selection: str) -> None:
        """Build every rule file and model, or those that these arguments of `dbt build` select, and test nothing.

        Raises:
            BuildFailed: Something could not be built; the message names it.
        """
        only_build = ["--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"]
        variables = {"as_of": as_of.isoformat()} | project_variables()
        with _environment_of(*self._folders):
            hand_settings_to_dbt()
            outcome = _build(self._manifest, [*only_build, *selection], variables, queue.Queue())
        if not outcome.success:
            raise BuildFailed(_reasons(outcome))

    def made_of(self, model: str) -> set[str]:
        """The names of the rule files and models that a model is made of, itself among them."""
        nodes, found, ahead = self._manifest.nodes, set(), [f"model.{PROJECT_NAME}.{model}"]
        while ahead:
            name = ahead.pop()
            if name in nodes and name not in found:
                found.add(name)
                ahead.extend(nodes[name].depends_on_nodes)
        return {nodes[name].name for name in found}


def build_beside(data_dir: Path, rules_dir: Path, as_of: datetime) -> None:
    """Build every rule file and model in the warehouse of another data folder, with these rules, and test nothing.

    Raises:
        BuildFailed: Something could not be built; the message names it.
    """
    Beside(data_dir, rules_dir).build(as_of)


def compiled_for_nothing(tables: Sequence[str], variables: dict) -> dict[str, Any]:
    """The manifest in which models that these tables are made of have their SQL as it is for an empty warehouse.

    Raises:
        BuildFailed: dbt could not read the project.
    """
    from dbt.cli.main import dbtRunner

    with tempfile.TemporaryDirectory() as folder, _environment_of(Path(folder), read_settings().rules_dir):
        hand_settings_to_dbt()
        names = [f"+{name.partition('.')[2]}" for name in tables]
        arguments = ["--no-introspect", "--indirect-selection", "empty", "--select", *names]
        outcome = dbtRunner().invoke(
            [
                "--quiet",
                "--log-level",
                "none",
                *_flags(),
                "compile",
                *_places(),
                *arguments,
                "--vars",
                json.dumps(variables | project_variables()),
            ]
        )
        if not outcome.success:
            raise BuildFailed(_reasons(outcome))
        return json.loads((Path(folder) / "dbt_target" / "manifest.json").read_text(encoding="utf-8"))


@contextmanager
def _environment_of(data_dir: Path, rules_dir: Path) -> Iterator[None]:
    """dbt takes folders from the environment only; afterwards it is as it was."""
    before = dict(os.environ)
    os.environ |= {"PQL_DATA_DIR": str(data_dir), "PQL_RULES_DIR": str(rules_dir)}
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def project_variables() -> dict:
    """Vars that decide which tables the models read, where the environment says them."""
    in_warehouse = read_settings().in_warehouse
    return {} if in_warehouse is None else {"in_warehouse": in_warehouse}


def _run(arguments: list[str], variables: dict, see: See) -> Iterator[dict]:
    """`dbt build` in a thread of its own, so that its events can be passed on while it goes on."""
    events: queue.Queue[dict | None] = queue.Queue()
    outcome: list[Any] = []

    def build() -> None:
        try:
            outcome.append(_invoke(arguments, variables, events, see))
        finally:
            events.put(None)

    thread = threading.Thread(target=build, name="dbt build", daemon=True)
    thread.start()
    while (event := events.get()) is not None:
        yield event
    thread.join()
    if not outcome:
        raise BuildFailed("dbt ended without a result; its log is in the logs folder of PQL_DATA_DIR.")
    if not outcome[0].success:
        raise BuildFailed(_reasons(outcome[0]))


def _invoke(arguments: list[str], variables: dict, events: queue.Queue, see: See) -> Any:
    parsed = _parse()
    return _build(parsed.result, arguments, variables, events, see) if parsed.success else parsed


def _parse() -> Any:
    """Read the project without the clock, which is another one in every build: what was read once need not be again."""
    from dbt.cli.main import dbtRunner

    forget_older_parse(read_settings().data_dir / "dbt_target")
    return dbtRunner().invoke(["--quiet", *_flags(), "parse", *_places(), "--vars", json.dumps(project_variables())])


def _build(manifest: Any, arguments: list[str], variables: dict, events: queue.Queue, see: See = lambda _: {}) -> Any:
    from dbt.cli.main import dbtRunner
    from google.protobuf.json_format import MessageToDict

    def pass_on(event: Any) -> None:
        if event.info.name in RESULT_EVENTS:
            raw_event = MessageToDict(event, preserving_proto_field_name=True)
            # Here, in the thread of dbt that made it: when dbt has ended, the warehouse is closed.
            events.put(raw_event | {SEEN: see(raw_event["data"]["node_info"])})

    try:
        return dbtRunner(manifest=manifest, callbacks=[pass_on]).invoke(
            [*_flags(), "build", *_places(), *arguments, "--vars", json.dumps(variables)]
        )
    finally:
        close_warehouse()


def _flags() -> list[str]:
    logs = str(read_settings().data_dir / "logs")
    return ["--no-use-colors", "--no-send-anonymous-usage-stats", "--log-path", logs, "--log-level-file", "info"]


def _places() -> list[str]:
    project = str(DBT_PROJECT_DIR)
    # What dbt writes about a build lies with the data it built, so that two data folders never share it.
    target = str(read_settings().data_dir / "dbt_target")
    return ["--project-dir", project, "--profiles-dir", project, "--target-path", target]


def seen(node: dict, look: Look, query: Query | None = None) -> Mapping[str, Any]:
    """What is told of a table that was made; a look that fails says so, and the build goes on."""
    import duckdb

    if node["node_status"] != "success" or node["materialized"] not in TABLES:
        return {}
    try:
        return look(node["unique_id"], query or _query)
    except (duckdb.Error, EngineUnusable) as error:
        return {"could_not_be_shown": str(error)}


def _query(sql: str) -> list[dict[str, Any]]:
    from dbt.adapters.factory import FACTORY

    (adapter,) = FACTORY.adapters.values()
    # A bare cursor: a connection of dbt's own is set up anew and logged each time, and every table is asked about.
    with adapter.connections.env().conn.cursor() as cursor:
        cursor.execute(sql)
        columns = [name for name, *_ in cursor.description]
        return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]


def close_warehouse() -> None:
    """dbt keeps DuckDB open for the life of the process, and so would keep everybody else out."""
    from dbt.adapters.factory import FACTORY

    for adapter in FACTORY.adapters.values():
        adapter.cleanup_connections()
        # DuckDB's alone keeps one beside those of its threads.
        if adapter.type() == "duckdb":
            adapter.connections.close_all_connections()


def _reasons(outcome: Any) -> str:
    if outcome.exception is not None:
        return f"dbt could not read the project: {outcome.exception}"
    failed = [result for result in outcome.result.results if result.status in ("error", "fail", "runtime error")]
    lines = [f"{result.node.name}: {_said(result)}{_remedy(result)}" for result in failed]
    return "dbt could not build everything; what depends on it was left as it was.\n" + "\n".join(lines)


def _said(result: Any) -> str:
    return STACK_TRACE.sub("", str(result.message)).strip()


def _remedy(result: Any) -> str:
    """What to run when a part was selected alone and what it reads was never built."""
    if not MISSING_TABLE.search(str(result.message)):
        return ""
    node = result.node
    remedy = f"\n  What {node.name} is made from must be built first: run `make run`"
    if node.resource_type == "model":
        # A bare `+schema/name` would select one layer only.
        selection = f"""'+key:"{node.schema}/{node.name}"'"""
        remedy += (
            ", or select it with its upstream: "
            f"`dagster asset materialize --select {selection} -m dagster_project.definitions`"
        )
    return remedy + "."


def newest_source() -> float:
    target = dbt_project.target_path
    return max(
        path.stat().st_mtime
        for pattern in MANIFEST_SOURCES
        for path in DBT_PROJECT_DIR.rglob(pattern)
        if (DBT_PROJECT_DIR / target) not in path.parents
    )
