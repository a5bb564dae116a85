"""Scores of a past moment: beside the live ones, with the rules that are asked for, and nothing live is touched."""

import hashlib
import shutil
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from dagster_project.landing.domains import refresh_email_domains
from dagster_project.landing.loading import load_source
from dagster_project.landing.tables import create_raw_tables
from dagster_project.publish.recomputing import CannotRecompute, Moment, moment_of, recompute, recomputed
from dagster_project.resources.warehouse import WarehouseUnusable, open_warehouse
from dagster_project.rules.reading import RulesInvalid
from dagster_project.settings import SAMPLE_DIR, SHIPPED_RULES_DIR, read_settings
from dagster_project.state.database import open_state
from dagster_project.state.rule_versions import NoRuleVersion, record_rules
from tests.small_snapshot import publish_small

OCTOBER, NOVEMBER = datetime(2026, 10, 20, 9, tzinfo=UTC), datetime(2026, 11, 20, 9, tzinfo=UTC)


@pytest.fixture
def sample_landed(data_dir: Path) -> Path:
    """The sample in a warehouse in which nothing was built yet."""
    with open_warehouse(data_dir / "warehouse.duckdb") as connection:
        create_raw_tables(connection)
        load_source(connection, SAMPLE_DIR / "landing", "product")
        refresh_email_domains(connection, {})
    return data_dir


def rules_with(folder: Path, file: str, old: str, new: str) -> Path:
    shutil.copytree(SHIPPED_RULES_DIR, folder)
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new), encoding="utf-8")
    return folder


def digests(folder: Path) -> dict[str, str]:
    """Every file but the state database, which counts who opened it."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not {"recomputed", "state"} & set(path.relative_to(folder).parts)
    }


def bands(snapshot_dir: Path) -> dict[str, int]:
    counts = pl.read_parquet(snapshot_dir / "score.contact_scores.parquet")["band"].value_counts()
    return dict(counts.rows())


def test_a_past_moment_is_computed_with_todays_rules_or_those_of_then_and_nothing_live_changes(
    sample_landed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    settings = read_settings()
    record_rules(open_state(settings.state_database_url), SHIPPED_RULES_DIR, OCTOBER, NOVEMBER)
    strict = rules_with(tmp_path / "strict", "score_bands.csv", "nurture,0,39", "nurture,0,69")
    text = (strict / "score_bands.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (strict / "score_bands.csv").write_text("".join(line for line in text if not line.startswith("mql")))
    monkeypatch.setenv("PQL_RULES_DIR", str(strict))
    settings = read_settings()
    before = digests(sample_landed)

    today = recompute(settings, Moment(OCTOBER))
    then = recompute(settings, Moment(OCTOBER, "then"))
    assert digests(sample_landed) == before
    assert (today.as_of, then.as_of) == (OCTOBER, OCTOBER)
    assert today.directory.parent == sample_landed / "recomputed" / "20261020T090000Z"
    assert then.directory.parent == sample_landed / "recomputed" / "20261020T090000Z-then"
    assert set(bands(today.directory)) <= {"nurture", "pql"}
    assert bands(then.directory)["mql"] > 0
    scores = [
        pl.read_parquet(snapshot.path("score.contact_scores")).select("user_id", "combined_score", "pql_points")
        for snapshot in (today, then)
    ]
    assert scores[0].equals(scores[1])
    # Nothing is left of the copies.
    assert not list((sample_landed / "recomputed").glob(".*"))

    # What is there is taken, until the warehouse or the rules are others.
    assert recomputed(settings, Moment(OCTOBER, "then")).directory == then.directory
    (sample_landed / "warehouse.duckdb").touch()
    assert recomputed(settings, Moment(OCTOBER, "then")).directory != then.directory


def test_rules_of_then_that_this_version_cannot_read_are_told_without_a_traceback(sample_landed: Path, tmp_path: Path):
    settings = read_settings()
    old = rules_with(tmp_path / "old", "score_groups.csv", "score_group,label", "score_group,its_name")
    record_rules(open_state(settings.state_database_url), old, OCTOBER, NOVEMBER)
    with pytest.raises(CannotRecompute) as refused:
        recompute(settings, Moment(NOVEMBER, "then"))
    told = str(refused.value)
    assert told.startswith("The rules in force on 2026-11-20 09:00 UTC (version ")
    assert ", since 2026-10-20 09:00 UTC) are not written as this version of the project reads them. Leave out " in told
    assert "score_groups.csv, row 1: found \"no column label; an unknown column 'its_name'\"" in told
    assert not list((sample_landed / "recomputed").glob("*"))


def test_rules_of_then_of_which_none_are_on_record_are_said_to_be_unknown(sample_landed: Path):
    with pytest.raises(NoRuleVersion):
        recompute(read_settings(), Moment(OCTOBER, "then"))


def test_a_folder_of_rules_is_checked_as_the_live_one_is(sample_landed: Path, tmp_path: Path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(RulesInvalid, match=r"score_bands\.csv: found 'no such file'"):
        recompute(read_settings(), Moment(OCTOBER, str(tmp_path / "empty")))


def test_without_a_warehouse_it_is_said_what_to_run(data_dir: Path):
    with pytest.raises(WarehouseUnusable, match="is not there yet; run `make run`"):
        recompute(read_settings(), Moment(OCTOBER))


# What may be asked for


@pytest.mark.parametrize("as_of", ["", "yesterday", "2026-13-01", "2026-10-01T25:00"])
def test_a_moment_that_is_none_is_refused_with_an_example(data_dir: Path, as_of: str):
    with pytest.raises(CannotRecompute) as refused:
        moment_of(read_settings(), as_of, None)
    assert str(refused.value) == (f"AS_OF is {as_of!r} and should be an ISO 8601 instant such as 2026-10-01T09:00:00Z.")


def test_a_moment_ahead_of_every_clock_is_refused(data_dir: Path):
    publish_small(data_dir / "published", as_of=datetime(2199, 1, 1, tzinfo=UTC))
    assert moment_of(read_settings(), "2199-01-01", None).as_of == datetime(2199, 1, 1, tzinfo=UTC)
    with pytest.raises(
        CannotRecompute, match=r"^AS_OF lies in the future: 2199-01-01 00:01 UTC is later than 2199-01-01"
    ):
        moment_of(read_settings(), "2199-01-01T00:01:00Z", None)


def test_rules_that_are_no_folder_are_refused(data_dir: Path):
    with pytest.raises(CannotRecompute, match="RULES is 'nowhere' and should be `then`"):
        moment_of(read_settings(), "2026-01-01", "nowhere")


def test_without_a_moment_it_is_that_of_the_marts_that_are_published(data_dir: Path):
    publish_small(data_dir / "published", as_of=OCTOBER)
    assert moment_of(read_settings(), None, "then") == Moment(OCTOBER, "then")


def test_two_moments_of_one_second_do_not_share_a_folder():
    moments = [Moment(OCTOBER), Moment(OCTOBER.replace(microsecond=1)), Moment(OCTOBER, "then"), Moment(OCTOBER, "a/b")]
    names = ["20261020T090000Z", "20261020T090000000001Z", "20261020T090000Z-then", "20261020T090000Z-b"]
    assert [moment.name for moment in moments] == names
