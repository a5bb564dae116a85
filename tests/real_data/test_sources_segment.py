"""Segment calls that other people's tests, specs and warehouses hold, counted again in plain Python."""

import csv
import json
import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.conftest import REAL_DATA
from tests.landing.landing_folder import Landing, a_warehouse

PAYLOADS = REAL_DATA / "segment_raw_payloads" / "payloads.jsonl"
EXAMPLES = REAL_DATA / "segment_spec_examples" / "examples.jsonl"
WAREHOUSE = REAL_DATA / "segment_growthcues"
TIMES = ("timestamp", "originalTimestamp", "sentAt", "receivedAt")


def lines_of(file: Path) -> list[dict]:
    if not file.exists():
        pytest.skip(f"real data is not there: {file} (set PQL_REAL_DATA)")
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def segment(tmp_path: Path) -> Iterator[Landing]:
    with a_warehouse() as connection:
        yield Landing(tmp_path, connection, "segment")


# The rules of a call, once more


def filled(value: object) -> str | None:
    return (str(value).strip() or None) if value is not None else None


def instant(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def occurred_at(call: dict) -> str | None:
    return next((call[name] for name in TIMES if filled(call.get(name))), None)


def group_of(call: dict) -> str | None:
    return filled(call.get("groupId")) or filled((call.get("context") or {}).get("groupId"))


def traits_of(call: dict) -> dict:
    return ((call.get("context") or {}).get("traits") or {}) | (call.get("traits") or {})


def reason(call: dict) -> str | None:
    """Why a call cannot be used; None for one that can."""
    type_ = filled(call.get("type") or "").lower() if call.get("type") else None
    if type_ not in {"track", "identify", "group", "page", "screen", "alias"}:
        return "type_unknown"
    if type_ == "track" and not filled(call.get("event")):
        return "event_missing"
    if isinstance(call.get("event"), (dict, list)):
        return "event_unreadable"
    has_user, has_device = filled(call.get("userId")), filled(call.get("anonymousId"))
    if (type_ == "alias" and not has_user) or (type_ != "group" and not has_user and not has_device):
        return "user_id_missing"
    if type_ == "alias" and not filled(call.get("previousId")):
        return "previous_id_missing"
    if type_ == "group" and not group_of(call):
        return "group_id_missing"
    when = occurred_at(call)
    if when is not None and instant(when) is None:
        return "timestamp_unreadable"
    if when is None and type_ in {"track", "page", "screen"}:
        return "timestamp_missing"
    if call.get("properties") is not None and not isinstance(call["properties"], dict):
        return "properties_unreadable"
    return None


def assert_loaded_as_counted(segment: Landing, calls: list[dict]) -> None:
    report = segment.load_one()
    reasons = [reason(call) for call in calls]
    assert report.reasons == dict(sorted(Counter(why for why in reasons if why).items()))
    assert report.loaded_count + report.quarantined_count == len(calls)
    aside = segment.rows("select line_number, reason from raw.quarantine order by all")
    assert aside == [(number, why) for number, why in enumerate(reasons, start=1) if why]

    found = segment.rows(
        "select line_number, call_type, user_id, anonymous_id, group_id, occurred_at, traits, properties "
        "from raw.segment_calls order by line_number"
    )
    good = [(number, call) for number, call in enumerate(calls, start=1) if reasons[number - 1] is None]
    for row, (number, call) in zip(found, good, strict=True):
        when = occurred_at(call)
        assert row[:6] == (
            number,
            call["type"].lower(),
            filled(call.get("userId")),
            filled(call.get("anonymousId")),
            group_of(call),
            instant(when) if when else None,
        )
        assert (json.loads(row[6]) if row[6] else {}) == traits_of(call)
        assert (json.loads(row[7]) if row[7] else {}) == (call.get("properties") or {})


def test_every_raw_payload_is_a_call_or_in_quarantine_for_the_reason_that_python_finds(segment: Landing):
    calls = lines_of(PAYLOADS)
    segment.drop("events.jsonl.gz", PAYLOADS.read_bytes())
    assert len(calls) == 886
    assert_loaded_as_counted(segment, calls)


def test_every_raw_payload_is_an_event_a_profile_change_or_in_quarantine(segment: Landing):
    calls = lines_of(PAYLOADS)
    segment.drop("events.jsonl", PAYLOADS.read_bytes())
    quarantined = segment.load_one().quarantined_count
    kinds = Counter(call["type"].lower() for call in calls if reason(call) is None)
    assert dict(segment.rows("select call_type, count(*) from raw.segment_calls group by call_type")) == kinds
    events = sum(kinds[type_] for type_ in ("track", "page", "screen"))
    profile_changes = sum(kinds[type_] for type_ in ("identify", "group", "alias"))
    assert (events + profile_changes + quarantined, min(events, profile_changes, quarantined) > 20) == (886, True)


def test_every_example_of_the_spec_is_a_call_or_in_quarantine_for_the_reason_that_python_finds(segment: Landing):
    calls = [line["payload"] for line in lines_of(EXAMPLES)]
    segment.drop("calls.jsonl", "".join(f"{json.dumps(call)}\n" for call in calls).encode())
    assert len(calls) == 74
    assert_loaded_as_counted(segment, calls)


def test_payloads_in_one_batch_are_the_payloads_one_by_one(segment: Landing):
    calls = lines_of(PAYLOADS)
    parts = "select * exclude (file_name, line_number, call_number, load_id) from raw.segment_calls where file_name ="
    segment.drop("events_1.jsonl", PAYLOADS.read_bytes())
    segment.drop("events_2.jsonl", json.dumps(calls).encode())
    segment.drop("events_3.jsonl", json.dumps({"batch": calls}).encode())
    one_by_one, array, batch = segment.load().files
    assert array.reasons == batch.reasons == one_by_one.reasons
    first = segment.rows(f"{parts} 'events_1.jsonl' order by line_number")
    assert len(first) == one_by_one.loaded_count > 700
    for name in ("events_2.jsonl", "events_3.jsonl"):
        assert segment.rows(f"{parts} '{name}' order by call_number") == first


def test_a_warehouse_loads_whole(segment: Landing):
    if not WAREHOUSE.is_dir():
        pytest.skip(f"real data is not there: {WAREHOUSE} (set PQL_REAL_DATA)")
    folder = segment.folder / "segment"
    folder.mkdir()
    for name in ("tracks.csv", "identifies.csv", "groups.csv"):
        shutil.copyfile(WAREHOUSE / name, folder / name)
    shutil.copyfile(WAREHOUSE / "segment_users.csv", folder / "users.csv")
    report = segment.load()
    assert {file.name: (file.loaded_count, file.quarantined_count) for file in report.files} == {
        "segment/groups.csv": (3, 0),
        "segment/identifies.csv": (8, 0),
        "segment/tracks.csv": (78, 0),
        "segment/users.csv": (8, 0),
    }
    tracks = list(csv.DictReader((WAREHOUSE / "tracks.csv").open(encoding="utf-8")))
    assert segment.rows(
        "select message_id, coalesce(user_id, ''), anonymous_id, coalesce(group_id, ''), name, "
        "strftime(occurred_at, '%Y-%m-%d %H:%M:%S') "
        "from raw.segment_calls where call_type = 'track' order by line_number"
    ) == [
        (row["id"], row["user_id"], row["anonymous_id"], row["context_group_id"], row["event_text"], row["timestamp"])
        for row in tracks
    ]
    users = list(csv.DictReader((WAREHOUSE / "segment_users.csv").open(encoding="utf-8")))
    found = segment.rows("select user_id, group_id, traits from raw.segment_calls where file_name = 'users.csv'")
    assert {user: (group, json.loads(traits)) for user, group, traits in found} == {
        row["id"]: (row["context_group_id"], {"email": row["email"], "created_at": row["created_at"]}) for row in users
    }
    assert segment.rows(
        "select group_id, traits ->> '$.name' from raw.segment_calls where call_type = 'group' order by all"
    ) == [("account_001", "Acme Corp"), ("account_002", "TechCorp Inc"), ("account_003", "StartupX")]
