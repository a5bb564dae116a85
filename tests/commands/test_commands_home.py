"""Dagster finds a home with our settings in it; one that somebody chose and filled is theirs."""

import os
from pathlib import Path

import pytest

from dagster_project.commands.home import INSTANCE_SETTINGS, prepare_dagster_home

OURS = INSTANCE_SETTINGS.read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def _home_is_named_by_this_test_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command sets DAGSTER_HOME for what it starts; that ends with the test."""
    monkeypatch.setenv("DAGSTER_HOME", "")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_home_is_made_in_the_data_folder_and_named_to_dagster(data_dir: Path):
    home = prepare_dagster_home()
    assert home == data_dir / "dagster"
    assert os.environ["DAGSTER_HOME"] == str(home)
    assert (home / "dagster.yaml").read_text(encoding="utf-8") == OURS
    assert names(home) == ["dagster.yaml"]


def test_our_home_is_renewed_when_our_settings_changed(data_dir: Path):
    (data_dir / "dagster").mkdir(parents=True)
    (data_dir / "dagster" / "dagster.yaml").write_text("telemetry: {enabled: true}\n", encoding="utf-8")
    home = prepare_dagster_home()
    assert (home / "dagster.yaml").read_text(encoding="utf-8") == OURS
    assert names(home) == ["dagster.yaml"]


def test_settings_that_are_the_same_are_not_written_again(data_dir: Path):
    settings = prepare_dagster_home() / "dagster.yaml"
    os.environ["DAGSTER_HOME"] = ""
    os.utime(settings, (1, 1))
    prepare_dagster_home()
    assert settings.stat().st_mtime == 1


def test_a_home_that_somebody_set_and_filled_is_left_as_it_is(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "dagster.yaml").write_text("telemetry: {enabled: true}\n", encoding="utf-8")
    monkeypatch.setenv("DAGSTER_HOME", str(theirs))
    assert prepare_dagster_home() == theirs
    assert (theirs / "dagster.yaml").read_text(encoding="utf-8") == "telemetry: {enabled: true}\n"
    assert not data_dir.exists()


def test_a_home_that_somebody_set_and_did_not_fill_gets_our_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "new" / "home"))
    home = prepare_dagster_home()
    assert home == tmp_path / "new" / "home"
    assert (home / "dagster.yaml").read_text(encoding="utf-8") == OURS
