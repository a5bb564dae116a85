"""A file is loaded exactly once by its content, in name order, and one that cannot be taken holds back no other."""

import gzip
import os
import zlib

import duckdb
import pytest
from landing_lines import EVENT, as_lines, event

from dagster_project.landing import csv_rows, loading, readers
from dagster_project.landing.loading import load_source
from dagster_project.landing.sources import kinds_of

CSV = b"event_id,user_id,event_type,timestamp\ne1,u1,logged_in,2026-11-20\n"
USER = {"user_id": "u1", "email": "dana@orbit.example"}


def outcome(report) -> dict:
    return {file.name.removeprefix("product/"): file.state for file in report.files}


def test_nothing_lies_there(landing):
    report = landing.load()
    assert (report.files, report.loaded_count, report.quarantined_count, report.reasons) == ([], 0, 0, {})


def test_a_file_is_loaded_once(landing):
    landing.drop("events.jsonl", as_lines(event(), "broken"))
    first, second = landing.load(), landing.load()
    assert outcome(first) == {"events.jsonl": "loaded"}
    assert outcome(second) == {"events.jsonl": "known"}
    assert (second.loaded_count, second.quarantined_count, second.loaded) == (0, 0, [])
    assert landing.events("event_id") == [("e1",)]
    assert landing.quarantine() == [(2, "json_broken", "broken")]


def test_a_file_that_was_only_touched_is_not_loaded_again(landing):
    path = landing.drop("events.jsonl", as_lines(event()))
    landing.load()
    os.utime(path, ns=(1, 1))
    assert landing.load_one().state == "known"
    assert landing.events("event_id") == [("e1",)]


def test_an_unchanged_file_is_not_even_read_again(landing, monkeypatch):
    landing.drop("events.jsonl", as_lines(event()))
    landing.drop("events.csv", b"colour\nred\n")
    landing.load()

    def read_again(path):
        raise AssertionError(path)

    monkeypatch.setattr(loading, "content_hash", read_again)
    assert outcome(landing.load()) == {"events.csv": "refused", "events.jsonl": "known"}


def test_the_same_content_under_another_name_is_known(landing):
    landing.drop("events_1.jsonl", as_lines(event()))
    landing.load()
    landing.drop("events_2.jsonl", as_lines(event()))
    known = landing.load().files[1]
    assert (known.state, known.detail) == ("known", "the same content as product/events_1.jsonl")
    assert landing.events("event_id, file_name") == [("e1", "events_1.jsonl")]


def test_a_file_that_was_renamed_is_known(landing):
    path = landing.drop("events_1.jsonl", as_lines(event()))
    landing.load()
    path.rename(path.with_name("events_2.jsonl"))
    assert outcome(landing.load()) == {"events_2.jsonl": "known"}


def test_new_content_under_an_old_name_is_loaded(landing):
    landing.drop("events.jsonl", as_lines(event("e1")))
    landing.load()
    landing.drop("events.jsonl", as_lines(event("e1"), event("e2")))
    assert landing.load_one().loaded_count == 2
    assert landing.events("event_id, load_id") == [("e1", 1), ("e1", 2), ("e2", 2)]


def test_files_are_loaded_in_name_order(landing):
    for name in ("events_b.jsonl", "events_a.jsonl", "events_c.csv", "events_B.jsonl"):
        landing.drop(name, CSV if name.endswith("csv") else as_lines(event(name)))
    landing.load()
    assert landing.rows("select file_name from raw.landing_files order by load_id") == [
        ("events_B.jsonl",),
        ("events_a.jsonl",),
        ("events_b.jsonl",),
        ("events_c.csv",),
    ]


def test_counts_of_a_visit_add_up(landing):
    landing.drop("events_1.jsonl", as_lines(event("e1"), "broken", event("e2", timestamp="x")))
    landing.drop("events_2.csv", CSV + b"e2,u1,logged_in\n")
    landing.drop("users.jsonl", as_lines(USER, {}))
    report = landing.load()
    assert (report.loaded_count, report.quarantined_count) == (3, 4)
    assert report.reasons == {
        "csv_wrong_number_of_cells": 1,
        "json_broken": 1,
        "timestamp_unreadable": 1,
        "user_id_missing": 1,
    }
    assert landing.rows("select sum(loaded_count), sum(quarantined_count) from raw.landing_files") == [(3, 4)]
    assert landing.rows("select count(*) from raw.quarantine") == [(4,)]


def test_only_the_kinds_asked_for_are_loaded(landing):
    landing.drop("events.jsonl", as_lines(event()))
    landing.drop("users.jsonl", as_lines(USER))
    for kind in kinds_of("product"):
        load_source(landing.connection, landing.folder, "product", [kind])
    assert landing.rows("select kind, load_id from raw.landing_files order by load_id") == [("events", 1), ("users", 2)]


@pytest.mark.parametrize(
    ("name", "content", "detail"),
    [
        (
            "events.csv",
            b"event_id;user_id;event_type;timestamp\n",
            "column_missing: no column event_id, user_id, event_type, timestamp; "
            "found event_id;user_id;event_type;timestamp; required are event_id, user_id, event_type, timestamp",
        ),
        (
            "events.csv",
            b"",
            "column_missing: no column event_id, user_id, event_type, timestamp; found no header; "
            "required are event_id, user_id, event_type, timestamp",
        ),
        (
            "companies.csv",
            b"company_id,name,name\n",
            "column_twice: the column name occurs more than once; allowed is once",
        ),
        ("events.csv", CSV + b'"e2,u1,logged_in,2026-11-20\ne3,', "csv_unreadable: line 3: a quote is never closed"),
        (
            "users.csv",
            b'user_id,name\nu1,"' + b"x" * 140_000,
            "csv_unreadable: line 2: field larger than field limit (131072); is a quote missing?",
        ),
        ("events.parquet", b"", "file_unreadable: "),
        ("events.parquet", b"PAR1" + b"\0" * 50, "file_unreadable: "),
    ],
)
def test_a_file_that_cannot_be_taken_is_refused_with_the_reason(landing, name, content, detail):
    landing.drop(name, content)
    report = landing.load_one()
    assert (report.state, report.loaded_count, report.quarantined_count) == ("refused", 0, 0)
    assert report.detail.startswith(detail)
    ((line_number, reason, text),) = landing.quarantine()
    assert (line_number, f"{reason}: {text}") == (None, report.detail)


def test_a_parquet_file_without_a_required_column_is_refused(landing):
    landing.drop_table("users.parquet", {"email": ["dana@orbit.example"]})
    assert landing.load_one().detail == "column_missing: no column user_id; found email; required are user_id"


@pytest.mark.parametrize("name", ["events.jsonl.gz", "events.csv.gz"])
@pytest.mark.parametrize(
    "spoil",
    [
        lambda whole: whole[: len(whole) // 2],
        lambda whole: whole[:-9],
        lambda whole: whole[:-8] + bytes(4) + whole[-4:],
        lambda whole: whole[:-4] + bytes(4),
        lambda whole: whole[:40] + b"\xff" * 40 + whole[80:],
        lambda whole: gzip.decompress(whole),
    ],
    ids=["half", "no end", "wrong checksum", "wrong length", "scrambled", "not compressed"],
)
def test_a_gzip_file_that_is_not_whole_is_refused(landing, name, spoil):
    lines = b"".join(as_lines(event(f"e{zlib.crc32(b'%d' % n)}")) for n in range(300))
    rows = CSV + b"".join(b"e%d,u1,logged_in,2026-11-20\n" % zlib.crc32(b"%d" % n) for n in range(300))
    path = landing.drop(name, lines if "jsonl" in name else rows)
    path.write_bytes(spoil(path.read_bytes()))
    report = landing.load_one()
    assert report.state == "refused"
    assert report.detail.startswith("file_unreadable: ")
    assert landing.events("event_id") == []


def test_empty_files_of_lines_are_taken_and_bring_nothing(landing):
    landing.drop("events.jsonl", b"")
    landing.drop("users.jsonl.gz", b"")
    assert outcome(landing.load()) == {"events.jsonl": "loaded", "users.jsonl.gz": "loaded"}


@pytest.mark.parametrize(
    "name", ["event.jsonl", "sessions.jsonl", "events.json", "events.xlsx", "events.zip", "Events.csv"]
)
def test_a_name_that_does_not_say_what_it_holds_is_told(landing, name):
    landing.drop(name, as_lines(event()))
    report = landing.load_one()
    assert (report.name, report.state) == (f"product/{name}", "refused")
    assert report.detail == (
        "its name does not say what it holds; "
        "allowed: events|users|companies|aliases*.jsonl|jsonl.gz|csv|csv.gz|parquet"
    )


def test_a_name_that_says_no_kind_is_told_once_by_a_visit_for_each_kind(landing):
    landing.drop("notes.txt", b"")
    reports = [load_source(landing.connection, landing.folder, "product", [kind]) for kind in kinds_of("product")]
    assert [file.name for report in reports for file in report.refused] == ["product/notes.txt"]


@pytest.mark.parametrize("name", ["events.jsonl.tmp", "events.jsonl.part", ".events.jsonl", "events.csv.crdownload"])
def test_a_file_that_is_still_being_written_is_left_alone(landing, name):
    landing.drop(name, as_lines(event()))
    assert landing.load().files == []


def test_refused_files_do_not_hold_back_the_others(landing):
    landing.drop("events_1.csv", b"")
    landing.drop("events_2.jsonl.gz", b"").write_bytes(b"plain")
    landing.drop("events_3.parquet", b"PAR1")
    landing.drop("events_4.jsonl", as_lines(event()))
    landing.drop("notes.txt", b"")
    (landing.folder / "product" / "events_5.csv").mkdir()
    report = landing.load()
    assert [file.name for file in report.loaded] == ["product/events_4.jsonl"]
    assert len(report.refused) == 5
    assert landing.events("event_id") == [("e1",)]


def test_a_refused_file_stays_refused_and_is_put_aside_once(landing):
    landing.drop("events.csv", b"colour\nred\n")
    first, second = landing.load_one(), landing.load_one()
    assert first == second
    assert len(landing.quarantine()) == 1


def test_a_refused_file_is_looked_at_again_when_it_changes(landing):
    landing.drop("events.csv", b"colour\nred\n")
    landing.load()
    landing.drop("events.csv", CSV)
    assert landing.load_one().state == "loaded"


def test_a_refused_file_is_looked_at_again_under_another_name_which_says_how_to_read_it(landing):
    path = landing.drop("events.jsonl.gz", b"")
    path.write_bytes(as_lines(event()))
    assert landing.load_one().state == "refused"
    path = path.rename(path.with_name("events.csv"))
    assert landing.load_one().state == "refused"
    path.rename(path.with_name("events.jsonl"))
    assert landing.load_one().state == "loaded"
    assert landing.events("event_id") == [("e1",)]


def test_users_in_a_file_called_events_are_loaded_once_it_has_its_right_name(landing):
    path = landing.drop("events.jsonl", as_lines(USER))
    assert landing.load_one().reasons == {"event_id_missing": 1}
    path.rename(path.with_name("users.jsonl"))
    assert landing.load_one().loaded_count == 1
    assert landing.rows("select user_id from raw.product_users") == [("u1",)]


def test_a_file_that_cannot_be_opened_is_told_and_not_remembered(landing, monkeypatch):
    landing.drop("events.jsonl", as_lines(event()))

    def denied(path):
        raise PermissionError(13, "Permission denied", str(path))

    with monkeypatch.context() as broken:
        broken.setattr(loading, "content_hash", denied)
        report = landing.load_one()
    assert (report.state, report.detail) == ("refused", "cannot be read: Permission denied")
    assert landing.rows("select count(*) from raw.landing_files") == [(0,)]
    assert landing.load_one().state == "loaded"


@pytest.mark.parametrize("error", [OSError(5, "Input/output error"), OSError(28, "No space left on device")])
def test_a_file_whose_reading_fails_for_another_reason_is_not_judged_by_it(landing, monkeypatch, error):
    landing.drop("events.csv", CSV)
    landing.drop("events.jsonl", as_lines(event("e2")))
    monkeypatch.setattr(csv_rows, "open_bytes", failing_once(csv_rows.open_bytes, error))
    report = landing.load()
    assert outcome(report) == {"events.csv": "refused", "events.jsonl": "loaded"}
    assert report.refused[0].detail == f"cannot be read: {error.strerror}"
    assert landing.quarantine() == []
    assert outcome(landing.load()) == {"events.csv": "loaded", "events.jsonl": "known"}


@pytest.mark.parametrize(
    "error",
    [duckdb.OutOfMemoryException("no memory"), duckdb.IOException("Could not write file /tmp/x: No space left")],
)
def test_the_trouble_of_the_database_is_no_fault_of_the_file(landing, monkeypatch, error):
    landing.drop_table("events.parquet", {name: [value] for name, value in EVENT.items()})
    monkeypatch.setitem(readers.READERS, "parquet", failing_once(readers.READERS["parquet"], error))
    with pytest.raises(type(error)):
        landing.load()
    assert landing.rows("select count(*) from raw.landing_files") == [(0,)]
    assert landing.load_one().state == "loaded"


def failing_once(function, error):
    errors = [error]

    def fail_first(*arguments):
        if errors:
            raise errors.pop()
        return function(*arguments)

    return fail_first


@pytest.mark.parametrize("was_whole", [True, False])
def test_a_file_that_grows_while_it_is_read_waits_for_the_next_visit(landing, monkeypatch, was_whole):
    path = landing.drop("events.csv", CSV if was_whole else b"event_id")
    read_chunks = loading.read_chunks

    def written_meanwhile(*arguments):
        try:
            yield from read_chunks(*arguments)
        finally:
            path.write_bytes(CSV + b"e2,u1,logged_in,2026-11-20\n")

    with monkeypatch.context() as writing:
        writing.setattr(loading, "read_chunks", written_meanwhile)
        report = landing.load_one()
    assert report.state == "refused"
    assert report.detail.startswith("it changed while it was read and is looked at again next time")
    assert (landing.events("event_id"), landing.quarantine()) == ([], [])
    assert landing.load_one().loaded_count == 2


def test_a_file_that_vanishes_while_it_is_read_is_told(landing, monkeypatch):
    path = landing.drop("events.jsonl", as_lines(event()))
    landing.drop("users.jsonl", as_lines(USER))
    content_hash = loading.content_hash

    def taken_away(file):
        if file == path:
            path.unlink()
        return content_hash(file)

    monkeypatch.setattr(loading, "content_hash", taken_away)
    report = landing.load()
    assert outcome(report) == {"events.jsonl": "refused", "users.jsonl": "loaded"}
    assert report.refused[0].detail == "cannot be read: No such file or directory"


def test_nothing_is_left_in_the_way_of_the_next_file(landing):
    landing.drop("events.jsonl", as_lines(event()))
    landing.drop("users.jsonl", as_lines(USER))
    landing.drop("users.csv", b"colour\n")
    landing.load()
    assert landing.rows("select table_name from duckdb_tables() where temporary") == []
