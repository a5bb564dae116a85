"""Dagster's storage in a Postgres, as dagster_project/instance_postgres.yaml has it: one for several machines."""

import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import dagster as dg
import pytest

from dagster_project.defs.pools import WAREHOUSE_POOL
from dagster_project.resources.running import postgres_url_of
from dagster_project.settings import PROJECT_DIR
from tests.throwaway_postgres import Cluster

pytestmark = pytest.mark.skipif(
    find_spec("dagster_postgres") is None, reason="dagster-postgres is not installed: make test-postgres has it"
)


@pytest.fixture
def machines(
    postgres: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[dg.DagsterInstance, dg.DagsterInstance]]:
    """Two homes, as of two machines, with one database."""
    name = postgres.new_database()
    url = postgres.url_with_password(name).replace("+psycopg:", "+psycopg2:")
    monkeypatch.setenv("DAGSTER_POSTGRES_URL", url)
    homes = [tmp_path / "one", tmp_path / "other"]
    for home in homes:
        home.mkdir()
        shutil.copyfile(PROJECT_DIR / "dagster_project" / "instance_postgres.yaml", home / "dagster.yaml")
    with dg.DagsterInstance.from_config(str(homes[0])) as one, dg.DagsterInstance.from_config(str(homes[1])) as other:
        yield one, other
    postgres.drop(name)


@dg.op
def nothing() -> None:
    pass


@dg.job
def small() -> None:
    nothing()


def test_another_machine_sees_what_one_ran(machines: tuple[dg.DagsterInstance, dg.DagsterInstance]):
    one, other = machines
    done = small.execute_in_process(instance=one)
    (run,) = other.get_runs()
    assert (run.run_id, run.status) == (done.run_id, dg.DagsterRunStatus.SUCCESS)
    events = [entry.dagster_event.event_type_value for entry in other.all_logs(done.run_id) if entry.dagster_event]
    assert "STEP_SUCCESS" in events
    assert postgres_url_of(other) == postgres_url_of(one) is not None


def test_one_machine_at_a_time_has_the_place_in_a_pool(machines: tuple[dg.DagsterInstance, dg.DagsterInstance]):
    one, other = (machine.event_log_storage for machine in machines)
    one.initialize_concurrency_limit_to_default(WAREHOUSE_POOL)
    assert one.claim_concurrency_slot(WAREHOUSE_POOL, "run-of-one", "build").is_claimed
    assert not other.claim_concurrency_slot(WAREHOUSE_POOL, "run-of-other", "build").is_claimed
    one.free_concurrency_slots_for_run("run-of-one")
    assert other.claim_concurrency_slot(WAREHOUSE_POOL, "run-of-other", "build").is_claimed
