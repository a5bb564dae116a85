"""Calls that other people's tests and Segment's spec hold, malformed ones among them, from the files to the scores."""

import json
import shutil
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.conftest import name_nobody
from tests.real_data.test_sources_segment import EXAMPLES, PAYLOADS, filled, lines_of, reason
from tests.whole_run import Pipeline, materialization, reasons

AS_OF = "2026-11-20T09:00:00Z"
EVENTS, PROFILES = ("track", "page", "screen"), ("identify", "group", "alias")


@pytest.fixture(scope="module")
def good_calls() -> list[dict]:
    """The usable calls of both files, in plain Python."""
    calls = [*lines_of(PAYLOADS), *(line["payload"] for line in lines_of(EXAMPLES))]
    return [call | {"type": call["type"].lower()} for call in calls if reason(call) is None]


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory, good_calls: list[dict]) -> Iterator[Pipeline]:
    with pytest.MonkeyPatch.context() as environment:
        name_nobody(environment)
        pipeline = Pipeline.in_folder(tmp_path_factory.mktemp("payloads") / "data", environment)
        folder = pipeline.data_dir / "landing" / "segment"
        folder.mkdir(parents=True)
        shutil.copyfile(PAYLOADS, folder / "calls_1.jsonl")
        examples = "".join(json.dumps(line["payload"]) + "\n" for line in lines_of(EXAMPLES))
        (folder / "calls_2.jsonl").write_text(examples, encoding="utf-8")
        result = pipeline.run("score", as_of=AS_OF)
        assert reasons(result) == {}
        metadata = materialization(result, "raw/segment_calls")
        assert metadata["loaded_now"] == len(good_calls)
        assert metadata["loaded_now"] + metadata["quarantined_now"] == 886 + 74
        yield pipeline


def count_of(calls: list[dict], types: tuple[str, ...]) -> int:
    """How many there are when each id counts once among the calls of its type, and each call without one."""
    of_types = [call for call in calls if call["type"] in types]
    ids = {(call["type"], filled(call.get("messageId"))) for call in of_types if filled(call.get("messageId"))}
    return len(ids) + sum(not filled(call.get("messageId")) for call in of_types)


def test_every_usable_call_is_an_event_or_a_profile_change(pipeline: Pipeline, good_calls: list[dict]):
    ((events,),) = pipeline.query("select count(*) from intermediate.int_events")
    ((changes,),) = pipeline.query("select count(*) from staging.stg_segment__statements")
    assert (events, changes) == (count_of(good_calls, EVENTS), count_of(good_calls, PROFILES))
    assert min(events, changes) > 100


def test_names_that_nobody_gave_a_meaning_are_listed(pipeline: Pipeline, good_calls: list[dict]):
    listed = set(pipeline.table("report.unmapped_events")["source_event"])
    tracks = [call for call in good_calls if call["type"] == "track"]
    ids = Counter(filled(call.get("messageId")) for call in tracks)
    # Of calls that share an id the first counts alone, and test authors copy ids.
    told_apart = {filled(call["event"]) for call in tracks if ids[filled(call.get("messageId"))] == 1}
    assert told_apart | {"page", "screen"} <= listed <= {filled(call["event"]) for call in tracks} | {"page", "screen"}
    assert len(told_apart) > 20


def test_whoever_has_a_score_was_named_by_a_call(pipeline: Pipeline, good_calls: list[dict]):
    named = {filled(call.get(name)) for call in good_calls for name in ("userId", "previousId")}
    scored = set(pipeline.table("score.contact_scores")["user_id"])
    assert scored <= named
    assert len(scored) > 50
