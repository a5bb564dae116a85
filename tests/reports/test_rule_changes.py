"""What was changed in the rules and when, as the dashboard shows it."""

from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine

from dagster_project.reports.dashboard.definitions import definitions
from dagster_project.reports.dashboard.parts import Note, Table
from dagster_project.reports.dashboard.source import Source
from dagster_project.reports.rule_changes import read_rule_changes
from dagster_project.rules.changes import RowChanged, changes_between
from dagster_project.state.rule_versions import record_rules
from tests.small_snapshot import publish_small

BANDS = "band,min_score,max_score,owner,why\nnurture,0,39,team:sales,Not yet\npql,40,100,team:sales,Call them\n"


def test_a_row_tells_which_cells_are_others_and_why():
    after = BANDS.replace("0,39", "0,49").replace("40,100", "50,100").replace("Call them", "Fewer and better calls")
    assert changes_between({"score_bands.csv": BANDS}, {"score_bands.csv": after}) == [
        RowChanged("score_bands.csv", "nurture", "max_score 39 → 49", "team:sales", "Not yet"),
        RowChanged("score_bands.csv", "pql", "min_score 40 → 50", "team:sales", "Fewer and better calls"),
    ]


def test_rows_that_come_and_go_are_told_and_another_order_is_no_change():
    header, nurture, pql = BANDS.splitlines(keepends=True)
    hot = "hot,80,100,team:sales,At once\n"
    changed = changes_between({"score_bands.csv": BANDS}, {"score_bands.csv": header + hot + nurture})
    assert [(change.row, change.what) for change in changed] == [("hot", "added"), ("pql", "taken away")]
    assert changes_between({"score_bands.csv": BANDS}, {"score_bands.csv": header + pql + nurture}) == []


def test_why_alone_is_no_change_of_a_rule():
    assert changes_between({"score_bands.csv": BANDS}, {"score_bands.csv": BANDS.replace("Not yet", "Later")}) == []


def test_a_column_that_an_earlier_version_did_not_have_was_nothing():
    before = "band,owner,why\npql,team:sales,Call them\n"
    (changed, added) = changes_between({"score_bands.csv": before}, {"score_bands.csv": BANDS})[::-1]
    assert (changed.row, changed.what) == ("pql", "min_score nothing → 40; max_score nothing → 100")
    assert (added.row, added.what) == ("nurture", "added")


def test_files_and_templates_that_come_go_and_change_are_told():
    before = {"templates/a.j2": "one", "templates/b.j2": "two"}
    after = {"templates/b.j2": "three", "templates/c.j2": "four", "score_bands.csv": BANDS}
    assert [(change.file, change.row, change.what) for change in changes_between(before, after)] == [
        ("score_bands.csv", "nurture", "added"),
        ("score_bands.csv", "pql", "added"),
        ("templates/a.j2", "", "taken away"),
        ("templates/b.j2", "", "another text"),
        ("templates/c.j2", "", "added"),
    ]


def put(folder: Path, bands: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "score_bands.csv").write_text(bands, encoding="utf-8")
    (folder / "sales_team.csv").write_text("member_email,pool\nann@orbit.example,a\n", encoding="utf-8")
    return folder


def test_the_dashboard_shows_each_change_with_the_first_build_that_knew_it(engine: Engine, tmp_path: Path):
    rules = tmp_path / "rules"
    days = [datetime(2026, 11, day, 9, tzinfo=UTC) for day in (1, 2, 3)]
    record_rules(engine, put(rules, BANDS), days[0], days[0])
    snapshot = publish_small(tmp_path / "published")
    unchanged = definitions(Source(snapshot, rule_changes=tuple(read_rule_changes(engine))))
    told = "Every build on record was made with the rules that are in force now."
    assert Note(told) in unchanged.parts

    record_rules(engine, put(rules, BANDS.replace("0,39", "0,44")), days[1], days[1])
    (rules / "sales_team.csv").write_text("member_email,pool\nbob@orbit.example,a\n", encoding="utf-8")
    record_rules(engine, rules, days[2], days[2])
    changes = read_rule_changes(engine)
    assert [(item.in_force_from, item.change.row) for item in changes] == [
        (days[2], "bob@orbit.example"),
        (days[2], "ann@orbit.example"),
        (days[1], "nurture"),
    ]
    assert len(read_rule_changes(engine, 1)) == 1
    page = definitions(Source(snapshot, rule_changes=tuple(changes)))
    (table,) = [part for part in page.parts if isinstance(part, Table) and part.caption == "The last 3 changes"]
    assert table.rows[2][:4] == ("2026-11-02 09:00 UTC", "score_bands.csv", "nurture", "max_score 39 → 44")
    assert "@orbit.example" not in " ".join(table.rows[0]).replace("***@orbit.example", "")
