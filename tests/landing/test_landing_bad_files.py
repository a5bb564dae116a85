"""Files as they should not be, one kind after the other: what becomes of each, and what a person is told."""

import gzip
import io
import os
import sys
import tracemalloc
from datetime import datetime

import polars as pl
import pytest
from landing_lines import EVENT, as_lines, event

ROW = b"e1,u1,logged_in,2026-11-20\n"
TEXTS = {"events.csv": b"event_id,user_id,event_type,timestamp\n" + ROW, "events.jsonl": as_lines(event())}
TEXTS |= {f"{name}.gz": content for name, content in TEXTS.items()}
each_text = pytest.mark.parametrize("name", TEXTS)


def as_parquet(**columns: object) -> bytes:
    """A table of one event."""
    stream = io.BytesIO()
    pl.DataFrame({name: [value] for name, value in (EVENT | columns).items()}).write_parquet(stream)
    return stream.getvalue()


def put(landing, name: str, content: bytes) -> None:
    """The bytes as they are: `drop` would compress what is called `.gz`."""
    landing.drop(name, b"").write_bytes(content)


# Bytes that are no text


@each_text
def test_a_byte_order_mark_is_no_part_of_any_text(landing, name):
    landing.drop(name, b"\xef\xbb\xbf" + TEXTS[name])
    assert (landing.load_one().loaded_count, landing.quarantine()) == (1, [])
    assert landing.events("event_id") == [("e1",)]


@each_text
def test_a_line_in_latin_1_is_put_aside_and_no_other(landing, name):
    bad = (
        b"Ren\xe9,u1,logged_in,2026-11-20\n"
        if "csv" in name
        else as_lines(event("Ren\xe9")).replace(b"\\u00e9", b"\xe9")
    )
    landing.drop(name, TEXTS[name] + bad)
    report = landing.load_one()
    assert (report.loaded_count, report.reasons) == (1, {"not_utf8": 1})
    assert "Ren\\xe9" in landing.quarantine()[0][2]


def test_a_header_in_latin_1_does_no_harm_where_its_column_is_not_used(landing):
    landing.drop("events.csv", "event_id,user_id,event_type,timestamp,Größe\ne1,u1,x,2026-11-20,3\n".encode("latin-1"))
    assert landing.load_one().loaded_count == 1


@each_text
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_a_text_in_utf_16_is_refused_and_the_message_says_what_to_do(landing, name, encoding):
    landing.drop(name, TEXTS[name].decode().encode(encoding))
    report = landing.load_one()
    assert (report.state, landing.events("event_id")) == ("refused", [])
    assert report.detail == "file_unreadable: this is not UTF-8 text (it looks like UTF-16): save it as UTF-8"


@pytest.mark.parametrize(
    ("name", "content", "detail"),
    [
        ("events.csv", gzip.compress(ROW, mtime=0), "this is a gzip archive: its name must end in .gz"),
        ("events.jsonl", gzip.compress(ROW, mtime=0), "this is a gzip archive: its name must end in .gz"),
        ("events.csv", as_parquet(), "this is a Parquet file: its name must end in .parquet"),
        ("events.jsonl", as_parquet(), "this is a Parquet file: its name must end in .parquet"),
        ("events.csv", b"PK\x03\x04" + bytes(range(99)), "this is a zip archive or a spreadsheet: export it as CSV"),
        ("events.jsonl.gz", TEXTS["events.jsonl"], "this is no gzip archive, though its name ends in .gz"),
        ("events.csv.gz", b"", "the file is empty: was it uploaded whole?"),
        ("events.jsonl.gz", b"", "the file is empty: was it uploaded whole?"),
        ("events.parquet", b"", "the file is empty: was it uploaded whole?"),
        ("events.parquet", as_parquet()[:200], "the Parquet file is cut off or damaged: was it uploaded whole?"),
        ("events.parquet", TEXTS["events.csv"], "this is no Parquet file, though its name ends in .parquet"),
        ("events.csv.gz", gzip.compress(as_parquet()), "in the gzip archive is a Parquet file: unpack it first"),
        (
            "events.jsonl.gz",
            gzip.compress(gzip.compress(TEXTS["events.jsonl"])),
            "in the gzip archive is a gzip archive: unpack it first",
        ),
    ],
    ids=range(13),
)
def test_a_file_whose_bytes_are_not_what_its_name_says_is_refused_in_plain_words(landing, name, content, detail):
    put(landing, name, content)
    report = landing.load_one()
    assert (report.state, report.detail) == ("refused", f"file_unreadable: {detail}")


@pytest.mark.parametrize("name", ["events.jsonl.gz", "events.csv.gz"])
def test_an_archive_that_is_cut_off_is_refused_in_plain_words(landing, name):
    put(landing, name, gzip.compress(TEXTS[name], mtime=0)[:-12])
    assert (
        landing.load_one().detail == "file_unreadable: the gzip archive is cut off or damaged: was it uploaded whole?"
    )


def test_no_message_about_a_file_names_the_folders_of_this_machine(landing):
    put(landing, "events_1.parquet", as_parquet()[:200])
    put(landing, "events_2.parquet", b"")
    put(landing, "events_3.parquet", b"PAR1" + b"\xff" * 50 + b"PAR1")
    refused = landing.load().refused
    assert len(refused) == 3
    assert not any(str(landing.folder) in file.detail for file in refused)
    assert "events_3.parquet" in refused[2].detail


def test_text_that_only_begins_in_an_odd_way_is_read_line_by_line(landing):
    landing.drop("events_1.jsonl", b"\0" * 8 + b"\n" + TEXTS["events.jsonl"])
    landing.drop("events_2.jsonl", b"a\n" + as_lines(event("e2")))
    landing.drop("events_3.csv", b"PAR1," + TEXTS["events.csv"].replace(b"\ne1", b"\n,e3"))
    report = landing.load()
    assert (report.refused, report.reasons) == ([], {"json_broken": 2})
    assert landing.events("event_id") == [("e1",), ("e2",), ("e3",)]


# Null bytes


@pytest.mark.parametrize("line", [b'{"event_id": "a\0b"}', b"\0" * 50])
def test_a_null_byte_in_a_json_line_puts_the_line_aside_and_no_other(landing, line):
    landing.drop("events.jsonl", TEXTS["events.jsonl"] + line + b"\n" + as_lines(event("e2")))
    assert landing.load_one().reasons == {"json_broken": 1}
    assert landing.events("event_id") == [("e1",), ("e2",)]


NULL_BYTE = "a\0b"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("events.jsonl", as_lines(event(user_id=NULL_BYTE))),
        ("events.csv", TEXTS["events.csv"].replace(b"u1", NULL_BYTE.encode())),
        ("events.parquet", as_parquet(user_id=NULL_BYTE)),
    ],
    ids=["json", "csv", "parquet"],
)
def test_an_id_with_a_null_byte_is_put_aside(landing, name, content):
    landing.drop(name, content)
    assert landing.load_one().reasons == {"user_id_unreadable": 1}


# One content under several names


def test_a_table_that_was_called_json_lines_is_loaded_once_it_has_its_right_name(landing):
    path = landing.drop("events.jsonl", TEXTS["events.csv"])
    assert landing.load_one().loaded_count == 0
    path.rename(path.with_name("events.csv"))
    assert landing.load_one().loaded_count == 1
    assert landing.events("event_id") == [("e1",)]


def test_the_same_content_is_loaded_once_under_any_names_of_one_format(landing):
    landing.drop("events_1.csv", TEXTS["events.csv"])
    landing.drop("events_2.csv", TEXTS["events.csv"])
    landing.drop("events_3.jsonl", TEXTS["events.csv"])
    assert [file.state for file in landing.load().files] == ["loaded", "known", "loaded"]
    assert [file.state for file in landing.load().files] == ["known"] * 3
    assert landing.events("file_name") == [("events_1.csv",)]


def test_an_empty_table_stays_refused_also_where_an_empty_file_of_lines_was_taken(landing):
    landing.drop("events_1.csv", b"")
    landing.drop("events_2.jsonl", b"")
    landing.load()
    assert [file.state for file in landing.load().files] == ["refused", "known"]


# A very long line


@pytest.mark.parametrize(
    ("name", "begins", "what"),
    [
        ("events_1.jsonl", b"[" + b" " * 9, "JSON lines"),
        ("events_1.csv", b"[" + b" " * 9, "CSV"),
        ("events_1.csv", TEXTS["events.csv"], "CSV"),
    ],
    ids=["json", "header", "row"],
)
def test_a_line_of_200_mb_is_refused_at_once_and_holds_back_no_other_file(landing, name, begins, what):
    drop_long_line(landing, name, begins)
    landing.drop("events_2.jsonl", TEXTS["events.jsonl"])
    tracemalloc.start()
    try:
        long, short = landing.load().files
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (long.state, short.state) == ("refused", "loaded")
    assert long.detail == f"line_too_long: one line has more than 33,554,432 bytes: is this {what}?"
    assert peak < 100_000_000


def drop_long_line(landing, name: str, begins: bytes) -> None:
    """A line of 200 MB, of which only the beginning is written: the rest takes no place on the disk."""
    with landing.drop(name, begins).open("r+b") as stream:
        stream.seek(200_000_000)
        stream.write(b"]\n")


# Nothing, and hardly anything


def test_a_table_of_only_a_header_is_taken_and_brings_nothing(landing):
    header = TEXTS["events.csv"].removesuffix(ROW)
    landing.drop("events_1.csv", header)
    landing.drop("events_2.csv.gz", header.rstrip(b"\n"))
    landing.drop("events_3.csv", b"\xef\xbb\xbf" + header + b"\r\n\r\n")
    landing.drop_table("events_4.parquet", {name: pl.Series([], dtype=pl.String) for name in EVENT})
    assert [(file.state, file.loaded_count, file.quarantined_count) for file in landing.load().files] == [
        ("loaded", 0, 0)
    ] * 4


def test_an_empty_table_is_refused_for_it_has_no_header(landing):
    landing.drop("events.csv", b"")
    assert "found no header" in landing.load_one().detail


@pytest.mark.parametrize("header", [b"", b"\n", b",,\n1,2,3\n", b'\xef\xbb\xbf""\n'])
def test_an_empty_table_is_refused_also_where_no_column_has_to_be_in_every_row(landing, header):
    landing.of("segment").drop("tracks.csv", header)
    detail = landing.of("segment").load_one().detail
    assert detail.startswith("column_missing: no column at all; found no header; known are event_text, event, ")


def test_a_message_is_short_however_long_the_header_is(landing):
    landing.drop("events.csv", b"a," * 100_000 + b"\n")
    detail = landing.load_one().detail
    assert detail.startswith("column_missing: no column event_id, user_id, event_type, timestamp; found a, a, ")
    assert "a, a and 99,981 more; required are event_id" in detail
    assert len(detail) < 1_000


def test_a_message_is_short_however_long_a_name_in_the_header_is(landing):
    landing.drop("events.csv", b"a" * 40 + b"," + b"b" * 41 + b"\n")
    assert f"found {'a' * 40}, {'b' * 40}…; required" in landing.load_one().detail
    landing.of("segment").drop("tracks.csv", b",".join(b"%045d" % (n % 30) for n in range(60)) + b"\n")
    detail = landing.of("segment").load_one().detail
    assert detail.startswith(f"column_twice: the column {0:040}…, ")
    assert "… and 10 more occurs more than once" in detail


# Parquet of other types


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"timestamp": {"seconds": 1763629200}}, "timestamp_unreadable"),
        ({"timestamp": [2026, 11, 20]}, "timestamp_unreadable"),
        ({"timestamp": True}, "timestamp_unreadable"),
        ({"user_id": ["u1"]}, "user_id_unreadable"),
        ({"event_type": {"name": "logged_in"}}, "event_type_unreadable"),
        ({"company_id": {"id": "c1"}}, "company_id_unreadable"),
        ({"properties": 7}, "properties_unreadable"),
        ({"properties": ["pro"]}, "properties_unreadable"),
        ({"received_at": 0.5}, "received_at_unreadable"),
    ],
)
def test_a_row_of_a_parquet_file_with_another_type_is_put_aside_for_that_column(landing, columns, reason):
    landing.drop("events_1.parquet", as_parquet(**columns))
    landing.drop("events_2.parquet", as_parquet())
    assert landing.load().reasons == {reason: 1}
    assert landing.events("file_name") == [("events_2.parquet",)]


def test_ids_in_parquet_may_be_whole_numbers(landing):
    landing.drop("events.parquet", as_parquet(event_id=8, user_id=2**63 - 1, company_id=7))
    assert landing.load_one().loaded_count == 1
    assert landing.events("event_id, user_id, company_id") == [("8", "9223372036854775807", "7")]


def test_whole_numbers_in_a_column_of_floats_are_whole_numbers(landing):
    # As pandas writes a column of integers in which one is missing.
    landing.drop("events.parquet", as_parquet(user_id=7.0, timestamp=1763629200.0, received_at=1763629200123.0))
    assert landing.load_one().reasons == {}
    assert landing.events("user_id, occurred_at, received_at") == [
        ("7", datetime(2025, 11, 20, 9), datetime(2025, 11, 20, 9, 0, 0, 123000))
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (7.5, "7.5"),
        (-7.0, "-7"),
        (float("nan"), "nan"),
        (float("inf"), "inf"),
        (2.0**53 - 1, "9007199254740991"),
        # The next whole number is the same float: it may have been another id.
        (2.0**53, "9007199254740992.0"),
        (1e300, "1e+300"),
    ],
)
def test_a_float_that_may_be_no_whole_number_is_kept_as_it_is(landing, value, text):
    landing.drop("events.parquet", as_parquet(user_id=value))
    landing.load()
    assert landing.events("user_id") == [(text,)]


def test_seconds_in_floats_of_four_bytes_are_no_instant_for_they_are_minutes_off(landing):
    stream = io.BytesIO()
    seconds = pl.Series([1763629200.0], dtype=pl.Float32)
    pl.DataFrame(EVENT).with_columns(timestamp=seconds).write_parquet(stream)
    landing.drop("events.parquet", stream.getvalue())
    assert landing.load_one().reasons == {"timestamp_unreadable": 1}


def test_whole_numbers_in_floats_are_whole_numbers_among_the_traits_too(landing):
    rows = {"id": ["u1", "u2", "u3"], "company_id": [7.0, None, 7.5], "share": [float("inf"), -0.0, 1e300]}
    landing.of("segment").drop_table("users.parquet", rows)
    landing.of("segment").load()
    assert landing.rows("select traits from raw.segment_calls order by line_number") == [
        ('{"company_id":7,"share":null}',),
        ('{"company_id":null,"share":0}',),
        ('{"company_id":7.5,"share":1e300}',),
    ]


@pytest.mark.parametrize("column", [name for name in EVENT if name != "timestamp"])
@pytest.mark.parametrize("value", [["u1"], {"id": "u1"}])
def test_an_id_that_is_an_object_or_a_list_is_none_in_any_format(landing, column, value):
    landing.drop("events.jsonl", as_lines(event(**{column: value})))
    landing.drop("events.parquet", as_parquet(**{column: value}))
    landing.drop("users.jsonl", as_lines({"user_id": value}))
    report = landing.load()
    assert report.loaded_count == 0
    assert report.reasons[f"{column}_unreadable"] >= 2


# What the file system does


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="who may read everything is denied nothing")
def test_a_file_that_nobody_may_read_is_told_and_loaded_once_it_may_be(landing):
    path = landing.drop("events_1.jsonl", TEXTS["events.jsonl"])
    landing.drop("events_2.jsonl", as_lines(event("e2")))
    path.chmod(0)
    report = landing.load()
    assert {file.name: file.detail for file in report.refused} == {
        "product/events_1.jsonl": "cannot be read: Permission denied"
    }
    assert landing.events("event_id") == [("e2",)]
    path.chmod(0o644)
    assert landing.load().loaded_count == 1


@pytest.mark.parametrize("name", ["events.jsonl", "events.csv.gz", "events.parquet"])
def test_a_folder_and_a_link_to_nothing_are_told_whatever_they_are_called(landing, name):
    landing.drop("users.jsonl", as_lines({"user_id": "u1"}))
    folder = landing.folder / "product"
    (folder / name).mkdir()
    (folder / f"events_{name}").symlink_to("nowhere")
    report = landing.load()
    assert {file.name.removeprefix("product/"): file.detail for file in report.refused} == {
        name: "it is a folder; only files are loaded",
        f"events_{name}": "it is a link to nothing; only files are loaded",
    }
    assert report.loaded_count == 1
