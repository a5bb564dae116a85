"""What makes a score run: a file that lands, and the full hour."""

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg
import duckdb
import pytest
from automation_ticks import asked, begin_run, said, tick

from dagster_project.definitions import defs
from dagster_project.defs import automation
from dagster_project.defs.automation import hourly_score, new_landing_files
from dagster_project.publish.parts import LEFT_TO_ALL, publish_part
from dagster_project.resources.clock import Clock
from tests.small_snapshot import publish_small

BAD_CLOCK = (
    "The environment variable PQL_AS_OF is 'yesterday' and should be an ISO 8601 instant such as 2026-11-20T09:00:00Z."
)


@pytest.fixture
def landing(data_dir: Path) -> Path:
    folder = data_dir / "landing" / "product"
    folder.mkdir(parents=True)
    return folder


def put(folder: Path, name: str, text: str = "event_id\n", *, second: int = 0) -> None:
    """A file with this name, written at a fixed instant."""
    (folder / name).write_text(text, encoding="utf-8")
    os.utime(folder / name, (1_700_000_000 + second, 1_700_000_000 + second))


def look(instance: dg.DagsterInstance, cursor: str | None = None) -> dg.SensorResult | dg.SkipReason:
    return tick(new_landing_files, instance, cursor)


# New files


def test_a_folder_without_files_is_named(instance: dg.DagsterInstance, data_dir: Path):
    assert said(look(instance)) == f"No file lies in {data_dir / 'landing'}."


def test_files_that_are_new_at_one_look_are_one_run(instance: dg.DagsterInstance, landing: Path):
    put(landing, "events_1.csv")
    put(landing, "users.csv")
    assert asked(look(instance)).tags == {"pql/landing_files": "2"}


def test_the_same_files_are_asked_for_once(instance: dg.DagsterInstance, landing: Path):
    put(landing, "events_1.csv")
    first = look(instance)
    assert said(look(instance, first.cursor)) == "No file is new; 1 file seen before."
    # A daemon that lost its cursor asks again, and Dagster knows the key.
    assert asked(look(instance)).run_key == asked(first).run_key


@pytest.mark.parametrize("change", ["added", "replaced", "renamed", "taken away"])
def test_a_set_of_files_that_changed_is_asked_for_again(instance: dg.DagsterInstance, landing: Path, change: str):
    put(landing, "events_1.csv")
    put(landing, "events_2.csv")
    first = look(instance)
    if change == "added":
        put(landing, "events_3.csv")
    elif change == "replaced":
        put(landing, "events_2.csv", second=1)
    elif change == "renamed":
        (landing / "events_2.csv").rename(landing / "events_4.csv")
    else:
        (landing / "events_2.csv").unlink()
    second = look(instance, first.cursor)
    assert asked(second).run_key != asked(first).run_key
    assert isinstance(look(instance, second.cursor), dg.SkipReason)


@pytest.mark.parametrize("name", ["events.csv.tmp", "events.csv.part", "events.csv.crdownload", ".events.csv"])
def test_a_file_that_is_not_whole_yet_is_waited_for(instance: dg.DagsterInstance, landing: Path, name: str):
    put(landing, name)
    assert said(look(instance)).startswith("No file lies in")
    put(landing, "users.csv")
    cursor = look(instance).cursor
    put(landing, name, "event_id\ne1\n", second=1)
    assert isinstance(look(instance, cursor), dg.SkipReason)
    (landing / name).rename(landing / "events.csv")
    assert asked(look(instance, cursor)).tags == {"pql/landing_files": "2"}


def test_what_lands_while_a_run_is_under_way_is_one_run_after_it(instance: dg.DagsterInstance, landing: Path):
    put(landing, "events_1.csv")
    first = look(instance)
    run = begin_run(instance, "whole_job", dg.DagsterRunStatus.STARTED)
    put(landing, "events_2.csv")
    put(landing, "events_3.csv")
    assert said(look(instance, first.cursor)) == (
        "A run of whole_job is under way; what landed since is for the next one."
    )
    instance.delete_run(run.run_id)
    second = look(instance, first.cursor)
    assert asked(second).tags == {"pql/landing_files": "3"}


# Whom new files concern


@pytest.fixture
def scored(data_dir: Path) -> Path:
    publish_small(data_dir / "published")
    return data_dir


def test_before_everybody_was_scored_everybody_is_looked_at(instance: dg.DagsterInstance, landing: Path):
    put(landing, "events_1.csv")
    assert asked(look(instance)).job_name == "whole_job"


def test_only_what_new_files_fill_and_what_follows_is_asked_for(
    instance: dg.DagsterInstance, landing: Path, scored: Path
):
    put(landing, "events_1.csv")
    cursor = look(instance).cursor
    put(landing, "users_1.csv")
    request = asked(look(instance, cursor))
    assert request.job_name == "new_files"
    assert request.run_config == {"resources": {"marts": {"config": {"is_part": True}}}}
    keys = {key.to_user_string() for key in request.asset_selection}
    assert {key for key in keys if key.startswith("raw/")} == {"raw/product_users"}
    assert {"decide/concerned_marts", "sync/crm_contacts_synced", "act/actions_delivered"} <= keys


def test_where_another_engine_builds_everybody_is_looked_at(
    instance: dg.DagsterInstance, landing: Path, scored: Path, monkeypatch: pytest.MonkeyPatch
):
    put(landing, "events_1.csv")
    assert asked(look(instance)).job_name == "new_files"
    monkeypatch.setenv("PQL_TARGET", "spark")
    request = asked(look(instance))
    assert (request.job_name, request.asset_selection) == ("whole_job", None)


def test_a_file_that_was_taken_away_concerns_everybody(instance: dg.DagsterInstance, landing: Path, scored: Path):
    put(landing, "events_1.csv")
    put(landing, "events_2.csv")
    first = look(instance)
    (landing / "events_2.csv").unlink()
    assert asked(look(instance, first.cursor)).job_name == "whole_job"


def test_what_concerned_too_many_asks_for_everybody_once_more(
    instance: dg.DagsterInstance, landing: Path, scored: Path
):
    put(landing, "events_1.csv")
    first = look(instance)
    assert asked(first).job_name == "new_files"
    with duckdb.connect() as connection:
        connection.execute("create schema decide")
        connection.execute("create table decide.build_info as select timestamp '2026-11-20 09:05:00' as as_of")
        said_of_it = {LEFT_TO_ALL: "what is new concerns more than 5,000 people"}
        publish_part(connection, scored / "parts", ["decide.build_info"], said_of_it)
    assert asked(look(instance, first.cursor)).job_name == "whole_job"
    publish_small(scored / "published", as_of=datetime(2026, 11, 20, 9, 6, tzinfo=UTC))
    assert isinstance(look(instance, first.cursor), dg.SkipReason)


def test_a_sensor_waits_for_a_file_that_was_written_just_now(
    instance: dg.DagsterInstance, landing: Path, monkeypatch: pytest.MonkeyPatch
):
    clock = [WRITTEN + timedelta(seconds=0.5)]
    monkeypatch.setattr(automation, "utc_now", lambda: clock[0])
    monkeypatch.setattr(automation, "sleep", lambda seconds: clock.append(clock.pop() + timedelta(seconds=seconds)))
    put(landing, "events_1.csv")
    assert asked(look(instance)).tags == {"pql/landing_files": "1"}
    assert clock[0] - WRITTEN < timedelta(seconds=2.1)


# Files that grow


WRITTEN = datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Set the clock to so many seconds after `put` wrote its files."""

    # A sensor that waits for a file finds that no time has passed: it still grows.
    monkeypatch.setattr(automation, "sleep", lambda seconds: None)

    def set_clock(seconds: float) -> None:
        monkeypatch.setattr(automation, "utc_now", lambda: WRITTEN + timedelta(seconds=seconds))

    return set_clock


def test_a_file_that_changed_just_now_is_left_for_the_next_tick(instance: dg.DagsterInstance, landing: Path, at):
    put(landing, "events_1.csv")
    at(1.9)
    assert said(look(instance)) == (
        "No file is new; 0 files seen before; 1 file changed just now, looking again at the next tick."
    )
    at(2)
    assert asked(look(instance)).tags == {"pql/landing_files": "1"}


def test_a_file_that_grows_holds_back_no_other(instance: dg.DagsterInstance, landing: Path, at):
    put(landing, "events_1.csv")
    put(landing, "events_2.csv", second=10)
    at(11)
    first = look(instance)
    assert asked(first).tags == {"pql/landing_files": "1"}
    assert isinstance(look(instance, first.cursor), dg.SkipReason)
    at(20)
    assert asked(look(instance, first.cursor)).tags == {"pql/landing_files": "2"}


def test_a_file_that_was_seen_and_grows_asks_for_a_run_only_when_it_has_settled(
    instance: dg.DagsterInstance, landing: Path, at
):
    put(landing, "events_1.csv")
    put(landing, "events_2.csv")
    at(10)
    first = look(instance)
    for second in range(20, 40, 4):
        put(landing, "events_2.csv", "event_id\n" * second, second=second)
        at(second + 1)
        assert "1 file changed just now" in said(look(instance, first.cursor))
    at(50)
    settled = look(instance, first.cursor)
    assert asked(settled).run_key != asked(first).run_key
    assert said(look(instance, settled.cursor)) == "No file is new; 2 files seen before."


def test_a_file_of_a_machine_whose_clock_is_ahead_is_not_waited_for(instance: dg.DagsterInstance, landing: Path, at):
    put(landing, "events_1.csv", second=3600)
    at(0)
    assert asked(look(instance)).tags == {"pql/landing_files": "1"}


@pytest.mark.parametrize("cursor", ["5f" * 32, "12" * 32, "[]"])
def test_a_cursor_of_an_earlier_version_is_no_error(instance: dg.DagsterInstance, landing: Path, cursor: str):
    put(landing, "events_1.csv")
    assert asked(look(instance, cursor)).run_key == asked(look(instance)).run_key


def test_a_variable_that_cannot_be_used_is_said_and_is_no_error(
    instance: dg.DagsterInstance, landing: Path, monkeypatch: pytest.MonkeyPatch
):
    put(landing, "events_1.csv")
    monkeypatch.setenv("PQL_AS_OF", "yesterday")
    assert said(look(instance)) == f"Cannot tell: {BAD_CLOCK}"


# The full hour


def score_at(instant: datetime) -> dg.RunRequest | dg.SkipReason:
    with dg.build_schedule_context(scheduled_execution_time=instant) as context:
        return hourly_score(context)


def as_of(request: dg.RunRequest) -> str:
    return request.run_config["resources"]["clock"]["config"]["as_of"]


def test_the_clock_of_an_hourly_run_is_the_hour_it_was_meant_for():
    assert as_of(score_at(datetime(2026, 11, 20, 9, tzinfo=UTC))) == "2026-11-20T09:00:00+00:00"


def test_the_clock_is_in_utc_whatever_zone_the_daemon_is_in():
    request = score_at(datetime(2026, 11, 20, 14, 30, tzinfo=ZoneInfo("Asia/Kolkata")))
    assert as_of(request) == "2026-11-20T09:00:00+00:00"


def test_a_clock_that_was_set_is_the_clock_of_hourly_runs_too(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PQL_AS_OF", "2026-11-20T10:00:00+01:00")
    assert as_of(score_at(datetime(2027, 1, 1, tzinfo=UTC))) == "2026-11-20T09:00:00+00:00"


def test_the_clock_that_is_asked_for_is_the_clock_the_run_has(instance: dg.DagsterInstance):
    request = score_at(datetime(2026, 11, 20, 9, tzinfo=UTC))
    assert Clock(as_of=as_of(request)).of_run(instance, "run") == datetime(2026, 11, 20, 9, tzinfo=UTC)


def test_an_hour_in_which_nothing_can_run_says_why(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PQL_AS_OF", "yesterday")
    assert said(score_at(datetime(2026, 11, 20, 9, tzinfo=UTC))) == f"Nothing can run: {BAD_CLOCK}"


def test_a_score_run_sends_nothing_and_a_sync_run_builds_nothing():
    def steps(job: str) -> set[str]:
        return {node.name for node in defs.resolve_job_def(job).graph.nodes}

    assert {"raw__hubspot", "scored_and_decided", "decide__published_marts"} <= steps("score")
    assert not [step for step in steps("score") if step.startswith(("sync__", "act__"))]
    assert {step.partition("__")[0] for step in steps("sync")} == {"diff", "sync", "act", "report"}
    assert steps("whole_job") == steps("score") | steps("sync") | steps("audit") | steps("dashboard")
    assert not steps("score") & steps("sync")
