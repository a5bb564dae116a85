"""What HubSpot does not take is a table on the asset, and an error where it is much."""

import dagster as dg
import pytest

from dagster_project.crm.property_map import MappedObject
from dagster_project.crm.refusals import SHOWN
from dagster_project.crm.syncing import SyncSummary
from dagster_project.crm.transport import HubSpotApi
from dagster_project.defs.sync import REJECTED_CHECK, sync_checks
from dagster_project.sandbox.running import Sandbox
from tests.conftest import TOKEN
from tests.whole_run import SAMPLE_AS_OF, Pipeline, materialization, reasons

SYNCED = "sync/crm_contacts_synced"


def took_every_value(result: dg.ExecuteInProcessResult) -> dg.AssetCheckEvaluation:
    (found,) = [check for check in result.get_asset_check_evaluations() if check.check_name == REJECTED_CHECK]
    return found


def test_a_property_that_somebody_deleted_is_told_record_by_record_while_the_rest_is_written(
    pipeline: Pipeline, portal: Sandbox
):
    pipeline.land_sample()
    pipeline.use_sandbox(portal, TOKEN)
    assert reasons(pipeline.run("score", as_of=SAMPLE_AS_OF)) == {}
    assert reasons(pipeline.materialize("sync/crm_properties", as_of=SAMPLE_AS_OF)) == {}
    HubSpotApi(portal.url, TOKEN).call("DELETE", "/crm/properties/{version}/contacts/zo_sales_priority")

    first = pipeline.materialize(SYNCED, as_of=SAMPLE_AS_OF)
    assert reasons(first) == {}
    told = materialization(first, SYNCED)
    assert told["records_acknowledged"] == told["records_refused"] == 212
    assert told["handoffs"] == 12
    assert len(told["refused"].records) == SHOWN
    row = told["refused"].records[0].data
    assert (row["properties"], row["tries"]) == ("zo_sales_priority", 1)
    assert row["why"].startswith("VALIDATION_ERROR: ")
    assert "PROPERTY_DOESNT_EXIST" in row["why"]
    check = took_every_value(first)
    assert (check.passed, check.severity) == (False, dg.AssetCheckSeverity.ERROR)
    assert check.metadata["refused_pct"].value == 100.0

    # They wait; that nothing was refused in this very run is no all-clear.
    second = pipeline.materialize(SYNCED, as_of=SAMPLE_AS_OF)
    assert materialization(second, SYNCED)["records_waiting_after_refusal"] == 212
    assert materialization(second, SYNCED)["calls"] == 0
    assert not took_every_value(second).passed


@pytest.mark.parametrize(
    ("changed", "rejected", "waiting", "pct", "severity"),
    [
        (0, 0, 0, 0, dg.AssetCheckSeverity.WARN),
        (100, 5, 0, 5, dg.AssetCheckSeverity.WARN),
        (100, 3, 2, 5, dg.AssetCheckSeverity.WARN),
        (100, 3, 3, 6, dg.AssetCheckSeverity.ERROR),
        (1, 1, 0, 100, dg.AssetCheckSeverity.ERROR),
    ],
)
def test_what_was_refused_before_counts_with_what_is_refused_now(changed, rejected, waiting, pct, severity):
    summary = SyncSummary("contacts", changed_records=changed, rejected={"X": rejected}, waiting_records=waiting)
    mapped = MappedObject("contacts", (), makes_unknown_records=False, max_cleared_pct=20, max_refused_pct=5)
    assert summary.refused_pct == pct
    (check,) = [check for check in sync_checks(summary, mapped) if check.check_name == REJECTED_CHECK]
    assert check.severity == severity
