"""What is kept of past scores: one row per user and build at which people saw another score."""

import shutil
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dagster_project.publish.history import HistoryUnusable, keep_history, restore_history
from dagster_project.publish.snapshot import Snapshot
from dagster_project.resources.warehouse import open_warehouse
from tests.models.score_states import Scored, build, changes, make_template, write_changes

MONDAY, TUESDAY, WEDNESDAY, THURSDAY = (f"2026-11-{day}T09:00:00Z" for day in (16, 17, 18, 19))


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_template(tmp_path_factory.mktemp("template"))


@pytest.fixture
def warehouse(tmp_path: Path, template: Path) -> Path:
    shutil.copyfile(template / "warehouse.duckdb", tmp_path / "warehouse.duckdb")
    return tmp_path


@pytest.fixture
def scored(warehouse: Path, template: Path):
    """Build the history for a clock, with these users."""

    def scored(as_of: str, *flags: str, **users: Scored) -> None:
        build(warehouse, as_of, users, *flags, target=template / "target")

    return scored


def told(folder: Path, user: str) -> list[tuple]:
    """Day, combined score before and after, and which reasons moved."""
    rows = changes(folder).filter(user_id=user)
    columns = ("changed_at", "combined_score_from", "combined_score_to", "reasons_moved")
    return [(row[0].day, *row[1:]) for row in rows.select(columns).iter_rows()]


def test_only_who_changed_has_a_row_and_it_says_from_what_to_what_and_why(warehouse: Path, scored):
    quiet = Scored.by(trial=20)
    scored(MONDAY, ana=Scored.by(trial=20, fit_title=15), bob=quiet)
    scored(TUESDAY, ana=Scored.by(trial=10, logins=20, fit_title=15), bob=quiet)
    scored(WEDNESDAY, ana=Scored.by(trial=10, logins=20, fit_title=15), bob=quiet)
    rows = changes(warehouse).rows(named=True)
    assert [(row["user_id"], row["changed_at"].day, row["is_first"]) for row in rows] == [
        ("ana", 16, True),
        ("ana", 17, False),
        ("bob", 16, True),
    ]
    first, second, _ = rows
    assert first["contact_email"] == "ana@a.io"
    assert first["pql_score_from"] is first["band_from"] is first["band_crossed"] is None
    assert first["reasons_moved"] is None
    assert first["reasons"] == "fit:fit_title=15;trial=20"
    assert (second["pql_score_from"], second["pql_score_to"]) == (20, 30)
    assert (second["fit_score_from"], second["fit_score_to"]) == (15, 15)
    assert second["reasons_moved"] == "logins +20; trial -10"


@pytest.mark.parametrize(
    ("before", "after", "crossed"), [(69, 70, "up"), (70, 69, "down"), (40, 39, "down"), (40, 69, None)]
)
def test_crossing_a_band_is_said_with_its_direction(warehouse: Path, scored, before: int, after: int, crossed: str):
    scored(MONDAY, ana=Scored.by(trial=before, fit_size=before))
    scored(TUESDAY, ana=Scored.by(trial=after, fit_size=after))
    assert changes(warehouse)["band_crossed"].to_list() == [None, crossed]


def test_moved_points_are_exact_and_those_of_one_size_stand_in_the_order_of_their_names(warehouse: Path, scored):
    scored(MONDAY, ana=Scored.by(b=5, a=5, gone="0.123456789", rounding="-0.123456789"))
    scored(TUESDAY, ana=Scored.by(b=4, a=6, more="7.5", rounding="-0.5"))
    assert told(warehouse, "ana")[1][3] == ("more +7.5; a +1; b -1; rounding -0.376543211; gone -0.123456789")


def test_other_points_that_make_the_same_scores_are_no_change_and_are_told_with_the_next_one(warehouse: Path, scored):
    scored(MONDAY, ana=Scored.by(trial=20))
    scored(TUESDAY, ana=Scored.by(logins=20))
    scored(WEDNESDAY, ana=Scored.by(logins=30))
    assert told(warehouse, "ana") == [(16, None, 12, None), (18, 12, 18, "logins +30; trial -20")]


def test_a_build_for_a_clock_that_was_built_before_takes_its_place(warehouse: Path, scored):
    scored(MONDAY, ana=Scored.by(trial=20))
    scored(TUESDAY, ana=Scored.by(trial=90), bob=Scored.by(trial=10))
    scored(TUESDAY, ana=Scored.by(trial=30))
    assert told(warehouse, "ana") == [(16, None, 12, None), (17, 12, 18, "trial +10")]
    assert told(warehouse, "bob") == []
    scored(TUESDAY, ana=Scored.by(trial=20))
    assert told(warehouse, "ana") == [(16, None, 12, None)]


def test_a_build_for_a_clock_that_was_built_before_tells_its_own_reasons(warehouse: Path, scored):
    scored(MONDAY, ana=Scored.by(trial=20))
    scored(TUESDAY, ana=Scored.by(trial=30))
    scored(TUESDAY, ana=Scored.by(logins=30))
    assert told(warehouse, "ana")[1:] == [(17, 12, 18, "logins +30; trial -20")]


def test_a_build_for_an_earlier_clock_leaves_what_came_after_it(warehouse: Path, scored):
    scored(MONDAY, ana=Scored.by(trial=20), bob=Scored.by(trial=20), cid=Scored.by(trial=20))
    scored(WEDNESDAY, ana=Scored.by(trial=50), bob=Scored.by(trial=20), cid=Scored.by(trial=50), new=Scored.by(a=10))
    scored(TUESDAY, ana=Scored.by(trial=30), bob=Scored.by(trial=40), cid=Scored.by(trial=50), new=Scored.by(a=20))
    assert told(warehouse, "ana") == [(16, None, 12, None), (17, 12, 18, "trial +10"), (18, 18, 30, "trial +20")]
    # Had 20 points on Wednesday, and still had: that is a change from Tuesday by now.
    assert told(warehouse, "bob") == [(16, None, 12, None), (17, 12, 24, "trial +20"), (18, 24, 12, "trial -20")]
    assert told(warehouse, "cid") == [(16, None, 12, None), (17, 12, 30, "trial +30")]
    assert told(warehouse, "new") == [(17, None, 12, None), (18, 12, 6, "a -10")]


def test_who_is_not_scored_any_more_keeps_the_past(warehouse: Path, scored):
    scored(MONDAY, ana=Scored.by(trial=20), bob=Scored.by(trial=20))
    scored(TUESDAY, ana=Scored.by(trial=20))
    scored(WEDNESDAY, ana=Scored.by(trial=20), bob=Scored.by(trial=30))
    assert told(warehouse, "bob") == [(16, None, 12, None), (18, 12, 18, "trial +10")]


def test_a_full_refresh_forgets_nothing(warehouse: Path, scored):
    scored(MONDAY, ana=Scored.by(trial=20))
    scored(TUESDAY, "--full-refresh", ana=Scored.by(trial=30))
    assert told(warehouse, "ana") == [(16, None, 12, None), (17, 12, 18, "trial +10")]


def publish_changes(warehouse: Path) -> Snapshot:
    folder = warehouse / "published"
    folder.mkdir(exist_ok=True)
    file = folder / "score.score_changes.parquet"
    file.unlink(missing_ok=True)
    write_changes(warehouse, file)
    return Snapshot(folder, datetime.fromisoformat(MONDAY), {}, datetime.fromisoformat(MONDAY))


def restore(warehouse: Path) -> int:
    with open_warehouse(warehouse / "warehouse.duckdb") as connection:
        return restore_history(connection, warehouse / "state")


def test_a_warehouse_that_was_made_anew_goes_on_from_what_the_state_keeps(warehouse: Path, template: Path, scored):
    scored(MONDAY, ana=Scored.by(trial=20), bob=Scored.by(trial=90))
    scored(WEDNESDAY, ana=Scored.by(trial=30), bob=Scored.by(trial=90))
    keep_history(publish_changes(warehouse), warehouse / "state")
    before = changes(warehouse)
    shutil.rmtree(warehouse / "published")
    shutil.copyfile(template / "warehouse.duckdb", warehouse / "warehouse.duckdb")
    assert restore(warehouse) == 3
    scored(WEDNESDAY, ana=Scored.by(trial=30), bob=Scored.by(trial=90))
    assert changes(warehouse).equals(before)
    # What the warehouse holds itself is not handed to it again.
    assert restore(warehouse) == 0
    scored(THURSDAY, ana=Scored.by(trial=40), bob=Scored.by(trial=90))
    assert told(warehouse, "ana")[1:] == [(18, 12, 18, "trial +10"), (19, 18, 24, "trial +10")]


def test_without_anything_kept_the_history_begins(warehouse: Path, scored):
    assert restore(warehouse) == 0
    scored(MONDAY, ana=Scored.by(trial=20))
    assert told(warehouse, "ana") == [(16, None, 12, None)]


def test_a_kept_history_that_cannot_be_read_stops_the_build_and_says_what_to_do(warehouse: Path):
    (warehouse / "state").mkdir()
    file = warehouse / "state" / "score_history.parquet"
    file.write_text("no Parquet")
    with pytest.raises(HistoryUnusable) as unusable:
        restore(warehouse)
    assert str(unusable.value).startswith(f"{file} is no history of scores that can be read: ")
    assert "move it away" in str(unusable.value)


def test_what_is_kept_is_written_whole_and_does_not_grow_when_it_is_replaced(warehouse: Path, scored):
    for day, points in ((MONDAY, 20), (TUESDAY, 30)):
        scored(day, ana=Scored.by(trial=points))
        keep_history(publish_changes(warehouse), warehouse / "state")
    assert [path.name for path in (warehouse / "state").iterdir()] == ["score_history.parquet"]
    with duckdb.connect() as connection:
        rows = connection.read_parquet(str(warehouse / "state" / "score_history.parquet")).fetchall()
    assert len(rows) == 2


POINTS = st.sampled_from([10, 40, 70])


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[int, dict[str, Scored]]]:
    """Builds for days in any order, some days more than once.

    The score of `clock` is another one in each: a build that changes nobody leaves no trace. And what makes the same
    scores are the same reasons: others are not kept.
    """
    days = draw(st.lists(st.integers(1, 4), min_size=2, max_size=5))
    builds = []
    for number, day in enumerate(days):
        states = {
            user: Scored.by(a=draw(POINTS), c=draw(st.sampled_from([0, -3])), fit_size=draw(st.sampled_from([0, 100])))
            for user in ("ana", "bob")
            if day > 1 or user == "ana"
        }
        builds.append((day, states | {"clock": Scored.by(a=10 * number + day)}))
    return builds


def expected(builds: list[tuple[int, dict[str, Scored]]]) -> list[tuple]:
    """The changes of each user, told from the last build for each day."""
    last_of_day = dict(builds)
    found = []
    for user in ("ana", "bob", "clock"):
        before = None
        for day in sorted(last_of_day):
            now = last_of_day[day].get(user)
            if now is not None and (before is None or before.scores != now.scores):
                was = before.reasons if before else {}
                moved = {rule: now.reasons.get(rule, 0) - was.get(rule, 0) for rule in was | now.reasons}
                ends = (before.scores if before else (None,) * 4, now.scores)
                found.append((user, day, *ends, {rule: points for rule, points in moved.items() if points and before}))
                before = now
    return found


def held(folder: Path) -> list[tuple]:
    names = ("pql_score", "fit_score", "combined_score", "band")
    found = []
    for row in changes(folder).rows(named=True):
        pieces = [piece.rsplit(" ", 1) for piece in (row["reasons_moved"] or "").split("; ") if piece]
        moved = {rule: Decimal(points) for rule, points in pieces}
        ends = [tuple(row[f"{name}_{end}"] for name in names) for end in ("from", "to")]
        found.append((row["user_id"], row["changed_at"].day, *ends, moved))
    return found


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(histories())
def test_in_whatever_order_days_are_built_the_history_is_that_of_the_last_build_of_each(
    tmp_path_factory: pytest.TempPathFactory, template: Path, builds: list[tuple[int, dict[str, Scored]]]
):
    folder = tmp_path_factory.mktemp("history")
    shutil.copyfile(template / "warehouse.duckdb", folder / "warehouse.duckdb")
    for day, states in builds:
        build(folder, f"2026-11-0{day}T09:00:00Z", states, target=template / "target")
    assert held(folder) == expected(builds)
