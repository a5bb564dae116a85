"""What HubSpot holds of known records: who is not there is missing, and who could not be read is told."""

import json

import pytest
from crm_world import door
from scripted_server import Scripted, answering

from dagster_project.crm.errors import CrmRefused
from dagster_project.crm.reading_held import read_held


def read(api, *keys):
    return list(read_held(api, "contacts", keys, ["email"]))


def test_a_record_that_is_not_there_is_missing(world):
    here, gone = world.sandbox.add_contacts([{"email": "u1@a.example"}, {"email": "u2@a.example"}])
    world.sandbox.archive("contacts", gone)
    assert [item["id"] for item in read(world.api, here, gone, "999999")] == [here]


def test_a_record_that_could_not_be_read_for_another_reason_is_not_taken_for_gone():
    error = {"status": "error", "category": "INTERNAL_ERROR", "message": "not now"}
    body = json.dumps({"results": [{"id": "1", "properties": {}}], "numErrors": 1, "errors": [error]}).encode()
    with answering(Scripted(207, body)) as server, pytest.raises(CrmRefused, match=r"INTERNAL_ERROR\): not now"):
        read(door(server.url), "1", "2")
