"""Two contacts in a portal, synced twice as the shipped rules map them."""

from dataclasses import dataclass
from pathlib import Path

from dagster_project.crm.provisioning import provision
from dagster_project.crm.syncing import SyncRun, sync_object
from dagster_project.crm.transport import HubSpotApi
from dagster_project.defs.sync_run import mapped_objects
from dagster_project.sandbox.running import Sandbox
from dagster_project.settings import read_settings
from dagster_project.state.database import open_state
from tests.small_snapshot import desired_contact, publish_small


@dataclass(frozen=True)
class SyncedSmall:
    """A portal that the runs `first` (scores 10 and 11) and `second` (scores 80 and 81) wrote to."""

    sandbox: Sandbox
    record_ids: list[str]

    def scores(self) -> list[str | None]:
        return [self.sandbox.record("contacts", record_id).get("zo_pql_score") for record_id in self.record_ids]


def sync_small(sandbox: Sandbox, data_dir: Path, token: str) -> SyncedSmall:
    """Sync into this portal from this data folder, which the environment names."""
    record_ids = sandbox.add_contacts([{"email": "u1@brightloom.io"}, {"email": "u2@brightloom.io"}])
    api, settings, mapped = HubSpotApi(sandbox.url, token), read_settings(), mapped_objects()["contacts"]
    provision(api, [mapped])
    for run_id, score in (("first", 10), ("second", 80)):
        rows = [
            desired_contact(f"u{number}", record_id, pql_score=score - 1 + number, score_reasons="asked@brightloom.io")
            for number, record_id in enumerate(record_ids, 1)
        ]
        snapshot = publish_small(data_dir / "published", decide__crm_contacts_desired=rows)
        engine = open_state(settings.state_database_url)
        run = SyncRun(snapshot.directory, settings.state_dir, engine, run_id, snapshot.as_of)
        sync_object(run, api, mapped, lambda line: None)
    return SyncedSmall(sandbox, record_ids)
