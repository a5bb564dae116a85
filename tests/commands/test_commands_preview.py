"""`make preview`: what is told before anything is computed."""

from pathlib import Path

import pytest

from dagster_project.__main__ import main
from dagster_project.settings import SHIPPED_RULES_DIR


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One file that differs."""
    text = (SHIPPED_RULES_DIR / "score_bands.csv").read_text().replace("mql,40,69", "mql,40,64")
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "score_bands.csv").write_text(text.replace("pql,70,100", "pql,65,100"))
    return folder


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The last line a person reads."""
    assert main(["preview", *arguments]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "Traceback" not in captured.err
    return captured.err.splitlines()[-1]


def test_without_a_warehouse_it_says_what_to_run_first(data_dir: Path, folder: Path, capsys):
    assert refused(capsys, str(folder)) == (
        f"There is nothing to score in {data_dir} yet: run `make demo`, for the sample company, or `make run`, for "
        "your own data, first."
    )


def test_wrong_rules_are_told_before_anything_else(data_dir: Path, folder: Path, capsys):
    file = folder / "score_bands.csv"
    file.write_text(file.read_text().replace("pql,65,100", "pql,66,100"))
    assert refused(capsys, str(folder)).startswith("score_bands.csv")


def test_a_folder_that_is_not_there_is_named(data_dir: Path, capsys):
    assert refused(capsys, "nowhere") == (
        "RULES is 'nowhere' and should be a folder with the rule files that are to change."
    )


def test_rules_that_are_in_force_already_differ_in_nothing(data_dir: Path, folder: Path, capsys):
    (folder / "score_bands.csv").write_bytes((SHIPPED_RULES_DIR / "score_bands.csv").read_bytes())
    assert main(["preview", str(folder)]) == 0
    assert capsys.readouterr().out == "**No rule differs from those in force.**\n"


def test_of_the_folder_in_force_nothing_is_known_before_the_first_build(data_dir: Path, capsys):
    assert "is the folder of the rules in force, and no build has recorded other ones." in refused(
        capsys, str(SHIPPED_RULES_DIR)
    )
    assert not (data_dir / "state").exists()


@pytest.mark.parametrize("months", ["many", "-1", "61"])
def test_a_number_of_months_that_is_none_is_refused(data_dir: Path, folder: Path, months: str, capsys):
    with pytest.raises(SystemExit):
        main(["preview", str(folder), f"--months={months}"])
    assert f"'{months}' should be a whole number from 0 to 60" in capsys.readouterr().err
