"""In which stages deals were seen: HubSpot tells of the present one only, so that builds remember."""

from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from dagster_project.landing.tables import create_raw_tables
from dagster_project.resources.warehouse import open_warehouse
from tests.models.dbt_in_process import run_models

MODELS = ("stg_hubspot__deals", "int_deals_seen", "int_deal_stage_history")


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("target")


@pytest.fixture
def build(data_dir: Path, target: Path, monkeypatch: pytest.MonkeyPatch):
    """Build the history on a day of June, with the stages that deals are in; what it holds then."""
    with open_warehouse(data_dir / "warehouse.duckdb") as connection:
        create_raw_tables(connection)

    def build(day: int, *flags: str, **stages: str) -> dict[tuple[str, str], int]:
        with duckdb.connect(data_dir / "warehouse.duckdb") as connection:
            connection.execute("delete from raw.hubspot_deals")
            for deal, stage in stages.items():
                connection.execute(
                    "insert into raw.hubspot_deals by name select $deal as hubspot_id, $stage as stage, "
                    "timestamp '2026-05-01' as created_at, timestamp '2026-05-02' as closes_at",
                    {"deal": deal, "stage": stage},
                )
        run_models(data_dir, monkeypatch, f"2026-06-{day:02}T12:00:00Z", MODELS, *flags, target=target)
        with duckdb.connect(data_dir / "warehouse.duckdb", read_only=True) as connection:
            rows = connection.sql("select * from intermediate.int_deal_stage_history").fetchall()
        assert all(seen.date() >= datetime(2026, 6, 1).date() for *_, seen in rows)
        return {(deal, stage): seen.day for deal, stage, _, seen in rows}

    return build


def test_a_deal_is_remembered_in_every_stage_from_the_build_that_saw_it_there_first(build):
    assert build(1, big="demo", small="demo") == {("big", "demo"): 1, ("small", "demo"): 1}
    assert build(2, big="proposal", small="demo") == {("big", "demo"): 1, ("small", "demo"): 1, ("big", "proposal"): 2}
    # Back to where it was, which is known already, and one that HubSpot holds no more.
    assert build(3, big="demo") == {("big", "demo"): 1, ("small", "demo"): 1, ("big", "proposal"): 2}


def test_a_full_refresh_forgets_no_stage(build):
    build(1, big="demo")
    assert build(2, "--full-refresh", big="closedwon") == {("big", "demo"): 1, ("big", "closedwon"): 2}


def test_a_build_of_an_earlier_day_knows_it_from_that_day_on(build):
    build(5, big="demo")
    assert build(3, big="demo") == {("big", "demo"): 3}
    assert build(4, big="demo") == {("big", "demo"): 3}
