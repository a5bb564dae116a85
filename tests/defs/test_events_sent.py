"""Custom events as Dagster shows them: what arrived, what is in the way, and that nothing else stops."""

import dagster as dg
import polars as pl
import pytest

from dagster_project.crm.transport import HubSpotApi
from dagster_project.defs.sync_events import TAKEN_CHECK
from dagster_project.sandbox import events as sandbox_events
from dagster_project.sandbox.errors import validation
from dagster_project.sandbox.running import Sandbox
from tests.conftest import TOKEN
from tests.defs.conftest import SampleRuns
from tests.small_snapshot import occurrence, publish_small
from tests.whole_run import Pipeline, failed_checks, materialization, reasons

SENT = "sync/crm_events_sent"


@pytest.fixture
def owing(pipeline: Pipeline, sandbox: Sandbox) -> Pipeline:
    """Two events are owed to a contact, and a third one to nobody."""
    (contact,) = sandbox.add_contacts([{"email": "nora@brightloom.io"}])
    rows = [occurrence(number, hubspot_id=contact) for number in (1, 2)]
    rows += [occurrence(3, hubspot_id=None, matched_by="absent")]
    publish_small(pipeline.data_dir / "published", decide__crm_occurrences=rows)
    pipeline.use_sandbox(sandbox, TOKEN)
    return pipeline


def check_of(result: dg.ExecuteInProcessResult) -> dg.AssetCheckEvaluation:
    (found,) = [check for check in result.get_asset_check_evaluations() if check.check_name == TAKEN_CHECK]
    return found


def test_the_sample_arrives_once_on_the_timelines_of_its_contacts(sample: SampleRuns):
    occurrences = sample.pipeline.table("decide.crm_occurrences")
    owed = occurrences.filter(pl.col("hubspot_id").is_not_null())
    told = materialization(sample.first, SENT)
    assert told["events_sent"] == owed.height > 20
    assert told["sent_by_event"] == dict(sorted(owed["event_name"].value_counts().iter_rows()))
    arrived = sample.sandbox.events()
    assert {(event["uuid"], event["objectId"]) for event in arrived} == set(
        owed.select("occurrence_id", "hubspot_id").iter_rows()
    )
    walls = [event["properties"] for event in arrived if event["eventName"].endswith("_paywall_hit")]
    assert walls
    assert all(said["feature_name"] for said in walls)
    assert materialization(sample.second, SENT)["events_sent"] == 0
    assert "events: HubSpot took" in materialization(sample.first, "report/run_account")["account"]
    assert "events:" not in materialization(sample.second, "report/run_account")["account"]


def test_whom_somebody_invited_is_not_told_to_hubspot(sample: SampleRuns):
    assert not any("@" in str(event["properties"]) for event in sample.sandbox.events())


def test_what_was_sent_left_out_and_made_stands_on_the_asset(owing: Pipeline, sandbox: Sandbox):
    result = owing.materialize(SENT)
    assert reasons(result) == {}
    told = materialization(result, SENT)
    assert (told["events_sent"], told["sent_by_event"]) == (2, {"paywall_hit": 2})
    assert told["left_out"] == {"HubSpot does not hold it (crm_objects.csv: unknown_records = update)": 1}
    assert told["made"] == ["paywall_hit", "teammate_invited"]
    assert (told["sent_this_month"], told["max_occurrences_month"]) == (2, 1_000_000)
    assert check_of(result).passed


def test_without_enterprise_the_asset_warns_and_succeeds(owing: Pipeline, sandbox: Sandbox):
    sandbox.inject("missing_scopes", path_regex="/events/")
    result = owing.materialize(SENT)
    assert reasons(result) == {}
    told = materialization(result, SENT)
    assert told["events_sent"] == 0
    assert "They need an Enterprise hub and the scopes" in told["not_allowed"]
    check = check_of(result)
    assert (check.passed, check.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert failed_checks(result) == {TAKEN_CHECK}


def test_a_definition_that_cannot_be_used_is_an_error_that_names_what_to_do(owing: Pipeline, sandbox: Sandbox):
    body = {"name": "paywall_hit", "label": "Theirs", "primaryObject": "DEAL"}
    HubSpotApi(sandbox.url, TOKEN).post("/events/custom/{version}/event-definitions", body, repeatable=True)
    result = owing.materialize(SENT)
    assert reasons(result) == {}
    assert materialization(result, SENT)["problems"] == {
        "paywall_hit": "its definition is for DEAL and not for contacts; choose another event_name in crm_events.csv"
    }
    assert (check_of(result).passed, check_of(result).severity) == (False, dg.AssetCheckSeverity.ERROR)


def test_a_dry_run_says_what_it_would_send_and_asks_nobody(
    owing: Pipeline, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PQL_DRY_RUN", "true")
    told = materialization(owing.materialize(SENT), SENT)
    assert told["state"].startswith("dry run: events: 2 events to send (paywall_hit 2).\n1 left out: ")
    assert sandbox.requests() == []


def test_hubspot_that_does_not_answer_fails_the_step_in_one_sentence(owing: Pipeline, sandbox: Sandbox):
    sandbox.inject("477", path_regex="send/batch")
    told = reasons(owing.materialize(SENT))[SENT.replace("/", "__")]
    assert told.startswith("HubSpot asks to wait 3600 s")


def test_what_hubspot_refused_is_a_table_on_the_asset(
    owing: Pipeline, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
):
    def refuse(portal, event):
        if event["uuid"].endswith("1"):
            raise validation("Not this one of nora@brightloom.io")
        return event

    monkeypatch.setattr(sandbox_events, "_checked", refuse)
    result = owing.materialize(SENT)
    told = materialization(result, SENT)
    assert told["sent_by_event"] == {"paywall_hit": 1}
    (row,) = told["refused"].records
    assert row.data["event"] == "paywall_hit"
    assert row.data["occurred_at"] == "2026-11-20 08:00:00 UTC"
    assert row.data["why"] == "VALIDATION_ERROR: Not this one of n***@brightloom.io"
    assert (check_of(result).passed, check_of(result).severity) == (False, dg.AssetCheckSeverity.WARN)
