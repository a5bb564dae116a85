"""A file is loaded chunk by chunk, and nobody can tell: all of it or nothing, in order, as if it were one piece."""

import random
from datetime import datetime

import duckdb
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from landing_folder import a_warehouse, raw_contents
from landing_lines import as_lines, event
from landing_mended import mend

from dagster_project.landing import chunks, lines_at_once, loading, parquet_rows
from dagster_project.landing.finding import filled
from dagster_project.landing.replaying import replay_quarantine

TABLES = ("landing_files", "quarantine", "product_events")
LATE = {"timestamp": None, "at": "2026-11-20T10:00:00Z"}
MIXED = [event(f"e{n}", **(LATE if n % 7 == 0 else {})) if n % 5 else "broken" for n in range(100)]


@pytest.fixture
def small_chunks(monkeypatch):
    """Chunks of a few rows, whatever the format."""
    monkeypatch.setattr("dagster_project.landing.lines_at_once.FRAME_BYTES", 200)
    monkeypatch.setattr("dagster_project.landing.json_lines.BLOCK_BYTES", 100)
    monkeypatch.setattr("dagster_project.landing.json_lines.FIRST_CHUNK_BYTES", 200)
    monkeypatch.setattr("dagster_project.landing.json_lines.CHUNK_BYTES", 400)
    monkeypatch.setattr("dagster_project.landing.csv_rows.CHUNK_ROWS", 3)
    monkeypatch.setattr("dagster_project.landing.parquet_rows.CHUNK_ROWS", 3)


def drop(landing, name: str, count: int = 40) -> None:
    rows = [event(f"e{n}", company_id=f"c{n}", **({"timestamp": "never"} if n % 10 == 3 else {})) for n in range(count)]
    if name.endswith(".parquet"):
        landing.drop_table(name, {key: [row[key] for row in rows] for key in rows[0]})
    elif ".csv" in name:
        landing.drop(
            name, "".join(f"{','.join(row)}\n" for row in [list(rows[0]), *(r.values() for r in rows)]).encode()
        )
    else:
        landing.drop(name, as_lines(*rows))


@pytest.mark.parametrize("name", ["events.jsonl", "events.jsonl.gz", "events.csv", "events.parquet"])
def test_small_chunks_leave_what_one_chunk_leaves(landing, monkeypatch, small_chunks, name):
    drop(landing, name)
    asked = counting(monkeypatch, *makers_of(name))
    report = landing.load_one()
    assert (report.loaded_count, report.quarantined_count, report.reasons) == (36, 4, {"timestamp_unreadable": 4})
    assert len(asked) > 5
    monkeypatch.undo()
    with a_warehouse() as connection:
        loading.load_source(connection, landing.folder, "product")
        assert raw_contents(connection, TABLES) == raw_contents(landing.connection, TABLES)


def makers_of(name: str) -> tuple:
    """Where the pieces of a file are made that the database is given one by one."""
    return (lines_at_once, "frames_of_lines") if ".jsonl" in name else (loading, "read_chunks")


def counting(monkeypatch, module, name: str) -> list:
    """Every piece that is made from now on."""
    made, make = [], getattr(module, name)

    def remembering(*arguments):
        for chunk in make(*arguments):
            made.append(chunk)
            yield chunk

    monkeypatch.setattr(module, name, remembering)
    return made


@pytest.mark.parametrize("name", ["events.jsonl.gz", "events.csv.gz"])
def test_a_file_that_turns_out_bad_after_some_chunks_leaves_nothing_but_its_refusal(
    landing, monkeypatch, small_chunks, name
):
    drop(landing, name, 3000)
    path = landing.folder / "product" / name
    path.write_bytes(path.read_bytes()[:-9])
    asked = counting(monkeypatch, *makers_of(name))
    assert landing.load_one().state == "refused"
    assert len(asked) > 5
    assert landing.events("event_id") == []
    assert [reason for _, reason, _ in landing.quarantine()] == ["file_unreadable"]
    assert landing.rows("select table_name from duckdb_tables() where temporary") == []
    assert landing.rows("select view_name from duckdb_views() where not internal") == []


def test_a_parquet_file_with_a_broken_end_is_refused_whole(landing, monkeypatch, small_chunks):
    drop(landing, "events.parquet", 3000)
    path = landing.folder / "product" / "events.parquet"
    names = [f"{number:032}" for number in random.Random(5).sample(range(10**9), 9000)]
    rows = {"event_id": names, "user_id": names, "event_type": names, "timestamp": ["2026-11-20"] * 9000}
    pl.DataFrame(rows).write_parquet(path, row_group_size=1000, compression="zstd")
    monkeypatch.setattr(parquet_rows, "CHUNK_ROWS", 1000)
    whole = path.read_bytes()
    spoiled = len(whole) * 9 // 10
    path.write_bytes(whole[:spoiled] + b"\xff" * 2000 + whole[spoiled + 2000 :])
    asked = counting(monkeypatch, loading, "read_chunks")
    assert landing.load_one().detail.startswith("file_unreadable: not a readable parquet file: ")
    assert len(asked) > 5
    assert landing.events("event_id") == []


def test_a_file_that_moves_while_its_last_chunk_is_read_leaves_nothing(landing, monkeypatch, small_chunks):
    path = landing.drop("events.jsonl", as_lines(*MIXED))
    frames_of_lines = lines_at_once.frames_of_lines

    def written_meanwhile(*arguments):
        yield from frames_of_lines(*arguments)
        path.write_bytes(as_lines(event("e1")))

    with monkeypatch.context() as writing:
        writing.setattr(lines_at_once, "frames_of_lines", written_meanwhile)
        assert landing.load_one().detail.startswith("it changed while it was read")
    assert (landing.events("event_id"), landing.quarantine()) == ([], [])
    assert landing.load_one().loaded_count == 1


def test_lines_are_put_aside_one_by_one_wherever_a_chunk_ends(landing, small_chunks):
    bad = [b'{"event_id": "Ren\xe9"}', b'{"event_id": "a\x00b"}', b"\x00", b"[]", b"  \r", b'"\xff']
    good = as_lines(event()).rstrip(b"\n")
    lines = [bad[n // 3 % len(bad)] if n % 3 else b" " * (n % 4) + good + b"\r" for n in range(300)]
    landing.drop("events.jsonl", b"\xef\xbb\xbf" + b"\n".join(lines))
    report = landing.load_one()
    assert report.loaded_count == 100
    assert landing.events("line_number") == [(n + 1,) for n in range(0, 300, 3)]
    assert report.reasons == {"json_broken": 68, "json_not_an_object": 34, "not_utf8": 66}
    aside = {number: text for number, _, text in landing.quarantine()}
    expected = {n + 1: line.decode("utf-8", "backslashreplace") for n, line in enumerate(lines) if n % 3}
    assert aside == {number: text for number, text in expected.items() if text.strip()}


@pytest.mark.parametrize("is_gone", [False, True])
def test_a_replay_by_small_chunks_leaves_what_a_first_load_would_have_left(landing, monkeypatch, small_chunks, is_gone):
    path = landing.drop("events.jsonl", as_lines(*MIXED))
    landing.load()
    mend(monkeypatch, "product", "events", "timestamp", "at")
    with a_warehouse() as connection:
        loading.load_source(connection, landing.folder, "product")
        expected = raw_contents(connection, TABLES)
    if is_gone:
        path.unlink()
    (file,) = replay_quarantine(landing.connection, landing.folder)
    assert (file.loaded_count, file.bad_count, file.kept_count) == (12, 20, 0)
    assert raw_contents(landing.connection, TABLES) == expected


def test_no_more_than_one_chunk_is_read_ahead():
    made = []

    def frames():
        for number in range(20):
            made.append(number)
            yield pl.DataFrame({"number": [number]})

    with duckdb.connect() as connection:
        for taken, _ in enumerate(chunks.handed_over(connection, frames(), chunks.Chunk("")), 1):
            assert connection.sql("select number from landing_frame").fetchall() == [(taken - 1,)]
            assert len(made) <= taken + 1
    assert len(made) == 20


@pytest.mark.parametrize(
    ("groups", "ranges"),
    [
        ([3, 3, 3], [(0, 2), (3, 5), (6, 8)]),
        ([2, 2, 2], [(0, 1), (2, 3), (4, 5)]),
        ([1, 2, 1, 1], [(0, 2), (3, 4)]),
        ([7, 1], [(0, 1), (2, 3), (4, 6), (7, 7)]),
        ([1], [(0, 0)]),
        ([], []),
    ],
)
def test_row_groups_are_packed_into_chunks_and_large_ones_are_cut(monkeypatch, groups, ranges):
    monkeypatch.setattr(parquet_rows, "CHUNK_ROWS", 3)
    assert list(parquet_rows.row_ranges([(row_count, 10) for row_count in groups])) == ranges


def test_rows_that_are_large_are_taken_few_at_a_time(monkeypatch):
    monkeypatch.setattr(parquet_rows, "CHUNK_BYTES", 100)
    assert list(parquet_rows.row_ranges([(10, 60), (10, 40), (10, 10), (2, 200)])) == [
        (0, 19),
        (20, 29),
        (30, 30),
        (31, 31),
    ]


def test_an_instant_in_parquet_is_kept_or_put_aside_as_its_text_would_be(landing):
    path = landing.folder / "product" / "events.parquet"
    path.parent.mkdir(parents=True)
    instants = ["2026-11-20 09:00:00.123456", "0001-01-01", "9999-12-31", "10000-01-01", "infinity", "-infinity"]
    instants += ["0044-03-15 (BC)", "1500-02-03 04:05:06"]
    of_each = ", ".join(f"(timestamp '{instant}')" for instant in instants)
    landing.connection.execute(
        "copy (select 'e' || row_number() over () as event_id, 'u1' as user_id, 'x' as event_type, said as timestamp, "
        f"said::timestamptz as received_at from (values {of_each}) as instants (said)) to '{path}' (format parquet)"
    )
    landing.load()
    kept = [(datetime(2026, 11, 20, 9, 0, 0, 123456),), (datetime(1, 1, 1),), (datetime(9999, 12, 31),)]
    assert landing.events("occurred_at") == [*kept, (datetime(1500, 2, 3, 4, 5, 6),)]
    assert landing.rows("from raw.product_events where received_at is distinct from occurred_at") == []
    assert [(number, reason) for number, reason, _ in landing.quarantine()] == [
        (number, "timestamp_unreadable") for number in (4, 5, 6, 7)
    ]


@settings(deadline=None)
@given(st.lists(st.text(st.sampled_from(" \t\r\n\x00\x1f!aé\u00a0\u2003\u0301😀"), max_size=4), min_size=1))
def test_a_text_is_filled_as_if_every_one_were_trimmed(texts):
    with duckdb.connect() as connection:
        found = connection.execute(f"select {filled('text')} from (select unnest(?) as text)", [texts]).fetchall()
    assert found == [(text.strip(" \t\r\n") or None,) for text in texts]
