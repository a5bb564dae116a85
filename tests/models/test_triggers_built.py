"""Triggers over the sample, built for real: each episode is proposed once, under one id, whatever the clock says."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from dagster_project.landing.domains import refresh_email_domains
from dagster_project.landing.loading import load_source
from dagster_project.landing.tables import create_raw_tables
from dagster_project.resources.warehouse import open_warehouse
from dagster_project.settings import SAMPLE_DIR
from tests.models.dbt_in_process import run_models

# Half an hour and an hour after somebody at a company of over a hundred hit the paywall.
FIRST, SECOND = "2026-11-18T13:30:00Z", "2026-11-18T14:00:00Z"
ACTIONS = ["+path:models/marts/decide/actions.sql", "+path:models/marts/decide/trigger_episodes.sql"]
PAYWALL = ("paywall_hit", "u_priti_shah")
SMALL_AND_NEW = "u_nikos_pappas"
# As HubSpot holds the people of the sample: every address, and nobody at any stage.
CRM = """
insert into raw.hubspot_contacts (hubspot_id, email)
select cast(row_number() over (order by email) as varchar), lower(trim(email))
from (select distinct email from raw.product_users where email is not null);
insert into raw.hubspot_contact_emails select hubspot_id, email, true from raw.hubspot_contacts;
insert into raw.hubspot_owners values ('201', 'dana.reyes@orbit.example', 'Dana', 'Reyes');
insert into raw.hubspot_lifecycle_stages values ('lead', 'Lead', 1), ('salesqualifiedlead', 'SQL', 3);
insert into raw.hubspot_copies (object_type, copied_at, record_count)
select unnest(['contacts', 'owners']), timestamp '2026-11-18 12:00:00', 1;
"""
REMEMBER = """
insert into raw.pipeline_deliveries by name
select
    action_id, trigger_id, kind, target, record_key, subject_key, episode, moment_at - to_days($days_ago) as moment_at,
    owner_id, pool, turn, $state as state
from decided.decide.actions
"""


@pytest.fixture(scope="module")
def landed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse in which the sample lies and nothing was built."""
    folder = tmp_path_factory.mktemp("landed")
    with open_warehouse(folder / "warehouse.duckdb") as connection:
        create_raw_tables(connection)
        load_source(connection, SAMPLE_DIR / "landing", "product")
        refresh_email_domains(connection, {})
        connection.execute(CRM)
    return folder


@dataclass(frozen=True)
class Build:
    warehouse: Path

    def actions(self) -> dict[tuple, tuple[str, int]]:
        """Id and episode of each action, by trigger, subject, kind and target."""
        columns = "trigger_id, subject_key, kind, target, action_id, episode"
        with duckdb.connect(self.warehouse, read_only=True) as connection:
            rows = connection.sql(f"select {columns} from decide.actions").fetchall()
        return {row[:4]: row[4:] for row in rows}

    def episodes_of(self, user_id: str) -> list[str]:
        with duckdb.connect(self.warehouse, read_only=True) as connection:
            query = "select trigger_id from decide.trigger_episodes where record_key = $user order by 1"
            return [name for (name,) in connection.execute(query, {"user": user_id}).fetchall()]

    def of(self, trigger_id: str, subject_key: str) -> dict[str, tuple[str, int]]:
        return {key[2]: found for key, found in self.actions().items() if key[:2] == (trigger_id, subject_key)}


@pytest.fixture(scope="module")
def build(landed: Path, tmp_path_factory: pytest.TempPathFactory):
    """Build the actions for a clock, with what an earlier build proposed in the memory or without."""

    def build(as_of: str, before: Build | None = None, *, state: str = "delivered", days_ago: int = 0) -> Build:
        folder = tmp_path_factory.mktemp("build")
        shutil.copyfile(landed / "warehouse.duckdb", folder / "warehouse.duckdb")
        if before is not None:
            with open_warehouse(folder / "warehouse.duckdb") as connection:
                connection.execute(f"attach '{before.warehouse}' as decided (read_only)")
                connection.execute(REMEMBER, {"days_ago": days_ago, "state": state})
        with pytest.MonkeyPatch.context() as environment:
            run_models(folder, environment, as_of, ACTIONS, target=landed / "target")
        return Build(folder / "warehouse.duckdb")

    return build


@pytest.fixture(scope="module")
def first(build) -> Build:
    return build(FIRST)


def test_a_paywall_at_a_large_company_is_a_task_a_sequence_a_message_and_a_webhook(first: Build):
    assert set(first.of(*PAYWALL)) == {"hubspot_task", "sequence"}
    assert set(first.of("paywall_hit_large", "u_priti_shah")) == {"slack_message", "webhook"}


def test_a_first_login_at_a_company_of_five_begins_nothing(first: Build):
    assert first.episodes_of(SMALL_AND_NEW) == []


def test_a_rerun_before_anything_is_acknowledged_proposes_the_same_under_the_same_ids(first: Build, build):
    again = build(SECOND)
    both = first.actions().keys() & again.actions().keys()
    assert PAYWALL in {key[:2] for key in both}
    assert {key: again.actions()[key] for key in both} == {key: first.actions()[key] for key in both}
    # What is under way in the outbox is the same still.
    under_way = build(SECOND, first, state="pending")
    assert {key: under_way.actions()[key] for key in both} == {key: first.actions()[key] for key in both}


def test_a_rebuilt_warehouse_that_remembers_proposes_nothing_anew(first: Build, build):
    rebuilt = build(SECOND, first)
    assert not {found[0] for found in rebuilt.actions().values()} & {found[0] for found in first.actions().values()}
    assert rebuilt.of(*PAYWALL) == {}


def test_a_second_episode_has_ids_of_its_own(first: Build, build):
    later = build(SECOND, first, days_ago=14)
    before, after = first.of(*PAYWALL), later.of(*PAYWALL)
    assert after.keys() == before.keys()
    assert {episode for _, episode in after.values()} == {2}
    assert not {action_id for action_id, _ in after.values()} & {action_id for action_id, _ in before.values()}
