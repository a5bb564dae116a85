"""Associations as Dagster shows them: in a dry run they are a plan that the account of the run tells."""

import pytest

from dagster_project.sandbox.running import Sandbox
from tests.conftest import TOKEN
from tests.small_snapshot import publish_small
from tests.whole_run import Pipeline, failed_checks, materialization, reasons

SYNCED, ACCOUNT = "sync/crm_associations_synced", "report/run_account"


def apart(number: int, company_id: str | None = "901") -> dict:
    """A row of decide.crm_associations_missing: a contact and a company that HubSpot holds apart."""
    return {
        "record_key": f"u{number}",
        "hubspot_id": str(number),
        "company_key": "c1",
        "company_hubspot_id": company_id,
        "matched_by": "both_known" if company_id else "company_absent",
    }


def test_a_dry_run_says_on_the_asset_and_in_the_account_what_it_would_associate(
    pipeline: Pipeline, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
):
    rows = [apart(1), apart(2), apart(3, company_id=None)]
    publish_small(pipeline.data_dir / "published", decide__crm_associations_missing=rows)
    pipeline.use_sandbox(sandbox, TOKEN)
    monkeypatch.setenv("PQL_DRY_RUN", "true")
    result = pipeline.materialize(SYNCED, ACCOUNT)
    assert (reasons(result), failed_checks(result)) == ({}, set())
    told = materialization(result, SYNCED)
    assert told["state"] == "dry run: 2 contacts would be associated with their company"
    assert len(told["left_out"]) == 1
    assert materialization(result, ACCOUNT)["account"] == (
        "- **sync**: associations: dry run, 2 contacts would be associated with their company."
    )
    assert sandbox.requests() == []
