"""Rollups, habits, adoption and signals equal a count in plain Python, on the sample and on a log made of edges."""

import csv
import json
import random
import shutil
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from dagster_project.landing.domains import refresh_email_domains
from dagster_project.landing.loading import load_source
from dagster_project.landing.tables import create_raw_tables
from dagster_project.resources.warehouse import open_warehouse
from dagster_project.settings import SAMPLE_DIR, SHIPPED_RULES_DIR
from tests.models.day_by_day import DAY, DayByDay, Happened, Person, Shown
from tests.models.dbt_in_process import run_models
from tests.sample.recount import Recount

NOON = datetime(2026, 6, 30, 12, tzinfo=UTC)
# Event types of the shipped taxonomy by the names the product gives them: is_activity, is_key_action, is_login.
TYPES = {
    "logged_in": ("logged_in", True, False, True),
    "report_created": ("report_created", True, True, False),
    "report_shared": ("report_shared", True, True, False),
    "file_uploaded": ("activation_feature_used", True, True, False),
    "onboarding_completed": ("onboarding_completed", True, False, False),
    "paywall_encountered": ("paywall_hit", True, False, False),
    "admin_panel_visited": ("enterprise_feature_used", True, False, False),
    "content_downloaded": ("content_downloaded", False, False, False),
}


@dataclass(frozen=True)
class Built:
    """The tables of one build beside the count of what they should hold."""

    warehouse: Path
    count: DayByDay

    def rows(self, sql: str) -> list[tuple]:
        with duckdb.connect(self.warehouse, read_only=True) as connection:
            return [tuple(map(_utc, row)) for row in connection.sql(sql).fetchall()]


def _utc(value: object) -> object:
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value


# The clock of the sample, and a midnight: each cuts windows and days in another way.
SAMPLE_CLOCKS = ["2026-11-20T09:00:00+00:00", "2026-11-01T00:00:00+00:00"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("rollups")


@pytest.fixture(scope="module", params=[*SAMPLE_CLOCKS, 1, 2])
def built(request: pytest.FixtureRequest, folder: Path) -> Built:
    """The sample by a clock, or a log that is made up from a number."""
    if isinstance(request.param, str):
        data_dir, count = folder / "sample", of_sample(datetime.fromisoformat(request.param))
        if not data_dir.exists():
            shutil.copytree(SAMPLE_DIR / "landing", data_dir / "landing")
    else:
        data_dir = folder / str(request.param)
        count = of_edges(random.Random(request.param), data_dir / "landing" / "product")
    warehouse = data_dir / "warehouse.duckdb"
    with open_warehouse(warehouse) as connection:
        create_raw_tables(connection)
        load_source(connection, data_dir / "landing", "product")
        refresh_email_domains(connection, {})
    with pytest.MonkeyPatch.context() as environment:
        run_models(data_dir, environment, count.as_of.isoformat(), ["+company_scores"], target=folder / "target")
    return Built(warehouse, count)


def of_sample(as_of: datetime) -> DayByDay:
    recount = Recount(SAMPLE_DIR, SHIPPED_RULES_DIR)
    recount.as_of = as_of
    people = {
        user_id: Person(recount.company_id(user), datetime.fromisoformat(user.facts["created_at"]))
        for user_id, user in recount.users.items()
    }
    events = [
        Happened(
            event.event_id,
            event.user_id,
            event.company_id or people[event.user_id].company_id,
            meaning["event_type"],
            *(meaning[flag] == "true" for flag in ("is_activity", "is_key_action", "is_login")),
            event.at,
            event.properties.get("feature_name"),
        )
        for event in recount.events
        if (meaning := recount.taxonomy.get(event.source_event))
    ]
    return DayByDay(events, people, as_of)


def of_edges(chance: random.Random, landing: Path) -> DayByDay:
    """Few people in few companies, whose events often lie exactly at the edge of a window."""
    people = {
        f"u{number}": Person(chance.choice(["c1", "c1", "c2", "c3"]), NOON - chance.randrange(140) * DAY)
        for number in range(16)
    }
    events, lines = [], []
    for user_id, person in people.items():
        # Whole stretches without anything, and stretches of many days in a row.
        for day in [
            day for start in chance.sample(range(130), 4) for day in range(start, start + chance.randrange(16))
        ]:
            for _ in range(chance.randrange(4)):
                name = chance.choice([*TYPES, "logged_in", "logged_in"])
                at = NOON - day * DAY + timedelta(hours=chance.choice([-12, -11, 0, 0, 0, 9, 36]))
                stated = chance.choice([None, None, None, "c1", "c2", "c4"])
                feature = chance.choice(["exports", "sso", None])
                event_id = f"e{len(events)}"
                events.append(Happened(event_id, user_id, stated or person.company_id, *TYPES[name], at, feature))
                line = {"event_id": event_id, "user_id": user_id, "event_type": name, "timestamp": at.isoformat()}
                properties = {"feature_name": feature} if feature else {}
                lines.append(line | {"company_id": stated, "properties": properties})
    landing.mkdir(parents=True)
    (landing / "events.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    with (landing / "users.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["user_id", "company_id", "created_at"])
        writer.writerows([user_id, who.company_id, who.created_at.isoformat()] for user_id, who in people.items())
    return DayByDay(events, people, NOON)


def test_active_users_and_key_actions_of_every_company(built: Built):
    found = built.rows(
        "select company_id, active_users_30d, active_users_7d, active_users_1d, key_action_7d_count, last_active_at "
        "from score.company_scores"
    )
    counted = {company_id: built.count.company_figures(company_id) for company_id, *_ in found}
    assert {company_id: tuple(figures) for company_id, *figures in found} == counted
    assert {company_id for company_id in built.count.of_company if company_id} <= set(counted)
    assert max(figures[0] for figures in counted.values()) >= 5


def test_activation_and_time_to_value(built: Built):
    count = built.count
    found = built.rows("select user_id, activated_at, time_to_value_hours from intermediate.int_users_activated")
    assert {user_id: tuple(figures) for user_id, *figures in found} == {
        user_id: (count.activated_at(user_id), count.hours_to_value(user_id))
        for user_id in count.people
        if count.activated_at(user_id)
    }
    assert len(found) >= 5


def test_breadth_depth_teammates_and_busy_weeks(built: Built):
    found = built.rows(
        "select user_id, key_feature_count_30d, key_actions_per_active_day, active_teammates_30d, key_action_7d_count, "
        "is_busy_week from intermediate.int_contact_activity"
    )
    assert {user_id: tuple(figures) for user_id, *figures in found} == {
        user_id: built.count.adoption(user_id) for user_id in built.count.people
    }
    assert len({figures[0] for _, *figures in found}) > 1


def test_habits_and_absence(built: Built):
    count = built.count
    found = built.rows(
        "select user_id, is_habitual, habitual_since, dormant_for_days, is_dormant from intermediate.int_contact_habits"
    )
    counted = {user_id: (*count.habit(user_id), count.dormant_for(user_id)) for user_id in count.people}
    assert {user_id: tuple(figures) for user_id, *figures, _ in found} == counted
    assert all(is_dormant == (counted[user_id][2] is not None) for user_id, *_, is_dormant in found)
    assert any(figures[2] for figures in counted.values())


def test_signals_of_everybody(built: Built):
    found: dict[str, dict[str, Shown]] = defaultdict(dict)
    for user_id, signal_id, *shown in built.rows(
        "select user_id, signal_id, first_at, last_at, is_live, detail from score.contact_signals "
        "where signal_id <> 'signup_with_fit'"
    ):
        found[user_id][signal_id] = Shown(*shown)
    counted = {user_id: built.count.signals(user_id) for user_id in built.count.people}
    assert found == {user_id: shown for user_id, shown in counted.items() if shown}
    seen = {(signal, shown.is_live) for signals in found.values() for signal, shown in signals.items()}
    assert len(seen) >= 7
