"""A plan that changes too much: the run fails with the reason, a check says so, and approval sends this very plan."""

import re

from dagster_project.sandbox.running import Sandbox
from tests.conftest import TOKEN
from tests.whole_run import SAMPLE_AS_OF, Pipeline, failed_checks, materialization, reasons

SYNCED = "sync/crm_contacts_synced"
CHECK = "no_more_changes_than_is_likely"


def activated(portal: Sandbox) -> int:
    return sum(contact.get("zo_activation_status") == "activated" for contact in portal.contacts())


def test_a_build_that_takes_activation_from_everybody_is_held_and_can_be_approved(pipeline: Pipeline, portal: Sandbox):
    pipeline.land_sample()
    pipeline.use_sandbox(portal, TOKEN)
    assert reasons(pipeline.run(as_of=SAMPLE_AS_OF)) == {}
    before = activated(portal)
    assert before > 100

    # As if all events were lost: a clock before the first of them.
    lost = pipeline.run(as_of="2025-01-01T00:00:00Z")
    assert CHECK in failed_checks(lost)
    told = reasons(lost)
    assert told.keys() == {"sync__crm_companies_synced"}
    assert told["sync__crm_companies_synced"].startswith(
        "The sync of companies is held, nothing was sent: 36 of the 37 "
    )

    held = reasons(pipeline.materialize(SYNCED))["sync__crm_contacts_synced"]
    assert re.search("zo_activation_status would change on [0-9]{3} of the 212 contacts that have one", held)
    plan = re.search("approve: ([0-9a-f]{12})", held)[1]
    assert plan in materialization(lost, "diff/crm_contacts_changed")["plan"]
    other = pipeline.materialize(SYNCED, config={"approve": "0123456789ab"})
    assert "by now it is another one" in reasons(other)["sync__crm_contacts_synced"]
    assert activated(portal) == before

    approved = pipeline.materialize(SYNCED, config={"approve": plan})
    assert reasons(approved) == {}
    assert activated(portal) < 10
