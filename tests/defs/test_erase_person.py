"""The job and the command that erase a person, where a portal was synced."""

from pathlib import Path

import dagster as dg
import pytest

from dagster_project.__main__ import main
from dagster_project.defs.erase import erase_person
from dagster_project.sandbox.running import Sandbox
from dagster_project.settings import read_settings
from dagster_project.state.database import open_state
from dagster_project.state.tables import erased_names, erasures, ledger_log
from tests.conftest import TOKEN
from tests.synced_small import SyncedSmall, sync_small
from tests.whole_run import reasons

WHO = "u1@brightloom.io"


@pytest.fixture
def synced(sandbox: Sandbox, data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> SyncedSmall:
    monkeypatch.setenv("HUBSPOT_BASE_URL", sandbox.url)
    monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", TOKEN)
    return sync_small(sandbox, data_dir, TOKEN)


def run_job(instance: dg.DagsterInstance, **config: object) -> dg.ExecuteInProcessResult:
    from dagster_project.definitions import defs

    return defs.resolve_job_def(erase_person.name).execute_in_process(
        instance=instance,
        raise_on_error=False,
        run_config={
            "ops": {"erase_everywhere": {"config": config}},
            "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
        },
    )


def rows(table) -> list[dict]:
    with open_state(read_settings().state_database_url).connect() as connection:
        return [dict(row) for row in connection.execute(table.select()).mappings()]


def holding(folder: Path, text: str) -> list[Path]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return [path for path in files if text.encode() in path.read_bytes()]


def test_the_job_erases_what_was_typed_into_the_launchpad_too(synced: SyncedSmall, data_dir: Path):
    home = data_dir / "dagster"
    home.mkdir(parents=True)
    with dg.DagsterInstance.local_temp(str(home)) as instance:
        result = run_job(instance, email=WHO)
        assert reasons(result) == {}
        assert instance.get_run_by_id(result.run_id).status == dg.DagsterRunStatus.SUCCESS
    assert holding(data_dir, WHO) == []
    assert {row["record_key"] for row in rows(ledger_log)} == {"u2"}
    (output,) = result.filter_events(lambda event: event.is_successful_output)
    metadata = output.step_output_data.metadata
    assert metadata["erased"].value["state: ledger_log"] == 3
    assert f"HubSpot still holds contact {synced.record_ids[0]}" in " ".join(metadata["left"].value)
    assert [(row["names"], row["files"]) for row in rows(erasures)] == [({}, {})]
    assert {row["kind"] for row in rows(erased_names)} == {"email", "hubspot_id", "user_id"}


def test_a_dry_run_changes_nothing(synced: SyncedSmall, data_dir: Path):
    before = {path: path.read_bytes() for path in (data_dir / "published").rglob("*.parquet")}
    with dg.DagsterInstance.ephemeral() as instance:
        assert reasons(run_job(instance, user_id="u1", dry_run=True)) == {}
    assert {path: path.read_bytes() for path in (data_dir / "published").rglob("*.parquet")} == before
    assert (len(rows(ledger_log)), rows(erasures), rows(erased_names)) == (6, [], [])


def test_nobody_is_erased_beside_a_run(synced: SyncedSmall):
    with dg.DagsterInstance.ephemeral() as instance:
        instance.create_run_for_job(erase_person, status=dg.DagsterRunStatus.STARTED)
        (told,) = reasons(run_job(instance, email=WHO)).values()
    assert told.startswith("Nothing was erased: 1 run(s) are queued or under way (erase_person ")
    assert len(rows(ledger_log)) == 6


@pytest.mark.parametrize("config", [{}, {"email": WHO, "user_id": "u1"}, {"email": "nobody"}])
def test_the_job_asks_whom(synced: SyncedSmall, config: dict):
    with dg.DagsterInstance.ephemeral() as instance:
        (told,) = reasons(run_job(instance, **config)).values()
    assert told.startswith("Whom? Name one of the two")


def test_the_command_says_who_it_is_and_asks_before_it_erases(
    synced: SyncedSmall, data_dir: Path, capsys: pytest.CaptureFixture[str]
):
    assert main(["erase", "--email", WHO]) == 2
    told = capsys.readouterr()
    assert f"  user ids             u1\n  addresses            {WHO}\n" in told.out
    assert "Would be erased, in rows, lines or mentions:\n  snapshots (published)\n" in told.out
    assert told.err == "Nothing was erased. To go on without being asked: YES=1.\n"
    assert holding(data_dir, WHO)

    assert main(["erase", "--email", WHO, "--yes"]) == 0
    told = capsys.readouterr().out
    assert "Erased, in rows, lines or mentions:" in told
    assert f"  - HubSpot still holds contact {synced.record_ids[0]}: delete it there." in told
    assert holding(data_dir, WHO) == []
    assert main(["erase", "--email", WHO, "--yes"]) == 0
    assert capsys.readouterr().out.endswith("Nothing is kept here about them.\n")


def test_the_command_asks_whom(data_dir: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["erase"]) == 2
    assert capsys.readouterr().err.startswith("Whom? Name one of the two")
