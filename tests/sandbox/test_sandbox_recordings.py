"""Recorded real traffic, replayed: the sandbox answers with the same status codes, headers and body shapes.

The recordings (grouparoo's, MIT, against the real API in 2022) are not part of the repository; `PQL_REAL_DATA` names
the folder that holds `hubspot_recorded_contacts`.
"""

import gzip
import json
import os
from pathlib import Path

import pytest
from sandbox_client import Client

REPOSITORY = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("PQL_REAL_DATA") or REPOSITORY.parent / "shared" / "data")
FOLDER = DATA / "hubspot_recorded_contacts"

pytestmark = pytest.mark.skipif(
    not (FOLDER / "interactions.json.gz").is_file(), reason=f"no recordings in {FOLDER}; set PQL_REAL_DATA"
)

# What the real API adds to an answer today and did not in 2022.
ADDED_SINCE = {"url"}


def recorded():
    with gzip.open(FOLDER / "interactions.json.gz", "rt", encoding="utf-8") as file:
        return json.load(file)["export-objects/export-records-contact.js"]


class Replay:
    """Sends recorded requests, with the ids of the recording turned into the sandbox's."""

    def __init__(self, sandbox):
        self.sandbox = sandbox
        self.client = Client(sandbox.url)
        self.ids: dict[str, str] = {}

    def send(self, interaction):
        body = json.loads(json.dumps(interaction["request_body"]))
        for item in body.get("inputs", []):
            if "id" in item:
                item["id"] = self.ids[item["id"]]
        return self.client.post(interaction["path"].replace("/crm/v3/objects/", "/crm/objects/2026-03/"), body)

    def learn(self, interaction, answer):
        """Pair the ids of created contacts by their address, since neither side keeps the order."""
        ours = {result["properties"]["email"]: result["id"] for result in answer.json()["results"]}
        for result in interaction["response_body"]["results"]:
            self.ids[result["id"]] = ours[result["properties"]["email"]]


def shape(result):
    return {key: sorted(value) if key == "properties" else type(value).__name__ for key, value in result.items()}


@pytest.fixture
def replay(sandbox):
    for name, kind, field in (
        ("text_field", "string", "text"),
        ("number_field", "number", "number"),
        ("date_field", "date", "date"),
    ):
        sandbox.add_property("contacts", name=name, type=kind, fieldType=field)
    sandbox.add_contacts([{"email": "grouparoo@demo.com", "firstname": "John"}])
    replay = Replay(sandbox)
    replay.ids["286101"] = sandbox.contacts()[0]["id"]  # was there before the recording began
    return replay


def test_recorded_calls_get_the_recorded_status_and_shape(sandbox, replay):
    compared = {"search": 0, "create": 0, "update": 0, "archive": 0}
    for number, interaction in enumerate(recorded()):
        if interaction["status"] == 429:
            continue
        # The recording took minutes; here the clock moves instead, so neither limits nor the index get in the way.
        sandbox.clock.advance(5)
        answer = replay.send(interaction)
        call = interaction["path"].rpartition("/")[2]
        assert answer.status_code == interaction["status"], (number, answer.text)
        if call == "create":
            replay.learn(interaction, answer)
        theirs = interaction["response_headers"]
        limits = {name.lower() for name in theirs if "RateLimit" in name}
        assert limits <= set(answer.headers), number
        if call == "search":
            assert not any("interval" in name or "secondly" in name for name in answer.headers if "ratelimit" in name)
        if interaction["response_body"] == "":
            assert answer.content == b""
            compared[call] += 1
            continue
        ours = answer.json()
        assert set(interaction["response_body"]) == set(ours) - {"paging"}, number
        by_email = {result["properties"]["email"]: result for result in ours["results"]}
        for result in interaction["response_body"]["results"]:
            mine = by_email.get(result["properties"]["email"])
            if mine is None:
                continue  # a search whose index lagged behind then
            expected, got = shape(result), shape({key: mine[key] for key in mine if key not in ADDED_SINCE})
            assert got == expected, number
            compared[call] += 1
    assert compared["create"] >= 100
    assert compared["update"] >= 12
    assert compared["archive"] == 15
    assert compared["search"] >= 250


def test_recorded_values_come_back_as_they_did(sandbox, replay):
    clocks = {"createdate", "lastmodifieddate", "hs_object_id", "hs_all_contact_vids"}
    checked = 0
    for interaction in recorded():
        if interaction["status"] == 429:
            continue
        sandbox.clock.advance(5)
        answer = replay.send(interaction)
        call = interaction["path"].rpartition("/")[2]
        if call == "create":
            replay.learn(interaction, answer)
        if call not in ("create", "update"):
            continue
        ours = {result["properties"]["email"]: result["properties"] for result in answer.json()["results"]}
        for result in interaction["response_body"]["results"]:
            theirs = {name: value for name, value in result["properties"].items() if name not in clocks}
            assert theirs.items() <= ours[theirs["email"]].items()
            checked += 1
    assert checked > 100


def test_a_search_too_many_is_refused_as_recorded(sandbox, replay):
    refused = next(interaction for interaction in recorded() if interaction["status"] == 429)
    sandbox.set(search_rate=0)
    answer = replay.send(refused)
    assert answer.status_code == 429
    assert {**answer.json(), "correlationId": ""} == {**refused["response_body"], "correlationId": ""}
    theirs = {name.lower() for name in refused["response_headers"] if "RateLimit" in name}
    assert {name for name in answer.headers if "ratelimit" in name} == theirs
    assert ("retry-after" in answer.headers) is ("Retry-After" in refused["response_headers"])


def test_default_definitions_agree_with_the_recorded_schema(hubspot):
    with gzip.open(FOLDER / "contact_schema.json.gz", "rt", encoding="utf-8") as file:
        theirs = {body["name"]: body for body in json.load(file)["properties"]}
    ours = {body["name"]: body for body in hubspot.get("/crm/properties/2026-03/contacts").json()["results"]}
    # Written as a select list today; here it is read only besides, so that companies are set by association.
    different = {"hs_language", "associatedcompanyid"}
    compared = 0
    for name, body in ours.items():
        if name not in theirs or name in different:
            continue
        recording = theirs[name]
        assert body["type"] == recording["type"], name
        read_only = recording["modificationMetadata"]["readOnlyValue"]
        assert body["modificationMetadata"]["readOnlyValue"] == read_only, name
        assert body["calculated"] == recording["calculated"], name
        assert set(recording) - set(body) <= {
            "showCurrencySymbol",
            "calculationFormula",
            "externalOptionsReferenceType",
        }
        compared += 1
    assert compared > 60
