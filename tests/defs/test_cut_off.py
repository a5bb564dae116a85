"""A run that loses HubSpot's answer, and the whole job after it: what HubSpot took is recognised and finished."""

from collections import Counter

import pytest

from dagster_project.crm import transport
from dagster_project.resources import hubspot as hubspot_resource
from dagster_project.sandbox.running import Sandbox
from tests.conftest import TOKEN
from tests.whole_run import SAMPLE_AS_OF, Pipeline, reasons

LATER = "2026-11-20T10:00:00Z"


def test_handoffs_whose_answer_was_lost_are_finished_by_the_next_whole_job_with_the_same_owners(
    pipeline: Pipeline, portal: Sandbox, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(hubspot_resource, "ATTEMPTS", 1)
    # One batch at a time: the third one has not left when the answer of the second is lost.
    monkeypatch.setattr(transport, "MOST_AT_ONCE", 1)
    pipeline.land_sample()
    pipeline.use_sandbox(portal, TOKEN)
    # The first batch passes, and the answer of the second one, with most of the handoffs in it, is lost.
    portal.inject("reset", when="after", path_regex="contacts/batch/update", probability=0.5, seed=10, times=1)
    assert set(reasons(pipeline.run(as_of=SAMPLE_AS_OF))) == {"sync__crm_contacts_synced"}
    proposed = pipeline.table("decide.handoffs")
    taken = [contact["email"] for contact in portal.contacts() if contact.get("zo_handoff_at")]
    assert proposed.height == 12
    assert 0 < len(taken) < 12
    assert portal.messages() == []

    assert reasons(pipeline.run(as_of=LATER)) == {}
    record_ids = dict(pipeline.table("decide.crm_contacts_desired").select("record_key", "hubspot_id").rows())
    contacts = {contact["hs_object_id"]: contact for contact in portal.contacts()}
    for handoff in proposed.rows(named=True):
        contact = contacts[record_ids[handoff["record_key"]]]
        assert contact["lifecyclestage"] == "salesqualifiedlead"
        assert contact["hubspot_owner_id"] == handoff["owner_id"]
        assert contact["zo_handoff_at"] == SAMPLE_AS_OF.replace("Z", ".000Z")
    told = Counter(message["text"].splitlines()[0] for message in portal.messages("#pql-handoff"))
    assert len(told) == 12
    assert set(told.values()) == {1}
