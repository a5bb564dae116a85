"""The audit of the rules as Dagster shows it."""

from pathlib import Path

import dagster as dg
import pytest

from dagster_project.definitions import defs
from dagster_project.defs.automation import audit_job, quarterly_audit, sync_job, whole_job
from dagster_project.defs.report import audit_of_rules
from dagster_project.resources.published import PublishedMarts
from tests.reports.calibration_world import World, divided_world
from tests.whole_run import materialization, reasons

AUDIT = "report/audit_of_rules"


def audited(data_dir: Path, environment: pytest.MonkeyPatch) -> dg.ExecuteInProcessResult:
    environment.setenv("PQL_DATA_DIR", str(data_dir))
    return dg.materialize([audit_of_rules], resources={"marts": PublishedMarts()}, raise_on_error=False)


def check_of(result: dg.ExecuteInProcessResult) -> dg.AssetCheckEvaluation:
    (check,) = result.get_asset_check_evaluations()
    return check


def test_rules_that_hold_pass_the_check_and_are_told_with_their_evidence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    world = divided_world()
    for row in world.rows["score__score_changes"]:
        row["combined_score_to"] = 80 if row["pql_score_to"] >= 50 else 0
    world.published(tmp_path / "published")
    result = audited(tmp_path, monkeypatch)
    assert check_of(result).passed
    metadata = materialization(result, AUDIT)
    assert metadata["verdict"] == "holds"
    assert "**PQL score: 50 holds.** At 50: 1.7 a week, 3 of the sales team can take 9; " in metadata["audit"]


def test_a_rule_to_change_warns_and_fails_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    divided_world(buyer_score=40, other_score=5).published(tmp_path / "published")
    result = audited(tmp_path, monkeypatch)
    assert result.success
    assert (check_of(result).passed, check_of(result).severity) == (False, dg.AssetCheckSeverity.WARN)
    metadata = materialization(result, AUDIT)
    assert metadata["verdict"] == "change"
    assert metadata["audit"].startswith("**The rules should be looked at.** As of 2026-11-20 09:00 UTC.")
    (trial,) = (record.data for record in metadata["behaviours"].records)
    assert (trial["label"], trial["won_did_count"], trial["won_count"]) == ("trial_started", 24, 24)


def test_too_little_to_say_is_no_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    World().published(tmp_path / "published")
    result = audited(tmp_path, monkeypatch)
    assert check_of(result).passed
    assert materialization(result, AUDIT)["verdict"] == "too_few"


def test_scores_of_a_recomputed_moment_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    past = World()
    for number in range(5):
        past.add("score__contact_scores", user_id=f"u{number}", pql_score=60, fit_score=0, combined_score=0)
    past.published(tmp_path / "recomputed" / "20261001T090000Z", days_ago=50)
    world = World()
    for number in range(5):
        world.contact(f"u{number}", won=20)
    world.published(tmp_path / "published")
    text = materialization(audited(tmp_path, monkeypatch), AUDIT)["audit"]
    assert "Too few won deals to say: 5 with a score from before, at least 20 are needed." in text


def test_without_a_build_it_says_what_to_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    result = audited(tmp_path, monkeypatch)
    assert not result.success
    (told,) = reasons(result).values()
    assert "run `make run`, which builds and publishes" in told


def test_it_runs_every_quarter_and_with_the_whole_job_and_not_with_a_sync():
    key = audit_of_rules.key
    assert quarterly_audit.job_name == audit_job.name
    assert quarterly_audit.cron_schedule == "0 6 1 1,4,7,10 *"
    assert quarterly_audit.default_status == dg.DefaultScheduleStatus.RUNNING
    within = {
        job.name: key in defs.resolve_job_def(job.name).asset_layer.executable_asset_keys
        for job in (audit_job, whole_job, sync_job)
    }
    assert within == {"audit": True, "whole_job": True, "sync": False}
