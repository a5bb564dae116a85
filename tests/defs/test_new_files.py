"""New files in seconds: those whom they concern are scored, written and told of before everybody is looked at."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from dagster_project.concerned.building import KEPT
from dagster_project.publish.parts import is_left_to_all
from dagster_project.sandbox.running import Sandbox, running_sandbox
from dagster_project.settings import SAMPLE_DIR
from tests.conftest import TOKEN, name_nobody
from tests.whole_run import SAMPLE_AS_OF, Pipeline, materialization, reasons

NOW = datetime.fromisoformat(SAMPLE_AS_OF)
LATER = (NOW + timedelta(minutes=10)).isoformat()
# Enough for activation and sixty points.
DONE = ("onboarding_completed", "file_uploaded", "trial_started", "teammate_invited", "teammate_invited")
# Whom HubSpot holds to be at sales by now is known to whoever read HubSpot since.
READ_FROM_HUBSPOT = {"lifecycle_stage", "owner_id", "hubspot_id", "matched_by", "company_hubspot_id"}


@dataclass(frozen=True)
class Company:
    """The sample company after a run of everything."""

    pipeline: Pipeline
    portal: Sandbox

    def new_files(self, as_of: str = LATER) -> dg.ExecuteInProcessResult:
        return self.pipeline.run("new_files", as_of=as_of, resources={"marts": {"config": {"is_part": True}}})

    def part(self, table: str) -> pl.DataFrame:
        return pl.read_parquet(self.pipeline.data_dir / "parts" / "current" / f"{table}.parquet")

    def land(self, user_id: str) -> None:
        """They do what makes them sales qualified."""
        lines = [
            {
                "event_id": f"{user_id}-{number}",
                "user_id": user_id,
                "event_type": event_type,
                "timestamp": (NOW + timedelta(seconds=number)).isoformat(),
                "properties": {"invitee_email": f"invited{number}@bench.example"},
            }
            for number, event_type in enumerate(DONE)
        ]
        text = "".join(f"{json.dumps(line)}\n" for line in lines)
        (self.pipeline.landing / f"events_{user_id}.jsonl").write_text(text, encoding="utf-8")

    def nobodys(self) -> list[dict]:
        """People who would be handed off if they did what it takes."""
        leads = self.pipeline.query(
            "select user_id from intermediate.int_people where hubspot_id is not null "
            "and lifecycle_stage in ('lead', 'marketingqualifiedlead')"
        )
        people = self.pipeline.table("score.contact_scores").filter(
            pl.col("user_id").is_in([user_id for (user_id,) in leads])
            & (pl.col("pql_score") < 50)
            & (pl.col("fit_score") >= 20)
            & (pl.col("sales_priority") == "normal")
            & (pl.col("company_active_users_30d") >= 2)
            & ~pl.col("user_id").is_in(self.pipeline.table("decide.handoffs")["record_key"].to_list())
        )
        return people.sort("user_id").rows(named=True)


@pytest.fixture(scope="module")
def _whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Sandbox]]:
    data_dir = tmp_path_factory.mktemp("new_files") / "data"
    with running_sandbox(seed=SAMPLE_DIR / "crm", slack_burst=1000, slack_per_second=1000) as portal:
        with pytest.MonkeyPatch.context() as environment:
            name_nobody(environment)
            pipeline = Pipeline.in_folder(data_dir, environment)
            pipeline.use_sandbox(portal, TOKEN)
            pipeline.land_sample()
            assert reasons(pipeline.run(as_of=SAMPLE_AS_OF)) == {}
        yield data_dir, portal


@pytest.fixture
def company(_whole: tuple[Path, Sandbox], monkeypatch: pytest.MonkeyPatch) -> Company:
    """One test goes on where the one before it ended."""
    data_dir, portal = _whole
    pipeline = Pipeline.in_folder(data_dir, monkeypatch)
    pipeline.use_sandbox(portal, TOKEN)
    return Company(pipeline, portal)


def test_a_run_without_anything_new_writes_and_says_nothing(company: Company):
    before, messages = len(company.portal.requests()), len(company.portal.messages())
    done = company.new_files(SAMPLE_AS_OF)
    assert reasons(done) == {}
    assert materialization(done, "decide/concerned_marts")["people"] == 0
    written = [request for request in company.portal.requests()[before:] if request["write"]]
    assert (written, len(company.portal.messages())) == ([], messages)


def test_whoever_a_file_concerns_is_handed_off_at_once_and_the_next_build_of_everybody_agrees(company: Company):
    person, *_ = company.nobodys()
    messages = len(company.portal.messages())
    company.land(person["user_id"])
    done = company.new_files()
    assert reasons(done) == {}
    contact = company.portal.contact(person["contact_email"])
    assert contact["lifecyclestage"] == "salesqualifiedlead"
    assert int(contact["zo_pql_score"]) >= 50
    told = len(company.portal.messages())
    assert told > messages
    assert 1 <= materialization(done, "decide/concerned_marts")["people"] < 60

    # What was published for everybody before knows less, and nothing of it is written over the new values.
    assert reasons(company.pipeline.run("sync", as_of=LATER)) == {}
    assert company.portal.contact(person["contact_email"]) == contact

    # The next build of everybody comes to the same for all of them, and has nothing to say to anybody.
    part = {table: company.part(table) for table in KEPT}
    assert reasons(company.pipeline.run("score", as_of=LATER)) == {}
    for table in ("score.contact_scores", "score.company_scores", "decide.crm_companies_desired"):
        key, rows = part[table].columns[0], part[table]
        whole = company.pipeline.table(table).filter(pl.col(key).is_in(rows[key].to_list()))
        columns = [name for name in rows.columns if name not in READ_FROM_HUBSPOT]
        assert rows.height > 0
        assert whole.select(columns).sort(key).equals(rows.select(columns).sort(key)), table
    assert reasons(company.pipeline.run("sync", as_of=LATER)) == {}
    assert company.portal.contact(person["contact_email"])["zo_pql_score"] == contact["zo_pql_score"]
    assert len(company.portal.messages()) == told


def test_files_that_concern_too_many_are_left_to_a_build_of_everybody(
    company: Company, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("dagster_project.concerned.reach.MOST_PEOPLE", 0)
    person, *_ = company.nobodys()
    company.land(person["user_id"])
    done = company.new_files()
    assert reasons(done) == {}
    told = materialization(done, "decide/concerned_marts")
    assert (told["people"], told["left_to_a_build_of_everybody"]) == (0, "what is new concerns more than 0 people")
    folders = (company.pipeline.data_dir / "parts", company.pipeline.data_dir / "published")
    assert is_left_to_all(*folders)
    assert reasons(company.pipeline.run(as_of=LATER)) == {}
    assert not is_left_to_all(*folders)
    assert company.portal.contact(person["contact_email"])["lifecyclestage"] == "salesqualifiedlead"


def test_before_anybody_was_scored_it_is_said_what_to_run(pipeline: Pipeline):
    pipeline.land_sample()
    done = pipeline.run("new_files", as_of=LATER)
    assert reasons(done)["decide__concerned_marts"].startswith("Nobody was scored yet; run `make run`")
