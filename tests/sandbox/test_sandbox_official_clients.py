"""HubSpot's own client against the sandbox, as the pipeline uses it; Slack's is used in the tests of Slack."""

import json

import pytest
from hubspot import Client as HubSpot
from hubspot.crm.contacts import ApiClient, Configuration
from hubspot.crm.contacts.exceptions import ApiException


@pytest.fixture
def call(sandbox):
    configuration = Configuration(host=sandbox.url)
    configuration.access_token = "pat-test"
    configuration.retries = False
    client = ApiClient(configuration)

    def send(method, path, body=None):
        answer = client.call_api(
            path,
            method,
            {},
            [],
            {"Content-Type": "application/json", "Accept": "application/json"},
            body=body,
            auth_settings=["oauth2"],
            response_types_map={},
            _preload_content=False,
            _return_http_data_only=True,
            _request_timeout=(5, 60),
        )
        return answer.status, answer.headers, json.loads(answer.data) if answer.data else None

    return send


def test_batches_pass_through_the_official_client(sandbox, call):
    inputs = [{"properties": {"email": f"u{number}@x.com"}, "objectWriteTraceId": str(number)} for number in range(3)]
    inputs[1]["properties"]["nope"] = "x"
    status, headers, body = call("POST", "/crm/objects/2026-09/contacts/batch/create", {"inputs": inputs})
    assert status == 207
    assert headers["X-HubSpot-RateLimit-Max"] == "190"
    assert body["errors"][0]["context"]["objectWriteTraceId"] == ["1"]
    assert len(sandbox.contacts()) == 2


def test_a_refusal_is_the_clients_exception_with_hubspots_body(call):
    with pytest.raises(ApiException) as raised:
        call("POST", "/crm/objects/2026-09/contacts", {"properties": {"nope": "x"}})
    assert raised.value.status == 400
    assert json.loads(raised.value.body)["errors"][0]["code"] == "PROPERTY_DOESNT_EXIST"
    assert raised.value.headers["X-HubSpot-Correlation-Id"]


def test_a_rate_limit_reaches_the_client(sandbox, call):
    sandbox.set(rate_limit=0)
    with pytest.raises(ApiException) as raised:
        call("GET", "/crm/owners/2026-09")
    assert raised.value.status == 429
    assert json.loads(raised.value.body)["policyName"] == "TEN_SECONDLY_ROLLING"


def test_a_lost_answer_is_a_connection_error(sandbox, call):
    sandbox.inject("reset", when="after", times=1)
    with pytest.raises(Exception, match=r"[Cc]onnection"):
        call("POST", "/crm/objects/2026-09/tasks/batch/create", {"inputs": [{"properties": {"hs_timestamp": "1"}}]})
    assert len(sandbox.tasks()) == 1


def test_the_untyped_request_of_the_official_client_works(sandbox):
    sandbox.add_owner("ada@own.co", "Ada")
    client = HubSpot.create(access_token="pat-test")
    answer = client.api_request({"method": "GET", "path": "/crm/owners/2026-09/", "base_url": sandbox.url})
    assert answer.json()["results"][0]["email"] == "ada@own.co"
