"""277 recorded exchanges with the real HubSpot: our door and our batches read every answer rightly.

What the sandbox answers to the same requests is compared in tests/sandbox/test_sandbox_recordings.py.
"""

import json

import pytest

from dagster_project.crm.batches import EMAIL, read_answer
from dagster_project.crm.limiter import CallLimiter
from tests.crm.crm_world import FakeTime
from tests.crm.scripted_server import Scripted, answering
from tests.real_data.hubspot_exchanges import RECORDINGS, map_of, noted_calls, recorded_exchanges, update_of

pytestmark = pytest.mark.skipif(not RECORDINGS.is_file(), reason=f"no recordings: {RECORDINGS} (set PQL_REAL_DATA)")


def scripted(exchange):
    body = exchange["response_body"]
    return Scripted(
        exchange["status"], json.dumps(body).encode() if body != "" else b"", dict(exchange["response_headers"])
    )


def replayed(exchange, *then):
    """(our answer or the exception, pauses, the budget we learned) where HubSpot answers as it did."""
    time = FakeTime()
    limiter = CallLimiter(time.clock, time.sleep)
    with answering(scripted(exchange), *then) as server:
        api = noted_calls(server.url, time=time)
        api._limiter = limiter
        answer = api.call(exchange["method"], exchange["path"], body=exchange["request_body"] or None)
        return answer, time.pauses, limiter, len(server.seen)


def batches(name):
    return [item for item in recorded_exchanges() if item["path"].endswith(f"batch/{name}")]


def test_every_recorded_success_is_read_as_it_was_sent_at_the_first_try():
    checked = 0
    for exchange in recorded_exchanges():
        if exchange["status"] == 429:
            continue
        answer, pauses, limiter, calls = replayed(exchange)
        assert (answer.status, answer.body) == (exchange["status"], exchange["response_body"] or {})
        assert (pauses, calls) == ([], 1)
        stated = exchange["response_headers"].get("X-HubSpot-RateLimit-Max", "100")
        assert limiter.max_calls == int(stated)
        checked += 1
    assert checked == 255


def test_every_recorded_search_too_many_is_waited_for_one_second_and_made_again():
    refused = [exchange for exchange in recorded_exchanges() if exchange["status"] == 429]
    for exchange in refused:
        answer, pauses, _, calls = replayed(exchange, Scripted(200, b'{"results": []}'))
        assert (answer.body, pauses, calls) == ({"results": []}, [1.0], 2)
    assert len(refused) == 22


def test_each_input_of_a_recorded_batch_is_matched_with_its_own_record():
    """They carry no trace ids, and many answers come in another order than their inputs."""
    in_another_order = 0
    for exchange in batches("create") + batches("update"):
        inputs, results = exchange["request_body"]["inputs"], exchange["response_body"]["results"]
        addresses = [item["properties"][EMAIL].lower() for item in inputs]
        updates = [
            update_of(item["properties"], item.get("id"), address)
            for item, address in zip(inputs, addresses, strict=True)
        ]
        outcome = read_answer(updates, exchange["response_body"], map_of(*(item["properties"] for item in inputs)))
        assert outcome.rejected == []
        ids = {result["properties"][EMAIL]: result["id"] for result in results}
        told = {update.upsert_key: (record_id, values) for update, record_id, values in outcome.acknowledged}
        written = [update for update in updates if update.values]
        assert told == {update.upsert_key: (ids[update.upsert_key], update.values) for update in written}
        in_another_order += addresses != list(ids)
    assert in_another_order > 0


def test_a_recorded_answer_of_which_a_result_is_missing_leaves_its_input_unaccounted():
    exchange = max(batches("update"), key=lambda item: len(item["request_body"]["inputs"]))
    inputs = exchange["request_body"]["inputs"]
    assert len(inputs) > 1
    updates = [update_of(item["properties"], item["id"], None) for item in inputs]
    first, *others = exchange["response_body"]["results"]
    body = exchange["response_body"] | {"results": others}
    outcome = read_answer(updates, body, map_of(*(item["properties"] for item in inputs)))
    assert [item.update.hubspot_id for item in outcome.rejected] == [first["id"]]
    assert {record_id for _, record_id, _ in outcome.acknowledged} == {item["id"] for item in others}
