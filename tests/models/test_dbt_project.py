"""The dbt project by itself: it builds on nothing, its unit tests pass, and its tables do not depend on when it ran."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from dagster_project.landing.tables import create_raw_tables
from dagster_project.resources.dbt import hand_settings_to_dbt
from dagster_project.resources.warehouse import LOCK_PATIENCE_SECONDS, open_warehouse
from dagster_project.settings import DBT_PROJECT_DIR
from tests.whole_run import SAMPLE_AS_OF, Pipeline, reasons


def dbt(data_dir: Path, *arguments: str) -> subprocess.CompletedProcess:
    hand_settings_to_dbt()
    folders = ["--project-dir", str(DBT_PROJECT_DIR), "--profiles-dir", str(DBT_PROJECT_DIR)]
    outputs = ["--target-path", str(data_dir / "target"), "--log-path", str(data_dir / "logs")]
    program = str(Path(sys.executable).parent / "dbt")
    return subprocess.run(
        [program, "--no-use-colors", *arguments, *folders, *outputs], capture_output=True, text=True, check=False
    )


@pytest.fixture
def empty_warehouse(data_dir: Path) -> Path:
    with open_warehouse(data_dir / "warehouse.duckdb") as connection:
        create_raw_tables(connection)
    return data_dir


def test_everything_builds_on_an_empty_warehouse_and_every_unit_test_passes(empty_warehouse: Path):
    done = dbt(empty_warehouse, "build", "--vars", '{"as_of": "2026-11-20T09:00:00Z"}')
    assert done.returncode == 0, done.stdout[-3000:]
    assert "unit_test" not in done.stderr
    assert " ERROR=0 " in done.stdout
    assert "unit tests" in done.stdout


def test_without_a_clock_nothing_is_built_and_the_message_says_how_to_give_one(empty_warehouse: Path):
    done = dbt(empty_warehouse, "build", "--select", "build_info")
    assert done.returncode == 1
    assert "No as_of: pass --vars" in done.stdout


def test_dbt_waits_for_the_warehouse_about_as_long_as_everybody_else():
    profile = yaml.safe_load((DBT_PROJECT_DIR / "profiles.yml").read_text(encoding="utf-8"))
    attempts = profile["pql"]["outputs"]["duckdb"]["retries"]["connect_attempts"]
    # dbt-duckdb pauses a second after the first attempt and twice as long after each further one.
    assert LOCK_PATIENCE_SECONDS <= sum(2**attempt for attempt in range(attempts)) <= 2 * LOCK_PATIENCE_SECONDS


def test_no_model_reads_the_wall_clock():
    for file in [*(DBT_PROJECT_DIR / "models").rglob("*.sql"), *(DBT_PROJECT_DIR / "macros").rglob("*.sql")]:
        text = file.read_text(encoding="utf-8").lower()
        assert not any(word in text for word in ("current_timestamp", "current_date", "now()", "getdate(")), file


def test_every_scoring_model_has_a_unit_test():
    unit_tests = "".join(
        file.read_text(encoding="utf-8") for file in (DBT_PROJECT_DIR / "models").rglob("*unit_tests.yml")
    )
    scoring = [
        *DBT_PROJECT_DIR.glob("models/marts/score/*.sql"),
        *DBT_PROJECT_DIR.glob("models/marts/decide/*.sql"),
        *DBT_PROJECT_DIR.glob("models/intermediate/*points*.sql"),
        *DBT_PROJECT_DIR.glob("models/intermediate/int_engagement*.sql"),
    ]
    without = [file.stem for file in scoring if f"model: {file.stem}\n" not in unit_tests]
    # One row, the clock itself; and what an intermediate model found, as it is.
    assert sorted(without) == ["build_info", "contacts_suppressed"]


def test_the_same_events_rules_and_clock_give_the_same_tables_byte_for_byte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    published = []
    for name in ("once", "again"):
        pipeline = Pipeline.in_folder(tmp_path / name, monkeypatch)
        pipeline.land_sample()
        assert reasons(pipeline.run("score", as_of=SAMPLE_AS_OF)) == {}
        folder = (pipeline.data_dir / "published" / "current").resolve()
        published.append({file.name: file.read_bytes() for file in folder.glob("*.parquet")})
    assert published[0] == published[1]


def test_a_past_clock_sees_what_had_happened_by_then(data_dir: Path, monkeypatch: pytest.MonkeyPatch):
    pipeline = Pipeline.in_folder(data_dir, monkeypatch)
    pipeline.land_sample()
    assert reasons(pipeline.run("score", as_of="2026-11-15T00:00:00Z")) == {}
    (nora,) = pipeline.table("score.contact_scores").filter(user_id="u_nora_lindqvist").rows(named=True)
    assert nora["activation_status"] == "not_activated"
    assert nora["pql_score"] < 80
    latest = pipeline.table("score.contact_scores")["last_active_at"].max()
    assert latest.isoformat() <= "2026-11-15T00:00:00"
