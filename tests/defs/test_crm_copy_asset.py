"""The copy of HubSpot as Dagster shows it and as the account of the run tells it."""

import pytest

from dagster_project.sandbox.running import Sandbox
from tests.conftest import TOKEN
from tests.whole_run import Pipeline, materialization, reasons

DEAL = {"dealname": "Big", "dealstage": "qualifiedtobuy", "pipeline": "default"}


@pytest.fixture
def copying(pipeline: Pipeline, sandbox: Sandbox) -> Pipeline:
    pipeline.use_sandbox(sandbox, TOKEN)
    sandbox.add_contacts([{"email": "ann@a.example"}, {"email": "bob@a.example"}])
    sandbox.add_records("deals", [DEAL])
    sandbox.add_records("calls", [{"hs_timestamp": "2026-06-30T12:00:00Z", "contact_email": "ann@a.example"}])
    return pipeline


def copy(pipeline: Pipeline) -> dict:
    result = pipeline.materialize("raw/hubspot")
    assert reasons(result) == {}
    return materialization(result, "raw/hubspot")


def test_the_asset_shows_what_the_copy_holds_and_how_it_was_read(copying: Pipeline, sandbox: Sandbox):
    first = copy(copying)
    assert {name: first[name] for name in ("contacts", "companies", "deals", "calls", "engagements")} == {
        "contacts": 2,
        "companies": 0,
        "deals": 1,
        "calls": 1,
        "engagements": 1,
    }
    assert first["associations"] == 1
    assert {"contacts", "companies", "deals", "calls", "tasks"} <= set(first["read_whole"])
    assert first["calls_made"] > 8
    sandbox.add_contacts([{"email": "eve@a.example"}])
    second = copy(copying)
    assert (second["contacts"], second["dagster/row_count"]) == (3, 3)
    assert set(second["read_changed"]) == {"contacts", "deals", "calls"}
    # Nothing to go by where there was nothing to read.
    assert {"companies", "tasks"} <= set(second["read_whole"])


def test_what_the_token_may_not_see_is_left_out_and_the_account_names_the_scope(copying: Pipeline, sandbox: Sandbox):
    sandbox.inject("missing_scopes", path_regex="objects/[^/]+/deals")
    result = copying.run()
    assert reasons(result) == {}
    account = materialization(result, "report/run_account")["account"]
    assert "2 contacts, 0 companies, 0 owners, 1 engagement read." in account
    assert "deals not read: " in account
    assert "crm.objects.deals.read" in account
    assert TOKEN not in account


def test_when_hubspot_gives_no_more_calls_the_last_copy_stays_whole(copying: Pipeline, sandbox: Sandbox):
    copy(copying)
    query = "select * from raw.hubspot_contacts order by all"
    before = copying.query(query), copying.query("from raw.hubspot_copies order by all")
    sandbox.add_contacts([{"email": "eve@a.example"}])
    sandbox.inject("429_daily", path_regex="calls/contacts/batch/read|/tasks")
    assert "the last copy was kept" in copy(copying)["state"]
    assert (copying.query(query), copying.query("from raw.hubspot_copies order by all")) == before
