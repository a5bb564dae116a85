"""A folder of rules beside those in force: it may hold all files or those only that are to change."""

from collections import Counter
from pathlib import Path

import pytest

from dagster_project.rules.book import read_rules
from dagster_project.rules.files import rule_files
from dagster_project.rules.proposing import NothingProposed, Proposal, read_proposal
from dagster_project.rules.reading import RulesInvalid
from dagster_project.settings import SHIPPED_RULES_DIR
from tests.rules.conftest import RuleFolder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "folder"
    (folder / "templates").mkdir(parents=True)
    return folder


def proposal_of(folder: Path) -> Proposal:
    return read_proposal(SHIPPED_RULES_DIR, folder, folder.parent / "merged")


def shipped(name: str) -> str:
    return (SHIPPED_RULES_DIR / name).read_text(encoding="utf-8")


def test_a_folder_with_one_file_is_completed_by_the_rules_in_force(folder: Path):
    text = shipped("score_bands.csv").replace("mql,40,69", "mql,40,64").replace("pql,70,100", "pql,65,100")
    (folder / "score_bands.csv").write_text(text)
    proposal = proposal_of(folder)
    assert [(change.file, change.rows) for change in proposal.changes] == [("score_bands.csv", Counter(changed=2))]
    assert proposal.seeds == ["score_bands"]
    assert [band.min_score for band in proposal.proposed.rules("score_bands")] == [0, 40, 65]
    assert [band.min_score for band in proposal.in_force.rules("score_bands")] == [0, 40, 70]
    others = rule_files(proposal.proposed.folder).keys() - {"score_bands.csv"}
    assert all((proposal.proposed.folder / name).read_text() == shipped(name) for name in others)


def test_rows_that_come_go_and_change_are_counted(folder: Path):
    lines = shipped("sql_definition.csv").splitlines()
    lines[2] = lines[2].replace(",50,", ",45,")
    lines[4] = "good_fit,zo_fit_score,>=,20,team:sales,Somebody like our customers"
    (folder / "sql_definition.csv").write_text("\n".join(lines))
    (change,) = proposal_of(folder).changes
    assert change.rows == Counter(added=1, removed=1, changed=1)


def test_a_message_that_reads_otherwise_differs_and_is_nothing_to_dbt(folder: Path):
    (folder / "templates" / "sql_handoff.j2").write_text(shipped("templates/sql_handoff.j2") + "\n")
    proposal = proposal_of(folder)
    assert [change.file for change in proposal.changes] == ["templates/sql_handoff.j2"]
    assert proposal.seeds == []


def test_the_same_files_differ_in_nothing(folder: Path, rules: RuleFolder):
    (folder / "goals.csv").write_text(shipped("goals.csv"))
    assert proposal_of(folder).changes == ()
    assert read_proposal(SHIPPED_RULES_DIR, rules.path, folder / "all").changes == ()


def test_a_folder_with_every_file_is_taken_whole_so_that_what_it_lacks_is_missed(folder: Path, rules: RuleFolder):
    (rules.path / "templates" / "sql_handoff.j2").unlink()
    with pytest.raises(RulesInvalid, match="sql_handoff"):
        read_proposal(SHIPPED_RULES_DIR, rules.path, folder / "merged")


def test_mistakes_are_told_as_make_rules_tells_them(folder: Path, rules: RuleFolder):
    rules.set_cell("score_bands", 3, "min_score", "fourty")
    rules.set_cell("triggers", 2, "strength", "")
    with pytest.raises(RulesInvalid) as alone:
        read_rules(rules.path)
    for name in ("score_bands.csv", "triggers.csv"):
        (folder / name).write_bytes((rules.path / name).read_bytes())
    with pytest.raises(RulesInvalid) as proposed:
        proposal_of(folder)
    assert str(proposed.value) == str(alone.value)
    assert "score_bands.csv, row 3, column min_score: found 'fourty'" in str(proposed.value)


def test_a_folder_without_rule_files_is_refused_and_other_csv_files_are_named(folder: Path):
    (folder / "score_band.csv").write_text("band\n")
    with pytest.raises(NothingProposed, match=r"holds no rule file\. Rule files are called as those in .*score_bands"):
        proposal_of(folder)
    (folder / "tiers.csv").write_text(shipped("tiers.csv"))
    assert proposal_of(folder).left_aside == ("score_band.csv",)


def test_with_nothing_sound_in_force_there_is_nothing_to_compare_with(folder: Path, rules: RuleFolder):
    rules.set_cell("score_bands", 3, "min_score", "fourty")
    (folder / "score_bands.csv").write_text(shipped("score_bands.csv"))
    with pytest.raises(NothingProposed, match="have mistakes themselves: there is nothing to compare with"):
        read_proposal(rules.path, folder, folder.parent / "merged")


def test_only_what_is_warned_of_anew_is_told(folder: Path):
    text = shipped("engagement_rules.csv").replace(
        "step,90,true,team:marketing,Asking", "step,90,false,team:marketing,A"
    )
    assert text != shipped("engagement_rules.csv")
    (folder / "engagement_rules.csv").write_text(text)
    (warning,) = proposal_of(folder).new_warnings(None)
    assert "add up to 80 points and not to 100" in warning.what
