"""Dashboards as files: the newest has a name that stays, old ones go."""

from datetime import timedelta
from pathlib import Path

import pytest

from dagster_project.publish.snapshot import Snapshot
from dagster_project.reports.dashboard import writing
from dagster_project.reports.dashboard.anchors import NEWEST
from dagster_project.reports.dashboard.source import Source
from dagster_project.reports.dashboard.writing import drawing_script, write_dashboard
from tests.small_snapshot import AS_OF, publish_small


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    folder = tmp_path / "reports"
    folder.mkdir()
    return folder


@pytest.fixture
def without_drawing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of files it matters nothing what draws, and making that takes seconds."""
    monkeypatch.setattr(writing, "drawing_script", lambda folder: "")


def build(tmp_path: Path, hours_ago: float = 0) -> Snapshot:
    return publish_small(tmp_path / "published", as_of=AS_OF - timedelta(hours=hours_ago))


def names(pages: Path) -> set[str]:
    return {path.name for path in pages.iterdir()}


@pytest.mark.usefixtures("without_drawing")
def test_a_page_has_the_name_of_its_build_and_the_one_that_stays(tmp_path: Path, pages: Path):
    snapshot = build(tmp_path)
    written = write_dashboard(Source(snapshot), pages)
    assert names(pages) == {NEWEST, f"dashboard-{snapshot.snapshot_id}.html"}
    assert written.newest.read_bytes() == written.path.read_bytes()
    assert written.size_bytes == written.newest.stat().st_size


@pytest.mark.usefixtures("without_drawing")
def test_the_name_that_stays_is_that_of_the_page_drawn_last(tmp_path: Path, pages: Path):
    write_dashboard(Source(build(tmp_path)), pages)
    again = write_dashboard(Source(build(tmp_path, hours_ago=5)), pages)
    assert "2026-11-20 04:00 UTC" in (pages / NEWEST).read_text(encoding="utf-8")
    assert again.path.read_bytes() == (pages / NEWEST).read_bytes()


@pytest.mark.usefixtures("without_drawing")
def test_the_last_ten_are_kept_and_one_of_each_of_thirty_days(tmp_path: Path, pages: Path):
    for days in range(1, 41):
        for hour in (3, 7):
            place = AS_OF - timedelta(days=days) + timedelta(hours=hour)
            (pages / f"dashboard-{place:%Y%m%dT%H%M%SZ}-0123abcd.html").write_text("old")
    written = write_dashboard(Source(build(tmp_path)), pages)
    kept = names(pages) - {NEWEST}
    assert written.path.name in kept
    last_ten = {"20261120T0900"} | {f"202611{20 - days}T{hour}00" for days in range(1, 6) for hour in (12, 16)}
    assert {name[10:23] for name in kept} >= last_ten - {"20261115T1200"}
    assert len({name[10:18] for name in kept}) == 30
    assert len(kept) == 10 + 30 - 6
    assert f"dashboard-{AS_OF - timedelta(days=35):%Y%m%d}T160000Z-0123abcd.html" not in kept


@pytest.mark.usefixtures("without_drawing")
def test_the_page_just_drawn_is_kept_however_old_its_clock_is(tmp_path: Path, pages: Path):
    for days in range(40):
        place = AS_OF - timedelta(days=days)
        (pages / f"dashboard-{place:%Y%m%dT%H%M%SZ}-0123abcd.html").write_text("newer")
    written = write_dashboard(Source(build(tmp_path, hours_ago=24 * 300)), pages)
    assert written.path.exists()


@pytest.mark.usefixtures("without_drawing")
def test_what_else_lies_there_is_left(tmp_path: Path, pages: Path):
    (pages / "board-meeting.html").write_text("mine")
    write_dashboard(Source(build(tmp_path)), pages)
    assert "board-meeting.html" in names(pages)


@pytest.mark.usefixtures("without_drawing")
def test_a_page_that_cannot_be_drawn_leaves_the_old_one(tmp_path: Path, pages: Path, monkeypatch: pytest.MonkeyPatch):
    (pages / NEWEST).write_text("old")
    snapshot = build(tmp_path)

    def broken(*_: object) -> str:
        raise RuntimeError("no paper")

    monkeypatch.setattr(writing, "render", broken)
    with pytest.raises(RuntimeError):
        write_dashboard(Source(snapshot), pages)
    assert (pages / NEWEST).read_text() == "old"


def test_what_draws_is_made_once_and_kept_under_the_versions_it_was_made_of(pages: Path):
    script = drawing_script(pages)
    (kept,) = names(pages)
    assert kept.startswith(".vega-v6")
    assert "vegaEmbed" in script
    (pages / kept).write_text("kept")
    assert drawing_script(pages) == "kept"
