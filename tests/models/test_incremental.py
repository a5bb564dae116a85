"""Tables that grow a file at a time hold what a full refresh makes, whatever came in when and was built when."""

import json
import shutil
import tempfile
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.landing.loading import load_source
from dagster_project.landing.replaying import replay_quarantine
from dagster_project.landing.tables import create_raw_tables
from dagster_project.resources.warehouse import open_warehouse
from tests.landing.landing_mended import mend
from tests.models.dbt_in_process import run_models

# What grows, and what is made of it in every build.
MODELS = [
    "int_events_copied",
    "int_events_repeated",
    "int_events_deduplicated",
    "int_event_days_written",
    "int_event_days",
    "int_event_actors",
    "int_event_names",
    "int_event_meanings",
    "int_reading_names",
    "int_events_read",
    "int_identity_links",
    "int_user_aliases",
    "int_anonymous_users",
    "int_actors_resolved",
    "int_event_days_looked_into",
    "int_event_days_identified",
    "int_user_event_days",
    "int_events_read_identified",
]
# When something was loaded, and by which build, depends on how files are cut.
CONTENTS = {
    "int_events_deduplicated": "source, event_id, user_id, anonymous_id, email_as_written, company_id, source_event, "
    "event_kind, occurred_at, happened_on, received_at, properties",
    "int_event_days": "* exclude (made_of)",
    "int_event_days_identified": "*",
    "int_events_read": "reading_id, actor_key, event_id, happened_on, occurred_at, property_text, measure, divisor",
    "int_identity_links": "distinct *",
    "int_anonymous_users": "*",
}
START = datetime(2026, 6, 1, tzinfo=UTC)
HOURS = st.integers(0, 80)
USERS = st.sampled_from(["ana", "bob", "cid"])
BROWSERS = st.sampled_from(["b1", "b2"])


def instant(hours: float) -> str:
    return (START + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")


@st.composite
def product_lines(draw: st.DrawFn) -> tuple[str, str, dict]:
    # Few ids, so that many events arrive more than once, at other times and with other contents.
    number, received = draw(st.integers(1, 6)), draw(st.integers(0, 200))
    line = {
        "event_id": f"e{number}",
        "user_id": draw(USERS),
        "event_type": draw(st.sampled_from(["logged_in", "report_created", "unheard_of"])),
        "timestamp": instant(draw(HOURS)),
        "received_at": instant(1000 + received),
        "company_id": draw(st.sampled_from(["c1", "c2", None])),
    }
    return "product", "events", line


@st.composite
def segment_calls(draw: st.DrawFn) -> tuple[str, str, dict]:
    kind = draw(st.sampled_from(["track", "track", "page", "identify", "alias"]))
    call = {"type": kind, "timestamp": instant(draw(HOURS)), "receivedAt": instant(2000 + draw(st.integers(0, 99)))}
    call["messageId"] = f"{kind}-{call['timestamp']}-{call['receivedAt']}"
    if kind == "alias":
        call |= {"previousId": draw(st.sampled_from(["ana", "b1", "elsewhere"])), "userId": draw(USERS)}
    elif kind == "identify":
        call |= {"userId": draw(USERS), "anonymousId": draw(BROWSERS)}
    else:
        who = draw(st.sampled_from(["visitor", "visitor", "both", "user"]))
        call |= {} if who == "visitor" else {"userId": draw(USERS)}
        call |= {} if who == "user" else {"anonymousId": draw(BROWSERS)}
        call |= {"event": "Report Created"} if kind == "track" else {"name": "Home"}
    return "segment", "calls", call


def delivery(line: tuple[str, str, dict]) -> tuple:
    """No two are received at one instant with one id: the order of files would say which of them is the first."""
    values = line[2]
    return values.get("event_id") or values["messageId"], values.get("received_at") or values["receivedAt"]


LINES = st.lists(st.one_of(product_lines(), segment_calls()), min_size=1, max_size=14, unique_by=delivery)


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[list[tuple], str]]:
    """Lines cut into visits in any order, some of them delivered twice, and the clock of the build after each visit."""
    lines = draw(LINES)
    again = draw(st.lists(st.sampled_from(lines), max_size=3))
    visits: list[list[tuple]] = [[] for _ in range(draw(st.integers(1, 3)))]
    for line in draw(st.permutations([*lines, *again])):
        draw(st.sampled_from(visits)).append(line)
    return [(visit, instant(draw(st.integers(-5, 90)))) for visit in visits]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse in which everything was built on nothing, and the folder that dbt writes to."""
    folder = tmp_path_factory.mktemp("template")
    with open_warehouse(folder / "warehouse.duckdb") as connection:
        create_raw_tables(connection)
    with pytest.MonkeyPatch.context() as environment:
        whole = ["+int_user_event_days", "+int_events_read_identified"]
        run_models(folder, environment, instant(0), whole, target=folder / "target")
    return folder


def land(folder: Path, visit: int, lines: list[tuple]) -> None:
    for source, kind in dict.fromkeys(line[:2] for line in lines):
        path = folder / "landing" / source / f"{kind}_{visit}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(json.dumps(line) + "\n" for *place, line in lines if place == [source, kind]))
    with open_warehouse(folder / "warehouse.duckdb") as connection:
        for source in ("product", "segment"):
            load_source(connection, folder / "landing", source)


def contents(folder: Path) -> dict[str, Counter]:
    with duckdb.connect(folder / "warehouse.duckdb", read_only=True) as connection:
        return {
            model: Counter(connection.sql(f"select {columns} from intermediate.{model}").fetchall())
            for model, columns in CONTENTS.items()
        }


def used(event_id: str, user: str, hours: float, received: int, kind: str = "logged_in") -> tuple:
    at, received_at = instant(hours), instant(1000 + received)
    line = {"event_id": event_id, "user_id": user, "event_type": kind, "timestamp": at, "received_at": received_at}
    return "product", "events", line


def called(number: int, kind: str, hours: float, **call: str) -> tuple:
    stamped = {"type": kind, "messageId": str(number), "timestamp": instant(hours), "receivedAt": instant(2000), **call}
    return "segment", "calls", stamped


def visited(number: int, hours: float, **call: str) -> tuple:
    return called(number, "track", hours, event="Report Created", anonymousId="b1", **call)


# What goes wrong most easily: a delivery that was received earlier moves the only event of a day to another one, and
# an event to the place of another; a browser changes hands in the middle of a day, which is said later; an event is
# late by days; a clock goes back, and stands still while names are given up for others.
STORY = [
    (
        [
            used("moves", "ana", 30, 9),
            used("stays", "ana", 55, 1),
            used("goes", "bob", 57, 9),
            used("too", "ana", 57.5, 1),
            used("keeps", "ana", 75, 1),
            used("leaves", "bob", 76, 9),
            visited(1, 10),
            used("other", "ana", 55.2, 1, "report_created"),
            visited(2, 13),
        ],
        instant(90),
    ),
    (
        [
            used("moves", "ana", 5, 2),
            used("goes", "bob", 100, 3),
            used("comes", "cid", 56, 4),
            used("leaves", "bob", 101, 3),
            used("stays", "cid", 56.5, 7),
            visited(3, 15.5),
        ],
        instant(90),
    ),
    (
        [
            called(4, "identify", 12, userId="ana", anonymousId="b1"),
            visited(5, 14, userId="cid"),
            visited(6, 15, userId="cid"),
            visited(7, 16, userId="ana"),
            used("late", "ana", 2, 50),
            used("stays", "ana", 55, 1),
        ],
        instant(15.75),
    ),
    ([], instant(60)),
    ([called(8, "alias", 20, previousId="cid", userId="bob")], instant(60)),
    ([], instant(56.2)),
    ([], instant(60)),
]


def counted_by_days(folder: Path) -> Counter:
    with duckdb.connect(folder / "warehouse.duckdb", read_only=True) as connection:
        return Counter(
            connection.sql(
                """
                select user_id, happened_on, event_type, is_activity, sum(event_count), min(first_at), max(last_at)
                from intermediate.int_user_event_days
                group by all
                """
            ).fetchall()
        )


def counted_event_by_event(folder: Path, clock: str) -> Counter:
    with duckdb.connect(folder / "warehouse.duckdb", read_only=True) as connection:
        return Counter(
            connection.sql(
                """
                select user_id, happened_on, event_type, is_activity, count(*), min(occurred_at), max(occurred_at)
                from intermediate.int_events_identified as events
                inner join intermediate.int_event_meanings as meanings
                    on meanings.source = events.source and meanings.source_event = events.source_event
                    and meanings.event_kind is not distinct from events.event_kind
                where user_id is not null and occurred_at <= cast($clock as timestamp)
                group by all
                """,
                params={"clock": clock.removesuffix("Z")},
            ).fetchall()
        )


def copy_of(warehouse: Path, folder: Path) -> Path:
    folder.mkdir()
    shutil.copyfile(warehouse / "warehouse.duckdb", folder / "warehouse.duckdb")
    return folder


def test_each_build_of_a_story_gives_what_a_full_refresh_gives(tmp_path: Path, template: Path, monkeypatch):
    grown = copy_of(template, tmp_path / "grown")
    for number, (visit, clock) in enumerate(STORY):
        land(grown, number, visit)
        refreshed = copy_of(grown, tmp_path / f"refreshed_{number}")
        run_models(grown, monkeypatch, clock, MODELS, target=template / "target")
        run_models(refreshed, monkeypatch, clock, MODELS, "--full-refresh", target=template / "target")
        assert contents(grown) == contents(refreshed), f"after visit {number}"
        assert counted_by_days(grown) == counted_event_by_event(grown, clock)


def test_what_a_replay_brings_back_is_read_and_nothing_of_its_file_twice(tmp_path: Path, template: Path, monkeypatch):
    grown = copy_of(template, tmp_path / "grown")
    late = {"event_id": "late", "user_id": "ana", "event_type": "logged_in", "at": instant(5)}
    land(grown, 0, [("product", "events", late), used("beside", "ana", 6, 1), used("moves", "ana", 30, 9)])
    run_models(grown, monkeypatch, instant(60), MODELS, target=template / "target")
    land(grown, 1, [used("moves", "ana", 7, 3)])
    run_models(grown, monkeypatch, instant(60), MODELS, target=template / "target")
    mend(monkeypatch, "product", "events", "timestamp", "at")
    with open_warehouse(grown / "warehouse.duckdb") as connection:
        replay_quarantine(connection, grown / "landing")
    refreshed = copy_of(grown, tmp_path / "refreshed")
    run_models(grown, monkeypatch, instant(60), MODELS, target=template / "target")
    run_models(refreshed, monkeypatch, instant(60), MODELS, "--full-refresh", target=template / "target")
    assert contents(grown) == contents(refreshed)
    assert {row[1]: row[8] for row in contents(grown)["int_events_deduplicated"]} == {
        "late": START.replace(tzinfo=None) + timedelta(hours=5),
        "beside": START.replace(tzinfo=None) + timedelta(hours=6),
        "moves": START.replace(tzinfo=None) + timedelta(hours=7),
    }


MADE_BY = """
    select table_name
    from information_schema.columns
    inner join information_schema.tables using (table_schema, table_name)
    where table_schema = 'intermediate' and column_name = 'made_by' and table_type = 'BASE TABLE'
"""


def test_the_first_build_after_an_upgrade_gives_what_a_full_refresh_gives(tmp_path: Path, template: Path, monkeypatch):
    grown = copy_of(template, tmp_path / "grown")
    visit, clock = STORY[0]
    land(grown, 0, visit)
    run_models(grown, monkeypatch, clock, MODELS, target=template / "target")
    with open_warehouse(grown / "warehouse.duckdb") as connection:
        tables = [name for (name,) in connection.sql(MADE_BY).fetchall()]
        for table in tables:
            connection.execute(f"update intermediate.{table} set made_by = 'an earlier version'")
    assert "int_event_names" in tables
    refreshed = copy_of(grown, tmp_path / "refreshed")
    run_models(grown, monkeypatch, clock, MODELS, target=template / "target")
    run_models(refreshed, monkeypatch, clock, MODELS, "--full-refresh", target=template / "target")
    assert contents(grown) == contents(refreshed)
    assert counted_by_days(grown) == counted_event_by_event(grown, clock)


@settings(max_examples=6)
@given(history=histories())
def test_however_files_are_cut_and_ordered_the_tables_are_those_of_a_full_refresh(template: Path, history):
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as environment:
        grown, at_once = (copy_of(template, Path(name) / folder) for folder in ("grown", "at_once"))
        for number, (visit, clock) in enumerate(history):
            land(grown, number, visit)
            run_models(grown, environment, clock, MODELS, target=template / "target")
        land(at_once, 0, [line for visit, _ in history for line in visit])
        run_models(at_once, environment, history[-1][1], MODELS, "--full-refresh", target=template / "target")
        assert contents(grown) == contents(at_once)
        assert counted_by_days(grown) == counted_event_by_event(grown, history[-1][1])
