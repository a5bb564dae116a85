"""The job that takes back a sync, as Dagster shows it."""

import json
from pathlib import Path

import dagster as dg
import pytest

from dagster_project.defs.pools import CRM_POOL
from dagster_project.defs.undo import take_back, undo_sync_run
from dagster_project.sandbox.running import Sandbox
from tests.conftest import TOKEN
from tests.synced_small import SyncedSmall, sync_small
from tests.whole_run import reasons


@pytest.fixture
def synced(sandbox: Sandbox, data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> SyncedSmall:
    monkeypatch.setenv("HUBSPOT_BASE_URL", sandbox.url)
    monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", TOKEN)
    return sync_small(sandbox, data_dir, TOKEN)


def undone(**config: object) -> dg.ExecuteInProcessResult:
    from dagster_project.definitions import defs

    with dg.DagsterInstance.ephemeral() as instance:
        return defs.resolve_job_def(undo_sync_run.name).execute_in_process(
            instance=instance,
            raise_on_error=False,
            run_config={
                "ops": {"take_back": {"config": config}},
                "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
            },
        )


def metadata(result: dg.ExecuteInProcessResult) -> dict:
    (output,) = result.filter_events(lambda event: event.is_successful_output)
    return {name: item.value for name, item in output.step_output_data.metadata.items() if hasattr(item, "value")} | {
        "left": [record.data for record in output.step_output_data.metadata["left"].records]
    }


def test_the_job_takes_a_run_back_and_shows_what_was_left(synced: SyncedSmall):
    synced.sandbox.edit("contacts", synced.record_ids[0], zo_pql_score="55", zo_score_reasons="to dana@brightloom.io")
    result = undone(run_id="second")
    assert reasons(result) == {}
    shown = metadata(result)
    assert (shown["values_taken_back"], shown["values_left"], shown["calls"]) == (1, 1, 2)
    assert shown["values_by_property"] == {"contacts": {"zo_pql_score": 1}}
    assert shown["left_by_reason"] == {"contacts": {"changed_since": 1}}
    assert shown["left"] == [
        {
            "object_type": "contacts",
            "record": "u1",
            "property": "zo_pql_score",
            "the_run_wrote": "80",
            "hubspot_has": "55",
            "left_because": "changed_since",
        }
    ]
    assert synced.scores() == ["55", "11"]

    again = undone(run_id=result.run_id)
    assert metadata(again)["values_taken_back"] == 1
    assert synced.scores() == ["55", "81"]


def test_a_dry_run_shows_the_same_and_sends_nothing(synced: SyncedSmall):
    shown = metadata(undone(run_id="second", dry_run=True))
    assert (shown["values_taken_back"], shown["is_dry_run"], synced.scores()) == (2, True, ["80", "81"])


def test_no_address_stands_in_what_dagster_keeps(synced: SyncedSmall):
    synced.sandbox.edit("contacts", synced.record_ids[0], zo_score_reasons="to dana@brightloom.io")
    result = undone(run_id="first")
    assert metadata(result)["left_by_reason"] == {"contacts": {"changed_since": 1, "overtaken": 2}}
    kept = json.dumps([dg.serialize_value(event) for event in result.all_events])
    assert "dana@" not in kept
    assert "d***@brightloom.io" in kept


def test_what_cannot_be_taken_back_fails_with_one_sentence(synced: SyncedSmall, monkeypatch: pytest.MonkeyPatch):
    told = reasons(undone(run_id="nobodys"))["take_back"]
    assert told == "No run nobodys is known here; `make undo` lists the last runs that wrote to HubSpot."
    monkeypatch.setenv("PQL_DRY_RUN", "true")
    assert reasons(undone(run_id="second"))["take_back"].startswith("Before an undo writes, it asks HubSpot")
    assert synced.scores() == ["80", "81"]


def test_an_undo_and_a_sync_take_turns():
    assert take_back.pool == CRM_POOL
