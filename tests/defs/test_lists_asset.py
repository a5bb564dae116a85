"""What the asset of the lists shows: a plan in a dry run, a row a list, and checks that judge what they show."""

import csv
from datetime import timedelta
from pathlib import Path

import dagster as dg
import pytest

from dagster_project.crm.segment_sizes import remember_sizes
from dagster_project.crm.syncing import SyncRun
from dagster_project.defs.lists import ACCOUNTED_CHECK, KEY, MISSING_CHECK, SIZE_CHECK, crm_lists_synced
from dagster_project.resources.clock import Clock
from dagster_project.resources.hubspot import HubSpot
from dagster_project.resources.published import PublishedMarts
from dagster_project.resources.state import State
from dagster_project.sandbox.running import Sandbox
from dagster_project.settings import read_settings
from dagster_project.state.database import open_state
from tests.conftest import TOKEN
from tests.small_snapshot import AS_OF, publish_small
from tests.whole_run import failed_checks, materialization

PAYWALL = "zo_hit_the_paywall"


def publish(data_dir: Path, *hubspot_ids: str | None) -> None:
    rows = [
        {
            "segment_id": "hit_the_paywall",
            "object_type": "contacts",
            "record_key": f"u{number}",
            "hubspot_id": hubspot_id,
            "matched_by": "email" if hubspot_id else "absent",
        }
        for number, hubspot_id in enumerate(hubspot_ids)
    ]
    publish_small(data_dir / "published", decide__segment_members=rows)


def run() -> dg.ExecuteInProcessResult:
    resources = {"clock": Clock(), "hubspot": HubSpot(), "marts": PublishedMarts(), "state": State()}
    with dg.DagsterInstance.ephemeral() as instance:
        return dg.materialize([crm_lists_synced], instance=instance, resources=resources)


def name_sandbox(environment: pytest.MonkeyPatch, sandbox: Sandbox) -> None:
    environment.setenv("HUBSPOT_ACCESS_TOKEN", TOKEN)
    environment.setenv("HUBSPOT_BASE_URL", sandbox.url)


def shipped_lists() -> int:
    segments = csv.DictReader((Path(__file__).parents[2] / "seeds/rules/segments.csv").open(encoding="utf-8"))
    return sum(row["is_enabled"] == "true" and row["kept_as"] != "property" for row in segments)


def test_a_dry_run_says_what_it_would_do_and_every_check_passes(data_dir: Path):
    publish(data_dir, "101", "102")
    done = run()
    assert materialization(done, KEY.to_user_string())["state"] == (
        f"dry run: {shipped_lists()} lists to bring up to date, 2 to add and 0 to take out"
    )
    assert failed_checks(done) == set()


def test_each_list_is_shown_with_what_was_done_and_who_could_not_be_in_it(
    data_dir: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
):
    name_sandbox(monkeypatch, sandbox)
    ids = sandbox.add_contacts([{"email": "a@a.example"}, {"email": "b@a.example"}])
    publish(data_dir, *ids, "999999", None)
    done = run()
    assert sandbox.lists()[PAYWALL] == ids
    metadata = materialization(done, KEY.to_user_string())
    rows = {record.data["list"]: record.data for record in metadata["lists"].records}
    row = rows[f"{PAYWALL} (new)"]
    assert (row["size"], row["added"], row["removed"], row["missing"]) == (3, 2, 0, 1)
    assert row["left_out"] == "1: HubSpot does not hold it (crm_objects.csv: unknown_records = update)"
    assert (metadata["added"], metadata["missing"]) == (2, 1)
    assert metadata["segment_sizes"]["hit_the_paywall"] == 4
    assert failed_checks(done) == {MISSING_CHECK}


def test_a_record_of_which_nothing_is_known_is_an_error(
    data_dir: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
):
    name_sandbox(monkeypatch, sandbox)
    publish(data_dir, *sandbox.add_contacts([{"email": "a@a.example"}]))
    sandbox.inject("empty_2xx", path_regex="add-and-remove", times=1)
    done = run()
    assert failed_checks(done) == {ACCOUNTED_CHECK}
    (evaluation,) = (item for item in done.get_asset_check_evaluations() if not item.passed)
    assert evaluation.severity is dg.AssetCheckSeverity.ERROR


def test_an_unusual_size_is_a_warning_that_names_the_segment(data_dir: Path):
    settings = read_settings()
    earlier = SyncRun(
        data_dir, settings.state_dir, open_state(settings.state_database_url), "earlier", AS_OF - timedelta(hours=1)
    )
    remember_sizes(earlier, {"hit_the_paywall": 100, "nurture": 1})
    publish(data_dir, "101")
    done = run()
    assert failed_checks(done) == set()
    remember_sizes(earlier, {"hit_the_paywall": 0})
    publish(data_dir, *map(str, range(101, 121)))
    done = run()
    assert failed_checks(done) == {SIZE_CHECK}
    (evaluation,) = (item for item in done.get_asset_check_evaluations() if not item.passed)
    assert evaluation.severity is dg.AssetCheckSeverity.WARN
    assert evaluation.metadata["unusual"].value == ["hit_the_paywall: 20, and 0 in the middle of the days before"]
