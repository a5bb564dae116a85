"""When a sync is asked for: while HubSpot lacks something that was decided; once for one work."""

import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from automation_outside import NOW, Outside
from automation_ticks import asked, begin_run, said, tick
from sqlalchemy import insert

from dagster_project.crm.list_ledger import MEMBER, append_outcomes
from dagster_project.definitions import defs
from dagster_project.defs.automation import sync_job, unsynced_changes
from dagster_project.settings import SHIPPED_RULES_DIR
from dagster_project.state.tables import returns
from tests.conftest import TOKEN
from tests.small_snapshot import AS_OF, desired_contact, occurrence

NORA = desired_contact("u1", "101", pql_score=80)
TOM = desired_contact("u2", "102", pql_score=12)
BRIGHTLOOM = {"record_key": "c1", "hubspot_id": "201", "matched_by": "domain", "company_id": "c1"}


@pytest.fixture
def outside(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Outside]:
    return Outside(data_dir, monkeypatch)


def look(instance: dg.DagsterInstance) -> dg.SensorResult | dg.SkipReason:
    return tick(unsynced_changes, instance)


def going_back(number: int) -> dict:
    """A row of decide.returns."""
    return {
        "return_id": f"return-{number}",
        "record_key": f"user-{number}",
        "hubspot_id": str(number),
        "episode": 1,
        "return_state": "proposed",
        "rule_id": "idle",
        "return_reason": "The owner did nothing",
        "returned_at": AS_OF.replace(tzinfo=None),
    }


# Returns


def test_a_contact_that_goes_back_to_marketing_asks_for_a_sync_until_it_is_back(
    instance: dg.DagsterInstance, outside: Outside
):
    outside.go_live()
    outside.decide(returns=[going_back(1), going_back(2)])
    assert asked(look(instance)).tags["pql/reason"] == "2 returns to write"
    with outside.engine.begin() as connection:
        for number in (1, 2):
            known = {"episode": 1, "rule_id": "idle", "reason": "Idle", "run_id": "sync"}
            times = dict.fromkeys(("returned_at", "claimed_at", "acknowledged_as_of", "acknowledged_at"), AS_OF)
            row = {"return_id": f"return-{number}", "record_key": f"user-{number}"} | known | times
            connection.execute(insert(returns).values(row))
    assert said(look(instance)) == "HubSpot already holds every desired value."


def test_returns_that_are_held_ask_for_nothing(instance: dg.DagsterInstance, outside: Outside):
    outside.go_live()
    outside.decide(
        returns=[going_back(number) for number in range(11)], queue=[{"record_key": f"u{n}"} for n in range(11)]
    )
    assert said(look(instance)) == "HubSpot already holds every desired value."


# Why it did nothing


def test_nothing_is_asked_for_before_a_build_is_published(instance: dg.DagsterInstance, outside: Outside):
    outside.go_live()
    assert said(look(instance)) == "No build has been published yet."


@pytest.mark.parametrize(
    ("contacts", "companies", "counts"),
    [
        ([], [], "nothing"),
        ([NORA], [], "1 contact"),
        ([NORA, TOM], [BRIGHTLOOM], "2 contacts, 1 company"),
        ([], [BRIGHTLOOM, BRIGHTLOOM | {"record_key": "c2", "hubspot_id": "202", "company_id": "c2"}], "2 companies"),
    ],
)
def test_a_dry_run_says_what_would_be_written(
    instance: dg.DagsterInstance, outside: Outside, contacts: list[dict], companies: list[dict], counts: str
):
    outside.decide(*contacts, companies=companies)
    assert said(look(instance)) == (
        f"Dry run (HUBSPOT_ACCESS_TOKEN is not set, or PQL_DRY_RUN is): {counts} would be written."
    )


def test_pql_dry_run_asks_for_nothing_whatever_tokens_there_are(
    instance: dg.DagsterInstance, outside: Outside, monkeypatch: pytest.MonkeyPatch
):
    outside.go_live()
    outside.decide(NORA)
    monkeypatch.setenv("PQL_DRY_RUN", "true")
    assert said(look(instance)).endswith("1 contact would be written.")


@pytest.mark.parametrize("job", ["sync", "whole_job"])
@pytest.mark.parametrize("status", ["QUEUED", "NOT_STARTED", "STARTING", "STARTED"])
def test_nothing_is_asked_for_while_a_sync_is_under_way(
    instance: dg.DagsterInstance, outside: Outside, job: str, status: str
):
    outside.go_live()
    outside.decide(NORA)
    begin_run(instance, job, dg.DagsterRunStatus[status])
    assert said(look(instance)) == "A sync is under way; looking again at the next tick."


@pytest.mark.parametrize("status", ["SUCCESS", "FAILURE", "CANCELED"])
def test_a_sync_that_is_over_holds_back_nothing(instance: dg.DagsterInstance, outside: Outside, status: str):
    outside.go_live()
    outside.decide(NORA)
    begin_run(instance, "sync", dg.DagsterRunStatus[status])
    asked(look(instance))


def test_a_score_under_way_holds_back_nothing(instance: dg.DagsterInstance, outside: Outside):
    outside.go_live()
    outside.decide(NORA)
    begin_run(instance, "score", dg.DagsterRunStatus.STARTED)
    asked(look(instance))


def test_what_hubspot_acknowledged_is_not_asked_for_again(instance: dg.DagsterInstance, outside: Outside):
    outside.go_live()
    outside.decide(NORA)
    asked(look(instance))
    outside.acknowledge("u1", "101", "zo_pql_score", "80")
    assert said(look(instance)) == "HubSpot already holds every desired value."


def test_whom_hubspot_does_not_hold_is_no_work(instance: dg.DagsterInstance, outside: Outside):
    outside.go_live()
    outside.decide(desired_contact("u3", None, pql_score=9))
    assert said(look(instance)) == "HubSpot already holds every desired value."


def test_changes_are_written_without_slack_too(instance: dg.DagsterInstance, outside: Outside):
    outside.go_live(slack=False)
    outside.decide(NORA)
    asked(look(instance))


def test_a_broken_rule_file_is_told_with_its_place_and_without_addresses(
    instance: dg.DagsterInstance, outside: Outside, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    rules = tmp_path / "rules"
    shutil.copytree(SHIPPED_RULES_DIR, rules)
    with (rules / "crm_objects.csv").open("a", encoding="utf-8") as file:
        file.write("dana.reyes@orbit.example,update,,20,5000,90,30,5,team:revops,why not\n")
    monkeypatch.setenv("PQL_RULES_DIR", str(rules))
    outside.go_live()
    outside.decide(NORA)
    told = said(look(instance))
    assert told.startswith(
        "Cannot tell: crm_objects.csv, row 4, column object_type: found 'd***@orbit.example'; allowed:"
    )
    assert "dana" not in told


def test_a_state_that_cannot_be_opened_is_told_without_its_password(
    instance: dg.DagsterInstance, outside: Outside, monkeypatch: pytest.MonkeyPatch
):
    outside.decide(NORA)
    monkeypatch.setenv("PQL_STATE_URL", f"nosuchdatabase://user:{TOKEN}@127.0.0.1:9/state")
    told = said(look(instance))
    assert told.startswith("Cannot tell: The state database nosuchdatabase://")
    assert TOKEN not in told


def test_a_variable_that_cannot_be_used_is_said_and_is_no_error(
    instance: dg.DagsterInstance, outside: Outside, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PQL_PROPERTY_PREFIX", "Zo")
    assert said(look(instance)).startswith("Cannot tell: The environment variable PQL_PROPERTY_PREFIX is 'Zo' and")


# What it asks for


def test_a_sync_is_asked_for_with_its_reason(instance: dg.DagsterInstance, outside: Outside):
    outside.go_live()
    outside.decide(NORA, TOM)
    request = asked(look(instance))
    assert request.tags == {"pql/reason": "2 contacts to write"}
    assert re.fullmatch(r"2026-11-20T09-[0-9a-f]{16}", request.run_key)
    assert unsynced_changes.job_name == sync_job.name


def test_members_of_a_list_alone_are_reason_enough(instance: dg.DagsterInstance, outside: Outside):
    outside.go_live()
    of = {"segment_id": "hit_the_paywall", "object_type": "contacts", "matched_by": "email"}
    outside.decide(members=[of | {"record_key": f"u{number}", "hubspot_id": f"10{number}"} for number in (1, 2)])
    request = asked(look(instance))
    assert request.tags["pql/reason"] == ("1 list to bring up to date, 2 to add and 0 to take out to write")
    outcomes = [("101", MEMBER), ("102", MEMBER)]
    append_outcomes(outside.engine, "list of hit_the_paywall", outcomes, run_id="sync", as_of=AS_OF, now=NOW)
    assert said(look(instance)) == "HubSpot already holds every desired value."


def test_events_alone_are_reason_enough_until_hubspot_took_them(instance: dg.DagsterInstance, outside: Outside):
    outside.go_live()
    outside.decide(events=[occurrence(1), occurrence(2), occurrence(3, hubspot_id=None, matched_by="absent")])
    first = asked(look(instance))
    assert first.tags == {"pql/reason": "2 events to write"}
    outside.take(occurrence(1))
    second = asked(look(instance))
    assert second.tags == {"pql/reason": "1 event to write"}
    assert second.run_key != first.run_key
    outside.take(occurrence(2))
    assert said(look(instance)) == "HubSpot already holds every desired value."


def test_events_that_the_month_does_not_allow_ask_for_nothing(
    instance: dg.DagsterInstance, outside: Outside, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    rules = tmp_path / "rules"
    shutil.copytree(SHIPPED_RULES_DIR, rules)
    settings = rules / "crm_event_settings.csv"
    settings.write_text(settings.read_text(encoding="utf-8").replace(",1000000,", ",1,"), encoding="utf-8")
    monkeypatch.setenv("PQL_RULES_DIR", str(rules))
    outside.go_live()
    outside.decide(events=[occurrence(1), occurrence(2)])
    assert asked(look(instance)).tags == {"pql/reason": "1 event to write"}
    outside.take(occurrence(1), at=datetime.now(UTC))
    assert said(look(instance)) == "HubSpot already holds every desired value."


def test_the_same_set_is_asked_for_once_an_hour(instance: dg.DagsterInstance, outside: Outside):
    outside.go_live()
    outside.decide(NORA)
    key = asked(look(instance)).run_key
    outside.at(NOW + timedelta(minutes=39))
    assert asked(look(instance)).run_key == key
    # The same work in another build is the same work.
    outside.decide(NORA)
    assert asked(look(instance)).run_key == key
    outside.at(NOW + timedelta(minutes=41))
    later = asked(look(instance)).run_key
    assert later != key
    assert later.rpartition("-")[2] == key.rpartition("-")[2]


@pytest.mark.parametrize(
    "contacts",
    [[NORA | {"pql_score": 81}], [NORA, TOM], [NORA | {"hubspot_id": "103"}], [NORA | {"fit_score": 80}]],
    ids=["another value", "another contact", "another record", "another property"],
)
def test_a_set_that_changed_is_asked_for_at_once(instance: dg.DagsterInstance, outside: Outside, contacts: list[dict]):
    outside.go_live()
    outside.decide(NORA)
    key = asked(look(instance)).run_key
    outside.decide(*contacts)
    assert asked(look(instance)).run_key != key


def test_a_set_of_which_a_part_was_taken_is_asked_for_at_once(instance: dg.DagsterInstance, outside: Outside):
    outside.go_live()
    outside.decide(NORA, TOM)
    key = asked(look(instance)).run_key
    outside.acknowledge("u1", "101", "zo_pql_score", "80")
    rest = asked(look(instance))
    assert rest.run_key != key
    assert rest.tags == {"pql/reason": "1 contact to write"}


def test_dagster_itself_takes_what_the_sensor_asks_for(instance: dg.DagsterInstance, outside: Outside):
    outside.go_live()
    outside.decide(NORA)
    repository = defs.get_repository_def()
    with dg.build_sensor_context(
        instance=instance, repository_def=repository, sensor_name=unsynced_changes.name, resources=defs.resources
    ) as context:
        evaluated = unsynced_changes.evaluate_tick(context)
    (request,) = evaluated.run_requests
    assert request.tags["pql/reason"] == "1 contact to write"
    assert request.tags["dagster/sensor_name"] == "unsynced_changes"
