"""What was put aside and is good by now becomes a row, once, as if it had been good from the start; the rest stays."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from landing_folder import Landing, a_warehouse, raw_contents
from landing_lines import LINES, as_lines, event
from landing_mended import mend

from dagster_project.landing import replaying
from dagster_project.landing.replaying import ReplayedFile, replay_quarantine
from dagster_project.landing.sources import CONTRACTS

TABLES = ("landing_files", "landing_sightings", "quarantine", "product_events", "product_users", "segment_calls")
LATE = {"timestamp": None, "at": "2026-11-20T10:00:00Z"}
FIVE = [event("e1"), event("e2", **LATE), event("e3", timestamp="never"), event("e4", **LATE), event("e5", **LATE)]
CSV = "".join(
    f"{','.join(row)}\n"
    for row in [
        ["event_id", "user_id", "event_type", "timestamp", "at"],
        *(
            [line[name] or "" for name in ("event_id", "user_id", "event_type", "timestamp")] + [line.get("at", "")]
            for line in FIVE
        ),
    ]
).encode()
CALL = {"type": "track", "userId": "u1", "event": "Signed Up", "timestamp": "2026-11-20T09:00:00Z"}


def replay(landing: Landing) -> list[ReplayedFile]:
    return replay_quarantine(landing.connection, landing.folder)


def replay_one(landing: Landing) -> ReplayedFile:
    (file,) = replay(landing)
    return file


def contents(landing: Landing) -> dict[str, list[tuple]]:
    return raw_contents(landing.connection, TABLES)


def loaded_now(landing: Landing, *sources: str) -> dict[str, list[tuple]]:
    """What another warehouse holds that sees the same folder for the first time."""
    with a_warehouse() as connection:
        fresh = replace(landing, connection=connection)
        for source in sources or ("product",):
            fresh.of(source).load()
        return contents(fresh)


def drop_five(landing: Landing, name: str) -> Path:
    if name.endswith(".parquet"):
        return landing.drop_table(name, {key: [line.get(key) for line in FIVE] for key in [*FIVE[0], "at"]})
    return landing.drop(name, CSV if ".csv" in name else as_lines(*FIVE))


# Lines


@pytest.mark.parametrize(
    "name", ["events.jsonl", "events.jsonl.gz", "events.csv", "events.csv.gz", "events.parquet", "events[1].parquet"]
)
def test_a_replay_leaves_what_a_first_load_would_have_left(landing, monkeypatch, name):
    drop_five(landing, name)
    landing.load()
    assert len(landing.events("event_id")) == 1
    mend(monkeypatch, "product", "events", "timestamp", "at")
    assert replay_one(landing) == ReplayedFile(f"product/{name}", "events", 3, 1, 0)
    assert [row[0] for row in landing.events("event_id")] == ["e1", "e2", "e4", "e5"]
    assert contents(landing) == loaded_now(landing)


def test_what_was_replayed_is_replayed_once_and_its_file_is_known(landing, monkeypatch):
    drop_five(landing, "events.jsonl")
    landing.load()
    mend(monkeypatch, "product", "events", "timestamp", "at")
    replay(landing)
    before = contents(landing)
    assert replay_one(landing) == ReplayedFile("product/events.jsonl", "events", 0, 1, 0)
    assert landing.load_one().state == "known"
    assert contents(landing) == before


def test_what_is_still_bad_stays_with_what_is_wrong_with_it_now(landing, monkeypatch):
    landing.drop("events.jsonl", as_lines("broken", {"at": "never"} | event(timestamp=None), event(user_id="")))
    landing.load()
    assert [reason for _, reason, _ in landing.quarantine()] == ["json_broken", "timestamp_missing", "user_id_missing"]
    mend(monkeypatch, "product", "events", "timestamp", "at")
    assert replay_one(landing).bad_count == 3
    assert [reason for _, reason, _ in landing.quarantine()] == [
        "json_broken",
        "timestamp_unreadable",
        "user_id_missing",
    ]


def test_an_empty_quarantine_has_nothing_to_replay(landing):
    landing.drop("events.jsonl", as_lines(event()))
    landing.load()
    assert replay(landing) == []


def test_the_files_of_all_sources_are_replayed_in_the_order_of_their_loads(landing, monkeypatch):
    landing.drop("users.jsonl", as_lines({"email": "dana@orbit.example", "id": "u1"}))
    drop_five(landing, "events.csv")
    landing.load()
    landing.of("segment").drop("calls.jsonl", as_lines(CALL | {"timestamp": None, "at": "2026-11-20"}))
    landing.of("segment").load()
    mend(monkeypatch, "product", "users", "user_id", "id")
    mend(monkeypatch, "product", "events", "timestamp", "at")
    mend(monkeypatch, "segment", "calls", "timestamp", "at")
    assert [(file.name, file.loaded_count) for file in replay(landing)] == [
        ("product/events.csv", 3),
        ("product/users.jsonl", 1),
        ("segment/calls.jsonl", 1),
    ]
    assert contents(landing) == loaded_now(landing, "product", "segment")


@settings(deadline=None, max_examples=25)
@given(LINES)
def test_a_replay_without_a_fix_changes_nothing(tmp_path_factory, lines):
    with a_warehouse() as connection:
        landing = Landing(tmp_path_factory.mktemp("landing"), connection)
        path = landing.drop("events.jsonl", as_lines(*lines))
        landing.load()
        before = contents(landing)
        assert sum(file.loaded_count + file.kept_count for file in replay(landing)) == 0
        assert contents(landing) == before
        path.unlink()
        assert sum(file.loaded_count + file.kept_count for file in replay(landing)) == 0
        assert contents(landing) == before


# The file is gone


@pytest.mark.parametrize("name", ["events.jsonl", "events.jsonl.gz"])
def test_lines_of_json_are_replayed_from_the_kept_text_when_their_file_is_gone(landing, monkeypatch, name):
    path = drop_five(landing, name)
    landing.load()
    mend(monkeypatch, "product", "events", "timestamp", "at")
    expected = loaded_now(landing)
    path.unlink()
    assert replay_one(landing) == ReplayedFile(f"product/{name}", "events", 3, 1, 0)
    assert contents(landing) == expected


@pytest.mark.parametrize("name", ["events.csv", "events.parquet"])
def test_rows_of_a_table_that_is_gone_stay_and_it_is_said(landing, monkeypatch, name):
    path = drop_five(landing, name)
    landing.load()
    before = contents(landing)
    mend(monkeypatch, "product", "events", "timestamp", "at")
    path.unlink()
    file = replay_one(landing)
    assert (file.loaded_count, file.bad_count, file.kept_count) == (0, 0, 4)
    assert file.detail == "the file is no longer in the landing folder"
    assert contents(landing) == before


def test_a_file_with_other_content_under_the_old_name_is_not_read_for_it(landing, monkeypatch):
    drop_five(landing, "events.csv")
    landing.load()
    mend(monkeypatch, "product", "events", "timestamp", "at")
    landing.drop("events.csv", CSV.replace(b"e2", b"x2"))
    file = replay_one(landing)
    assert (file.loaded_count, file.kept_count) == (0, 4)
    assert file.detail == "the file under this name has other content now"


def test_a_file_that_changes_while_it_is_replayed_is_not_taken(landing, monkeypatch):
    path = drop_five(landing, "events.csv")
    landing.load()
    before = contents(landing)
    mend(monkeypatch, "product", "events", "timestamp", "at")
    read_chunks = replaying.read_chunks

    def written_meanwhile(*arguments):
        yield from read_chunks(*arguments)
        path.write_bytes(CSV + b"e6,u1,logged_in,2026-11-20,\n")

    monkeypatch.setattr(replaying, "read_chunks", written_meanwhile)
    assert replay_one(landing).detail == "the file changed while it was read"
    assert contents(landing) == before


def test_bytes_that_are_no_utf8_are_not_taken_for_the_text_that_tells_them(landing):
    path = landing.drop("events.jsonl", as_lines(event("e1"))[:-2] + b', "email": "\\\xff"}\n')
    landing.load()
    assert landing.quarantine()[0][1] == "not_utf8"
    assert json.loads(landing.quarantine()[0][2])["email"] == "\\xff"
    assert replay_one(landing).bad_count == 1
    path.unlink()
    assert replay_one(landing).kept_count == 1
    assert landing.events("event_id") == []


# Lines of several calls


LATE_CALL = {key: value for key, value in CALL.items() if key != "timestamp"} | {"at": "2026-11-20T10:00:00Z"}
CALLS = as_lines(
    json.dumps([CALL, LATE_CALL, 7, LATE_CALL]),
    {"batch": [LATE_CALL | {"userId": "u2"}, CALL], "context": {"ip": "8.8.8.8"}},
    LATE_CALL | {"userId": "u3"},
    "[]",
)


def test_of_a_line_of_calls_only_those_that_were_put_aside_are_replayed(landing, monkeypatch):
    segment = landing.of("segment")
    segment.drop("calls.jsonl", CALLS)
    assert (segment.load_one().loaded_count, len(segment.quarantine())) == (2, 6)
    mend(monkeypatch, "segment", "calls", "timestamp", "at")
    assert replay_one(segment) == ReplayedFile("segment/calls.jsonl", "calls", 4, 2, 0)
    assert contents(segment) == loaded_now(segment, "segment")
    assert segment.rows("select context from raw.segment_calls where user_id = 'u2'") == [('{"ip":"8.8.8.8"}',)]


def test_calls_of_an_earlier_version_are_found_by_their_text(landing, monkeypatch):
    segment = landing.of("segment")
    segment.drop("calls.jsonl", CALLS)
    segment.load()
    segment.connection.execute("update raw.quarantine set call_number = null")
    mend(monkeypatch, "segment", "calls", "timestamp", "at")
    assert replay_one(segment) == ReplayedFile("segment/calls.jsonl", "calls", 4, 2, 0)
    assert contents(segment) == loaded_now(segment, "segment")


def test_a_call_whose_file_is_gone_stays_because_its_line_may_have_said_more_of_it(landing, monkeypatch):
    segment = landing.of("segment")
    path = segment.drop("calls.jsonl", CALLS)
    segment.load()
    mend(monkeypatch, "segment", "calls", "timestamp", "at")
    path.unlink()
    # The call that is a line of its own, and the empty array.
    file = replay_one(segment)
    assert (file.loaded_count, file.bad_count, file.kept_count) == (1, 1, 4)
    assert file.detail == "the file is no longer in the landing folder"
    assert segment.rows("select user_id from raw.segment_calls where line_number = 3") == [("u3",)]
    assert segment.rows("select loaded_count, quarantined_count from raw.landing_files") == [(3, 5)]


def test_a_line_that_holds_calls_by_now_becomes_all_of_them(landing, monkeypatch):
    segment = landing.of("segment")
    contract = CONTRACTS["segment", "calls"]
    path = segment.drop("calls.jsonl", as_lines(json.dumps([CALL, CALL | {"userId": "u2"}, {}])))
    with monkeypatch.context() as earlier:
        earlier.setitem(CONTRACTS, ("segment", "calls"), replace(contract, holds_calls=False))
        segment.load()
    assert segment.quarantine()[0][1] == "json_not_an_object"
    expected = loaded_now(segment, "segment")
    path.unlink()
    assert replay_one(segment) == ReplayedFile("segment/calls.jsonl", "calls", 2, 1, 0)
    assert contents(segment) == expected


# Refused files


REFUSED = b"event_id,user_id,event_type,at\ne1,u1,logged_in,2026-11-20\ne2,u1,logged_in,never\n"


def test_a_refused_file_is_taken_once_its_column_is_known(landing, monkeypatch):
    landing.drop("events.csv", REFUSED)
    landing.drop("users.jsonl", as_lines({"user_id": "u1"}))
    landing.load()
    mend(monkeypatch, "product", "events", "timestamp", "at")
    assert replay_one(landing) == ReplayedFile("product/events.csv", "events", 1, 1, 0)
    assert contents(landing) == loaded_now(landing)
    assert [file.state for file in landing.load().files] == ["known", "known"]


def test_a_file_that_is_refused_again_stays_as_it_is(landing):
    landing.drop("events.csv", REFUSED)
    landing.load()
    before = contents(landing)
    file = replay_one(landing)
    assert (file.loaded_count, file.bad_count, file.kept_count) == (0, 1, 0)
    assert file.detail.startswith("column_missing: no column timestamp")
    assert contents(landing) == before


def test_a_refused_file_that_is_gone_stays_and_it_is_said(landing, monkeypatch):
    path = landing.drop("events.csv", REFUSED)
    landing.load()
    before = contents(landing)
    mend(monkeypatch, "product", "events", "timestamp", "at")
    path.unlink()
    file = replay_one(landing)
    assert (file.kept_count, file.detail) == (1, "the file is no longer in the landing folder")
    assert contents(landing) == before


def test_the_same_content_under_two_names_is_taken_once(landing, monkeypatch):
    landing.drop("events_1.csv", REFUSED)
    landing.drop("events_2.csv", REFUSED)
    landing.load()
    mend(monkeypatch, "product", "events", "timestamp", "at")
    first, second = replay(landing)
    assert (first.loaded_count, second.loaded_count) == (1, 0)
    assert second.detail == "the same content was loaded from product/events_1.csv"
    assert landing.events("event_id, file_name") == [("e1", "events_1.csv")]


def test_a_refused_table_is_taken_also_where_the_same_content_was_taken_for_lines(landing, monkeypatch):
    landing.drop("events_1.jsonl", REFUSED)
    landing.drop("events_2.csv", REFUSED)
    landing.load()
    mend(monkeypatch, "product", "events", "timestamp", "at")
    lines, table = replay(landing)
    assert (lines.loaded_count, table.loaded_count, table.detail) == (0, 1, None)


def test_a_file_of_lines_that_a_stricter_contract_refuses_keeps_its_lines(landing, monkeypatch):
    landing.drop("users.csv", b"user_id,country\n,SE\n")
    landing.load()
    before = contents(landing)
    contract = CONTRACTS["product", "users"]
    strict = tuple(replace(column, required=True) if column.name == "email" else column for column in contract.columns)
    monkeypatch.setitem(CONTRACTS, ("product", "users"), replace(contract, columns=strict))
    file = replay_one(landing)
    assert file.kept_count == 1
    assert file.detail.startswith("column_missing: no column email")
    assert contents(landing) == before


def test_nothing_is_left_in_the_way_of_the_next_load(landing, monkeypatch):
    drop_five(landing, "events.csv")
    landing.drop("users.csv", b"colour\n")
    landing.load()
    replay(landing)
    assert landing.rows("select table_name from duckdb_tables() where temporary") == []


def test_what_a_replay_brings_back_has_a_higher_write_number_than_all_before(landing: Landing, monkeypatch):
    drop_five(landing, "events_1.jsonl")
    landing.load()
    landing.drop("events_2.jsonl", as_lines(event("e9")))
    landing.load()
    mend(monkeypatch, "product", "events", "timestamp", "at")
    replay(landing)
    assert landing.rows("select file_name, load_id, write_id from raw.landing_files order by file_name") == [
        ("events_1.jsonl", 1, 3),
        ("events_2.jsonl", 2, 2),
    ]
