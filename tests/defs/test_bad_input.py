"""What goes wrong for a person: one clear message that names the place, and nothing lost."""

import shutil
from pathlib import Path

import polars as pl
import pytest

from dagster_project.resources import hubspot as hubspot_resource
from dagster_project.sandbox.running import Sandbox
from dagster_project.settings import SHIPPED_RULES_DIR
from tests.conftest import TOKEN
from tests.whole_run import SAMPLE_AS_OF, Pipeline, failed_checks, materialization, reasons

NOBODY_LISTENS = "http://127.0.0.1:9"


def test_a_dead_hubspot_stops_the_sync_with_one_message_and_the_next_run_sends_everything(
    pipeline: Pipeline, portal: Sandbox, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(hubspot_resource, "ATTEMPTS", 2)
    pipeline.land_sample()
    pipeline.use_sandbox(portal, TOKEN)
    monkeypatch.setenv("HUBSPOT_BASE_URL", NOBODY_LISTENS)
    dead = pipeline.run(as_of=SAMPLE_AS_OF)
    assert set(reasons(dead)) == {"sync__crm_properties"}
    assert reasons(dead)["sync__crm_properties"] == (
        f"HubSpot at {NOBODY_LISTENS} cannot be reached: the connection was refused or the address is not known, "
        "2 times in a row."
    )
    # Scores do not wait for the CRM.
    assert pipeline.table("score.contact_scores").height == 275
    assert portal.messages() == []

    monkeypatch.setenv("HUBSPOT_BASE_URL", portal.url)
    alive = pipeline.run(as_of=SAMPLE_AS_OF)
    assert reasons(alive) == {}
    assert materialization(alive, "sync/crm_contacts_synced")["handoffs"] == 12
    assert len(portal.messages()) > 12


def test_a_missing_token_is_named_and_so_is_one_that_hubspot_does_not_take(
    pipeline: Pipeline, portal: Sandbox, monkeypatch: pytest.MonkeyPatch
):
    pipeline.use_sandbox(portal, TOKEN)
    monkeypatch.delenv("HUBSPOT_ACCESS_TOKEN")
    missing = reasons(pipeline.materialize("sync/crm_properties"))["sync__crm_properties"]
    assert missing.startswith("HUBSPOT_BASE_URL is set and HUBSPOT_ACCESS_TOKEN is not")

    monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", TOKEN)
    portal.inject("invalid_token")
    wrong = reasons(pipeline.materialize("sync/crm_properties"))["sync__crm_properties"]
    assert wrong.startswith("HubSpot does not accept the token in HUBSPOT_ACCESS_TOKEN (401)")
    assert TOKEN not in missing + wrong


def test_a_bad_number_in_a_rule_file_names_file_row_and_column_and_leaves_the_last_build_current(
    pipeline: Pipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    rules = tmp_path / "rules"
    shutil.copytree(SHIPPED_RULES_DIR, rules)
    monkeypatch.setenv("PQL_RULES_DIR", str(rules))
    pipeline.land_sample()
    assert reasons(pipeline.run("score", as_of=SAMPLE_AS_OF)) == {}
    before = (pipeline.data_dir / "published" / "current").resolve()

    broken = (rules / "engagement_rules.csv").read_text(encoding="utf-8").replace(",1,,20,", ",1,,twenty,", 1)
    (rules / "engagement_rules.csv").write_text(broken, encoding="utf-8")
    told = reasons(pipeline.run("score", as_of=SAMPLE_AS_OF))
    assert told == {
        "scored_and_decided": "engagement_rules.csv, row 2, column points: found 'twenty'; allowed: a number with at "
        "most 4 decimal places"
    }
    assert (pipeline.data_dir / "published" / "current").resolve() == before
    assert (rules / "engagement_rules.csv").read_text(encoding="utf-8") == broken


def test_a_broken_line_and_a_file_without_a_column_do_not_hold_back_the_rest(pipeline: Pipeline):
    good = '{"event_id": "%s", "user_id": "u1", "event_type": "logged_in", "timestamp": "2026-11-01T10:00:00Z"}\n'
    (pipeline.landing / "events_1.csv").write_text("event_id,user_id,event_type\ne0,u1,logged_in\n", encoding="utf-8")
    (pipeline.landing / "events_2.jsonl").write_text(good % "e1" + '{"event_id": \n' + good % "e2", encoding="utf-8")
    (pipeline.landing / "notes.txt").write_text("x", encoding="utf-8")
    result = pipeline.materialize("raw/product_events")
    assert reasons(result) == {}
    assert failed_checks(result) == {"every_landing_file_was_taken", "few_lines_are_quarantined"}
    metadata = materialization(result, "raw/product_events")
    assert (metadata["loaded_now"], metadata["quarantined_by_reason"]) == (2, {"json_broken": 1})
    assert pipeline.query("select file_name, line_number, reason from raw.quarantine order by reason") == [
        ("events_1.csv", None, "column_missing"),
        ("events_2.jsonl", 2, "json_broken"),
    ]


def test_without_a_token_and_without_an_address_everything_is_said_and_nothing_is_sent(pipeline: Pipeline):
    pipeline.land_sample()
    result = pipeline.run(as_of=SAMPLE_AS_OF)
    assert reasons(result) == {}
    account = materialization(result, "report/run_account")["account"]
    assert "contacts: dry run," in account
    assert "values of 274 records would be sent" in account
    assert "owed and none sent" in account
    assert not (pipeline.data_dir / "state" / "ledger_contacts.parquet").exists()


def test_pql_dry_run_reads_hubspot_not_even_with_a_token(
    pipeline: Pipeline, portal: Sandbox, monkeypatch: pytest.MonkeyPatch
):
    pipeline.use_sandbox(portal, TOKEN)
    monkeypatch.setenv("PQL_DRY_RUN", "true")
    pipeline.land_sample()
    assert reasons(pipeline.run(as_of=SAMPLE_AS_OF)) == {}
    assert portal.requests() == []


def test_messages_wait_for_slack_and_are_posted_once_it_is_there(
    pipeline: Pipeline, portal: Sandbox, monkeypatch: pytest.MonkeyPatch
):
    pipeline.land_sample()
    pipeline.use_sandbox(portal, TOKEN)
    monkeypatch.delenv("SLACK_BOT_TOKEN")
    monkeypatch.delenv("SLACK_BASE_URL")
    assert reasons(pipeline.run(as_of=SAMPLE_AS_OF)) == {}
    assert portal.messages() == []

    pipeline.use_sandbox(portal, TOKEN)
    assert reasons(pipeline.run(as_of=SAMPLE_AS_OF)) == {}
    assert len([message for message in portal.messages() if message["channel"] == "#pql-handoff"]) == 12


def test_a_data_folder_of_one_portal_is_not_used_for_another(pipeline: Pipeline, portal: Sandbox):
    pipeline.use_sandbox(portal, TOKEN)
    assert reasons(pipeline.materialize("raw/hubspot")) == {}
    from dagster_project.settings import read_settings
    from dagster_project.state.database import open_state

    with open_state(read_settings().state_database_url).begin() as connection:
        connection.exec_driver_sql("update portal set portal_id = '7', base_url = 'https://api.hubapi.com'")
    hubspot_resource._portal.cache_clear()
    told = reasons(pipeline.materialize("sync/crm_properties"))["sync__crm_properties"]
    assert told.startswith("This data folder belongs to HubSpot portal 7 (https://api.hubapi.com)")


def test_a_wrong_clock_in_the_launchpad_is_named(pipeline: Pipeline):
    told = reasons(pipeline.materialize("raw/pipeline_memory", as_of="yesterday"))
    assert told["raw__pipeline_memory"].startswith("as_of of the resource `clock` is 'yesterday'")


def test_assets_after_decide_say_what_to_run_when_nothing_is_published(pipeline: Pipeline):
    told = reasons(pipeline.materialize("diff/crm_contacts_changed"))
    assert "run `make run`, which builds and publishes" in told["diff__crm_contacts_changed"]


def test_a_wiped_warehouse_does_not_empty_hubspot(pipeline: Pipeline, portal: Sandbox, monkeypatch: pytest.MonkeyPatch):
    pipeline.land_sample()
    pipeline.use_sandbox(portal, TOKEN)
    assert reasons(pipeline.run(as_of=SAMPLE_AS_OF)) == {}
    (pipeline.data_dir / "warehouse.duckdb").unlink()
    shutil.rmtree(pipeline.landing)
    told = reasons(pipeline.run(as_of=SAMPLE_AS_OF))
    assert "are no longer in the warehouse" in told["sync__crm_companies_synced"]
    assert portal.contact("nora.lindqvist@brightloom.example")["zo_pql_score"] == "80"


def test_a_dropped_and_rebuilt_warehouse_forgets_nothing_that_was_sent(pipeline: Pipeline, portal: Sandbox):
    pipeline.land_sample()
    pipeline.use_sandbox(portal, TOKEN)
    assert reasons(pipeline.run(as_of=SAMPLE_AS_OF)) == {}
    posted, calls = len(portal.messages()), len(portal.requests())
    assert portal.events()
    (pipeline.data_dir / "warehouse.duckdb").unlink()
    shutil.rmtree(pipeline.data_dir / "published")
    for ledger in (pipeline.data_dir / "state").glob("ledger_*.parquet"):
        ledger.unlink()
    assert reasons(pipeline.run(as_of=SAMPLE_AS_OF)) == {}
    assert [call for call in portal.requests(writes_only=True) if call["sequence"] > calls] == []
    assert len(portal.messages()) == posted
    handoffs = pipeline.table("decide.handoffs")
    assert set(handoffs["handoff_state"]) == {"acknowledged"}
    assert handoffs.filter(pl.col("owner_email").is_null()).is_empty()
