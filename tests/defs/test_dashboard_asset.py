"""The dashboard as Dagster draws it: with the whole job and every hour, and however little there is to show."""

from pathlib import Path

import dagster as dg
import pytest

from dagster_project.commands.where_to_look import print_where_to_look
from dagster_project.definitions import defs
from dagster_project.defs.automation import dashboard_job, hourly_dashboard, score_job, sync_job, whole_job
from dagster_project.defs.dashboard import dashboard, rules_in_english
from dagster_project.reports.dashboard import writing
from dagster_project.reports.dashboard.anchors import NEWEST
from dagster_project.resources.published import PublishedMarts
from dagster_project.resources.state import State
from dagster_project.settings import SHIPPED_RULES_DIR
from tests.reports.dashboard_world import full_world, published
from tests.reports.page_reader import Page
from tests.whole_run import materialization, reasons

DASHBOARD = "report/dashboard"


@pytest.fixture
def _without_drawing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The script that draws is tested where the page is; making it takes seconds."""
    monkeypatch.setattr(writing, "drawing_script", lambda folder: "")


def drawn() -> dg.ExecuteInProcessResult:
    return dg.materialize([dashboard], resources={"marts": PublishedMarts(), "state": State()}, raise_on_error=False)


@pytest.mark.usefixtures("_without_drawing")
def test_the_file_is_there_and_the_asset_names_it_and_what_needs_attention(data_dir: Path):
    published(full_world(), data_dir / "published")
    metadata = materialization(drawn(), DASHBOARD)
    newest = data_dir / "reports" / NEWEST
    assert metadata["page"] == newest.as_uri()
    assert Path(metadata["path"]).read_bytes() == newest.read_bytes()
    assert metadata["size_bytes"] == newest.stat().st_size < 5_000_000
    assert metadata["not_shown"] == 0
    assert "- 10 handoffs of the last 14 days had no answer in time." in metadata["attention"]
    page = Page(newest.read_text(encoding="utf-8"))
    assert "A contact is sales qualified when" in page.section("definitions").text
    assert "No sync has run yet." in page.notes("sync")


@pytest.mark.usefixtures("_without_drawing")
def test_a_missing_mart_fails_nothing(data_dir: Path):
    published(full_world(), data_dir / "published").path("report.metrics").unlink()
    result = drawn()
    assert result.success
    metadata = materialization(result, DASHBOARD)
    assert metadata["not_shown"] > 0
    assert "holds no report.metrics" in metadata["attention"]


def test_without_a_build_it_says_what_to_run(data_dir: Path):
    result = drawn()
    assert not result.success
    (told,) = reasons(result).values()
    assert "run `make run`, which builds and publishes" in told


def test_rules_with_mistakes_are_left_out(tmp_path: Path):
    assert any("sales qualified when" in sentence for sentence in rules_in_english(SHIPPED_RULES_DIR))
    assert rules_in_english(tmp_path) == ()


def test_it_is_drawn_every_hour_and_with_the_whole_job_and_not_with_a_sync():
    assert hourly_dashboard.job_name == dashboard_job.name == "dashboard"
    assert hourly_dashboard.cron_schedule == "20 * * * *"
    assert hourly_dashboard.default_status == dg.DefaultScheduleStatus.RUNNING
    within = {
        job.name: dashboard.key in defs.resolve_job_def(job.name).asset_layer.executable_asset_keys
        for job in (dashboard_job, whole_job, score_job, sync_job)
    }
    assert within == {"dashboard": True, "whole_job": True, "score": False, "sync": False}


def test_the_end_of_a_run_names_the_file_if_there_is_one(data_dir: Path, capsys: pytest.CaptureFixture[str]):
    print_where_to_look()
    assert NEWEST not in capsys.readouterr().out
    (data_dir / "reports").mkdir(parents=True)
    (data_dir / "reports" / NEWEST).write_text("")
    print_where_to_look()
    assert f"{data_dir}/reports/{NEWEST}" in capsys.readouterr().out
