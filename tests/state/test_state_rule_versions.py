"""Which rule files were in force when: kept with every build that was made with others than the one before it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from dagster_project.rules.files import rule_files
from dagster_project.settings import SHIPPED_RULES_DIR
from dagster_project.state.rule_versions import NoRuleVersion, record_rules, rules_at
from dagster_project.state.tables import rule_versions

MONDAY = datetime(2026, 11, 16, 9, tzinfo=UTC)
TUESDAY, WEDNESDAY, THURSDAY = (MONDAY + timedelta(days=days) for days in (1, 2, 3))


def rules(folder: Path, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    # With the line ends and the mark of a spreadsheet: what is kept is kept to the byte.
    (folder / "score_bands.csv").write_bytes(f"\ufeffband,min_score\r\n{text},0\r\n".encode())
    (folder / "notes.csv").write_text("of no concern", encoding="utf-8")
    return folder


def build(engine: Engine, folder: Path, text: str, as_of: datetime) -> None:
    record_rules(engine, rules(folder, text), as_of, datetime(2027, 1, 1, tzinfo=UTC))


def band_at(engine: Engine, as_of: datetime) -> str:
    return rules_at(engine, as_of).files["score_bands.csv"].split("\r\n")[1].split(",")[0]


def kept(engine: Engine) -> int:
    with engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(rule_versions)).scalar()


def test_rules_are_in_force_from_the_first_build_that_was_made_with_them(engine: Engine, tmp_path: Path):
    build(engine, tmp_path / "rules", "old", MONDAY)
    build(engine, tmp_path / "rules", "new", WEDNESDAY)
    assert [band_at(engine, day) for day in (MONDAY, TUESDAY, WEDNESDAY, THURSDAY)] == ["old", "old", "new", "new"]
    assert band_at(engine, WEDNESDAY - timedelta(microseconds=1)) == "old"
    assert rules_at(engine, THURSDAY).in_force_from == WEDNESDAY


def test_the_same_rules_are_kept_once(engine: Engine, tmp_path: Path):
    for day in (MONDAY, TUESDAY, TUESDAY, THURSDAY):
        build(engine, tmp_path / "rules", "old", day)
    assert kept(engine) == 1


def test_rules_that_come_back_are_in_force_again(engine: Engine, tmp_path: Path):
    for day, text in ((MONDAY, "old"), (TUESDAY, "new"), (WEDNESDAY, "old")):
        build(engine, tmp_path / "rules", text, day)
    assert [band_at(engine, day) for day in (MONDAY, TUESDAY, THURSDAY)] == ["old", "new", "old"]


def test_of_two_builds_for_one_clock_the_later_one_counts(engine: Engine, tmp_path: Path):
    build(engine, tmp_path / "rules", "typo", MONDAY)
    build(engine, tmp_path / "rules", "mended", MONDAY)
    assert band_at(engine, MONDAY) == "mended"


def test_a_build_for_an_earlier_clock_does_not_change_what_was_in_force_then(engine: Engine, tmp_path: Path):
    build(engine, tmp_path / "rules", "old", MONDAY)
    build(engine, tmp_path / "rules", "new", WEDNESDAY)
    build(engine, tmp_path / "rules", "newest", TUESDAY)
    assert [band_at(engine, day) for day in (TUESDAY, THURSDAY)] == ["old", "new"]


def test_what_was_kept_is_written_out_to_the_byte_and_nothing_besides(engine: Engine, tmp_path: Path):
    build(engine, tmp_path / "rules", "öld", MONDAY)
    rules_at(engine, MONDAY).write_to(tmp_path / "again")
    assert [path.name for path in (tmp_path / "again").iterdir()] == ["score_bands.csv"]
    assert (tmp_path / "again" / "score_bands.csv").read_bytes() == (
        tmp_path / "rules" / "score_bands.csv"
    ).read_bytes()


def test_every_shipped_rule_file_is_kept():
    assert set(rule_files(SHIPPED_RULES_DIR)) == {
        path.relative_to(SHIPPED_RULES_DIR).as_posix()
        for pattern in ("*.csv", "templates/*.j2")
        for path in SHIPPED_RULES_DIR.glob(pattern)
    }


def test_before_the_first_build_on_record_it_is_said_since_when_there_is_one(engine: Engine, tmp_path: Path):
    with pytest.raises(NoRuleVersion, match="no build has recorded its rules"):
        rules_at(engine, MONDAY)
    build(engine, tmp_path / "rules", "old", WEDNESDAY)
    with pytest.raises(NoRuleVersion) as unknown:
        rules_at(engine, TUESDAY)
    assert str(unknown.value) == (
        "Which rules were in force on 2026-11-17 09:00 UTC is not known: the first rules on record are of 2026-11-18 "
        "09:00 UTC. Leave out RULES=then to compute it with today's rules."
    )
