"""Rule files on their way to dbt, which would overwrite them where they are."""

import os
import shutil
from pathlib import Path

import pytest

from dagster_project.resources import rule_seeds
from dagster_project.resources.rule_seeds import seeds_for_dbt
from dagster_project.rules.schema import RULE_FILES
from dagster_project.settings import DBT_PROJECT_DIR, SHIPPED_RULES_DIR

SHIPPED = {f"{name}.csv" for name in RULE_FILES}


@pytest.fixture
def dbt_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty dbt project, to leave no copies in ours."""
    folder = tmp_path / "dbt_project"
    folder.mkdir()
    monkeypatch.setattr(rule_seeds, "DBT_PROJECT_DIR", folder)
    return folder


@pytest.fixture
def own_rules(tmp_path: Path) -> Path:
    folder = tmp_path / "our rules"
    shutil.copytree(SHIPPED_RULES_DIR, folder)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}


def copies(dbt_project: Path) -> list[Path]:
    return list((dbt_project / "target" / "rules").iterdir())


def test_the_shipped_rules_are_given_as_they_are():
    told = seeds_for_dbt(SHIPPED_RULES_DIR)
    assert not Path(told).is_absolute()
    assert (DBT_PROJECT_DIR / told).resolve() == SHIPPED_RULES_DIR


def test_another_way_to_the_shipped_rules_gives_no_copy(dbt_project: Path, tmp_path: Path):
    (tmp_path / "link").symlink_to(SHIPPED_RULES_DIR, target_is_directory=True)
    told = seeds_for_dbt(tmp_path / "link")
    assert (dbt_project / told).resolve() == SHIPPED_RULES_DIR
    assert not (dbt_project / "target").exists()


def test_foreign_rules_are_copied_into_the_project_and_named_by_a_relative_path(dbt_project: Path, own_rules: Path):
    told = seeds_for_dbt(own_rules)
    assert not Path(told).is_absolute()
    copy = dbt_project / told
    assert copy.resolve().is_relative_to(dbt_project)
    assert contents(copy) == {name: (own_rules / name).read_bytes() for name in SHIPPED}


def test_the_same_rules_are_copied_once_wherever_they_lie(dbt_project: Path, own_rules: Path, tmp_path: Path):
    told = seeds_for_dbt(own_rules)
    made_at = (dbt_project / told).stat().st_ino
    shutil.copytree(own_rules, tmp_path / "elsewhere")
    assert seeds_for_dbt(own_rules) == seeds_for_dbt(tmp_path / "elsewhere") == told
    assert [copy.stat().st_ino for copy in copies(dbt_project)] == [made_at]


def test_a_changed_rule_is_another_copy_and_the_first_one_stays_as_it_was(dbt_project: Path, own_rules: Path):
    before = seeds_for_dbt(own_rules)
    kept = contents(dbt_project / before)
    with (own_rules / "score_bands.csv").open("a", encoding="utf-8") as file:
        file.write("\n")
    after = seeds_for_dbt(own_rules)
    assert after != before
    assert contents(dbt_project / before) == kept
    assert (dbt_project / after / "score_bands.csv").read_bytes() == (own_rules / "score_bands.csv").read_bytes()
    assert len(copies(dbt_project)) == 2


def test_text_that_moves_from_one_file_to_the_next_is_another_content(dbt_project: Path, tmp_path: Path):
    told = []
    for first, second in (("ab", "c"), ("a", "bc")):
        folder = tmp_path / first
        folder.mkdir()
        (folder / "score_bands.csv").write_text(first)
        (folder / "score_groups.csv").write_text(second)
        told.append(seeds_for_dbt(folder))
    assert told[0] != told[1]


def test_the_copy_is_no_door_to_the_original(dbt_project: Path, own_rules: Path):
    before = contents(own_rules)
    copy = dbt_project / seeds_for_dbt(own_rules)
    for file in copy.iterdir():
        # As dbt does to a seed that it reaches by its real path.
        file.write_text("insert into rules values (1)")
    assert contents(own_rules) == before


def test_files_that_lie_beside_the_rules_are_not_copied(dbt_project: Path, own_rules: Path):
    (own_rules / "old score_bands.csv").write_text("from,last,year\n")
    (own_rules / "customers.csv").write_text("email\nnora@brightloom.example\n")
    (own_rules / "notes.md").write_text("why we did it")
    (own_rules / "archive").mkdir()
    assert set(contents(dbt_project / seeds_for_dbt(own_rules))) == SHIPPED


def test_a_copy_is_whole_or_not_there(dbt_project: Path, own_rules: Path, monkeypatch: pytest.MonkeyPatch):
    write_bytes = Path.write_bytes

    def disk_is_full(target: Path, content: bytes) -> int:
        if target.name == "score_bands.csv":
            raise OSError(28, os.strerror(28))
        return write_bytes(target, content)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_bytes", disk_is_full)
        with pytest.raises(OSError, match="No space left"):
            seeds_for_dbt(own_rules)
    told = seeds_for_dbt(own_rules)
    assert set(contents(dbt_project / told)) == SHIPPED


def test_of_two_processes_that_copy_the_same_rules_the_slower_one_takes_the_copy_of_the_other(
    dbt_project: Path, own_rules: Path, monkeypatch: pytest.MonkeyPatch
):
    rename = Path.rename

    def other_is_faster(unfinished: Path, copy: Path) -> Path:
        shutil.copytree(unfinished, copy)
        return rename(unfinished, copy)

    monkeypatch.setattr(Path, "rename", other_is_faster)
    told = seeds_for_dbt(own_rules)
    assert [path.name for path in copies(dbt_project)] == [Path(told).name]
    assert set(contents(dbt_project / told)) == SHIPPED
