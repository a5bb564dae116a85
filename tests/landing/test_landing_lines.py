"""Each line of a file becomes a row or is put aside, with its number and its text."""

import csv
import io
from datetime import UTC, date, datetime

import pytest
from landing_lines import EVENT, as_lines, event

HEADER = "event_id,user_id,event_type,timestamp,properties\n"
GOOD = as_lines(event()).rstrip(b"\n")


def row(event_id: str, timestamp: str = "2026-11-20", properties: str = "") -> str:
    return f"{event_id},u1,logged_in,{timestamp},{properties}\n"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("not json", "json_broken"),
        ('{"event_id": "e1"', "json_broken"),
        ('{"event_id": "\\ud800"}', "json_broken"),
        ("{'event_id': 'e1'}", "json_broken"),
        ('{"event_id": "e1"} {"event_id": "e2"}', "json_broken"),
        ('{"event_id": "a\x00b"}', "json_broken"),
        ("[]", "json_not_an_object"),
        ('"text"', "json_not_an_object"),
        ("7", "json_not_an_object"),
        ("null", "json_not_an_object"),
        ("{}", "event_id_missing"),
        ('{"Event_Id": "e1", "user_id": "u1", "event_type": "x", "timestamp": "2026-11-20"}', "event_id_missing"),
    ],
)
def test_a_json_line_that_is_no_event_is_put_aside_with_its_number_and_its_text(landing, line, reason):
    landing.drop("events.jsonl", as_lines(event("e1"), line, event("e2")))
    report = landing.load_one()
    assert (report.state, report.loaded_count, report.quarantined_count) == ("loaded", 2, 1)
    assert report.reasons == {reason: 1}
    assert landing.quarantine() == [(2, reason, line)]
    assert landing.events("event_id, line_number") == [("e1", 1), ("e2", 3)]


def test_blank_lines_are_counted_and_are_nothing(landing):
    landing.drop("events.jsonl", b"\n\n" + as_lines(event("e1"), "", "  \t", event("e2"), "broken", ""))
    report = landing.load_one()
    assert (report.loaded_count, report.quarantined_count) == (2, 1)
    assert landing.events("event_id, line_number") == [("e1", 3), ("e2", 6)]
    assert landing.quarantine() == [(7, "json_broken", "broken")]


@pytest.mark.parametrize("name", ["events.jsonl", "events.jsonl.gz"])
def test_lines_may_end_in_different_ways_and_the_last_in_none(landing, name):
    second, third, fourth = (as_lines(event(f"e{n}")).rstrip(b"\n") for n in (2, 3, 4))
    landing.drop(name, GOOD + b"\r\n" + second + b"\nbroken\r\n\r\n" + third + b"\n" + fourth)
    assert landing.load_one().loaded_count == 4
    assert landing.events("event_id, line_number") == [("e1", 1), ("e2", 2), ("e3", 5), ("e4", 6)]
    assert landing.quarantine() == [(3, "json_broken", "broken")]


@pytest.mark.parametrize("name", ["events.jsonl", "events.jsonl.gz"])
def test_a_byte_order_mark_is_no_part_of_the_first_line(landing, name):
    landing.drop(name, b"\xef\xbb\xbf" + GOOD)
    assert landing.load_one().loaded_count == 1


def test_one_line_that_is_no_utf8_does_not_hold_back_the_others(landing):
    landing.drop("events.jsonl", as_lines(event("e1")) + b'{"event_id": "Ren\xe9"}\n' + as_lines(event("zoë")))
    assert landing.load_one().reasons == {"not_utf8": 1}
    assert landing.events("event_id, line_number") == [("e1", 1), ("zoë", 3)]
    assert landing.quarantine() == [(2, "not_utf8", '{"event_id": "Ren\\xe9"}')]


def test_a_text_that_looks_like_a_byte_written_out_is_no_such_byte(landing):
    landing.drop("events.jsonl", b'{"event_id": "\xe9"}\n' + as_lines(event(r"\xe9")))
    assert landing.load_one().reasons == {"not_utf8": 1}
    assert landing.events("event_id, line_number") == [(r"\xe9", 2)]


def test_lines_longer_than_a_block_are_read_and_numbered(landing, monkeypatch):
    monkeypatch.setattr("dagster_project.landing.json_lines.BLOCK_BYTES", 64)
    lines = [event(f"e{n}", company_id="c" * (n * 7 % 300)) for n in range(60)]
    landing.drop("events.jsonl", as_lines(*lines, "broken"))
    assert landing.load_one().loaded_count == 60
    assert landing.events("event_id, line_number") == [(f"e{n}", n + 1) for n in range(60)]
    assert landing.quarantine() == [(61, "json_broken", "broken")]


def test_a_file_without_line_breaks_is_no_json_lines_beyond_some_size(landing, monkeypatch):
    monkeypatch.setattr("dagster_project.landing.json_lines.BLOCK_BYTES", 64)
    monkeypatch.setattr("dagster_project.landing.json_lines.MAX_LINE_BYTES", 1000)
    landing.drop("events.jsonl", b"[" + b" " * 1000 + b"]")
    report = landing.load_one()
    assert report.state == "refused"
    assert report.detail == "line_too_long: one line has more than 1,000 bytes: is this JSON lines?"


def test_csv_rows_are_numbered_by_the_line_they_begin_in(landing):
    landing.drop(
        "events.csv",
        (
            HEADER
            + row("e1", properties='"{""note"":\n""two lines""}"')
            + "\n"
            + "   \n"
            + row("e2", timestamp="never")
            + "e3,u1,logged_in\n"
            + ",,,,\n"
            + row("e4").rstrip("\n")
        ).encode(),
    )
    assert landing.load_one().reasons == {
        "csv_wrong_number_of_cells": 1,
        "event_id_missing": 1,
        "timestamp_unreadable": 1,
    }
    assert landing.events("event_id, line_number") == [("e1", 2), ("e4", 9)]
    assert landing.quarantine() == [
        (6, "timestamp_unreadable", "e2,u1,logged_in,never,"),
        (7, "csv_wrong_number_of_cells", "e3,u1,logged_in"),
        (8, "event_id_missing", ",,,,"),
    ]


def test_a_csv_row_of_several_lines_is_put_aside_with_all_of_them(landing):
    landing.drop("events.csv", f'{HEADER}e1,u1,"logged\r\nin",never,\r\ne2,u1,x,2026-11-20,\r\n'.encode())
    landing.load()
    assert landing.quarantine() == [(2, "timestamp_unreadable", 'e1,u1,"logged\r\nin",never,')]
    assert landing.events("event_id, line_number") == [("e2", 4)]


@pytest.mark.parametrize("name", ["events.csv", "events.csv.gz"])
def test_a_csv_as_a_spreadsheet_writes_it_is_read(landing, name):
    landing.drop(name, b"\xef\xbb\xbf" + (HEADER + row("e1") + row("e2")).replace("\n", "\r\n").encode())
    assert landing.load_one().loaded_count == 2
    assert landing.events("event_id, line_number") == [("e1", 2), ("e2", 3)]


def test_csv_columns_may_stand_in_any_order_with_others_between(landing):
    landing.drop("events.csv", b"colour, timestamp ,user_id,event_type,event_id\nred,2026-11-20,u1,logged_in,e1\n")
    assert landing.load_one().loaded_count == 1
    assert landing.events("event_id, user_id, event_type") == [("e1", "u1", "logged_in")]


def test_one_csv_row_that_is_no_utf8_does_not_hold_back_the_others(landing):
    landing.drop(
        "events.csv", (HEADER + row("e1")).encode() + b"Ren\xe9,u1,logged_in,2026-11-20,\n" + row("é").encode()
    )
    assert landing.load_one().reasons == {"not_utf8": 1}
    assert landing.events("event_id, line_number") == [("e1", 2), ("é", 4)]
    assert landing.quarantine() == [(3, "not_utf8", "Ren\\xe9,u1,logged_in,2026-11-20,")]


def test_csv_chunks_are_put_together_again_in_order(landing, monkeypatch):
    monkeypatch.setattr("dagster_project.landing.csv_rows.CHUNK_ROWS", 3)
    landing.drop("events.csv", (HEADER + "".join(row(f"e{n}") for n in range(20))).encode())
    landing.load()
    assert landing.events("event_id, line_number") == [(f"e{n}", n + 2) for n in range(20)]


def test_every_text_that_a_csv_writer_writes_is_read_as_it_was(landing):
    texts = ["a,b", 'a"b', "a\nb", "a\r\nb", "a;b", "'a'", "ünï-😀", "a\tb", "NULL", "None", "a\\nb", "#a", "=1+1"]
    stream = io.StringIO(newline="")
    csv.writer(stream).writerows([list(EVENT), *[[text, "u1", "logged_in", "2026-11-20"] for text in texts]])
    landing.drop("events.csv", stream.getvalue().encode())
    landing.load()
    assert landing.events("event_id") == [(text,) for text in texts]


def test_parquet_columns_of_any_type_are_read_as_text_would_be(landing):
    landing.drop_table(
        "events.parquet",
        {
            "event_id": [1, 2, 3],
            "user_id": ["u1", "u2", "u3"],
            "event_type": ["logged_in"] * 3,
            "timestamp": [datetime(2026, 11, 20, 9), datetime(1988, 1, 1), datetime(2026, 11, 20, 9, 0, 0, 123456)],
            "received_at": [datetime(2026, 11, 20, 9, tzinfo=UTC), None, None],
            "properties": [{"plan": "pro", "seats": None}, None, {"plan": None, "seats": 3}],
        },
    )
    assert landing.load_one().loaded_count == 3
    assert landing.events("event_id, occurred_at, received_at, properties, line_number") == [
        ("1", datetime(2026, 11, 20, 9), datetime(2026, 11, 20, 9), '{"plan":"pro","seats":null}', 1),
        ("2", datetime(1988, 1, 1), None, None, 2),
        ("3", datetime(2026, 11, 20, 9, 0, 0, 123456), None, '{"plan":null,"seats":3}', 3),
    ]


@pytest.mark.parametrize(
    ("timestamp", "instant"),
    [
        (1763629200, datetime(2025, 11, 20, 9)),
        (1763629200123, datetime(2025, 11, 20, 9, 0, 0, 123000)),
        (date(2026, 11, 20), datetime(2026, 11, 20)),
        ("2026-11-20T09:00:00+01:00", datetime(2026, 11, 20, 8)),
    ],
)
def test_an_instant_in_parquet_may_be_a_number_a_day_or_a_text(landing, timestamp, instant):
    landing.drop_table("events.parquet", {name: [value] for name, value in event(timestamp=timestamp).items()})
    landing.load()
    assert landing.events("occurred_at") == [(instant,)]


def test_a_parquet_row_that_is_no_event_is_put_aside_with_its_number_and_its_values(landing):
    rows = [event("e1"), event("e2", timestamp="never"), event("e3", user_id=None)]
    landing.drop_table("events.parquet", {name: [row[name] for row in rows] for name in EVENT})
    assert landing.load_one().reasons == {"timestamp_unreadable": 1, "user_id_missing": 1}
    assert landing.quarantine() == [
        (2, "timestamp_unreadable", '{"event_id":"e2","user_id":"u1","event_type":"logged_in","timestamp":"never"}'),
        (
            3,
            "user_id_missing",
            '{"event_id":"e3","user_id":null,"event_type":"logged_in","timestamp":"2026-11-20T09:00:00Z"}',
        ),
    ]


def test_properties_in_parquet_may_be_text_and_have_to_be_an_object(landing):
    rows = [event("e1", properties='{"plan":"pro"}'), event("e2", properties="[1]")]
    landing.drop_table("events.parquet", {name: [row[name] for row in rows] for name in rows[0]})
    assert landing.load_one().reasons == {"properties_unreadable": 1}
    assert landing.events("properties") == [('{"plan":"pro"}',)]


def test_a_folder_whose_name_looks_like_a_column_says_nothing_about_its_files(landing):
    part = landing.folder / "user_id=5"
    inside = type(landing)(part, landing.connection)
    inside.drop_table("events.parquet", {name: [value] for name, value in EVENT.items()})
    inside.load()
    assert landing.events("user_id") == [("u1",)]


@pytest.mark.parametrize("name", ["events*.parquet", "events?.parquet", "events[12].parquet", "events (1).parquet"])
def test_a_name_is_a_name_and_no_pattern(landing, name):
    landing.drop_table("events1.parquet", {name: [value] for name, value in event("e1").items()})
    landing.drop_table(name, {name: [value] for name, value in event("e2").items()})
    assert [file.loaded_count for file in landing.load().files] == [1, 1]
    assert sorted(landing.events("event_id")) == [("e1",), ("e2",)]


@pytest.mark.parametrize(
    "name", ["events*.jsonl", "events'; drop table x; --.csv", "events[1].csv.gz", "events ü.jsonl"]
)
def test_a_file_of_text_may_have_any_name_too(landing, name):
    content = as_lines(event()) if "jsonl" in name else (HEADER + row("e1")).encode()
    landing.drop("events1.jsonl", as_lines(event("e0")))
    landing.drop(name, content)
    assert [file.loaded_count for file in landing.load().files] == [1, 1]
