"""Every kind of bad file in every folder at once, beside good ones of odd clocks: what is told, and what counts."""

import gzip
import io
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from tests.conftest import name_nobody
from tests.whole_run import Pipeline, failed_checks, materialization, reasons

AS_OF = datetime(2026, 11, 20, 9, tzinfo=UTC)
CLOCKS = (
    "1988-01-01T00:00:00+00:00",
    "2026-10-31T23:59:59+00:00",
    "2026-11-20T00:30:00+02:00",
    "2026-11-19T23:30:00-08:00",
    "2026-11-20T09:00:00+00:00",
    "2026-11-20T09:00:01+00:00",
    "2027-11-20T09:00:00+00:00",
)
LATE = "2026-10-31T12:00:00+00:00"


@dataclass(frozen=True)
class Folder:
    """How a source writes what somebody did: as a JSON line in files of events, and as a row of a table."""

    asset: str
    table: str
    header: str
    time_column: str
    nothing: str = ""
    # What is told of a table of something else.
    other_table: str = "column_missing: no column "

    def line(self, source: str, at: str) -> dict:
        user, moment = f"u_{source}", datetime.fromisoformat(at)
        return {
            "product": {"event_id": at, "user_id": user, "event_type": "logged_in", "timestamp": at},
            "segment": {"type": "track", "event": "Seen", "messageId": at, "userId": user, "timestamp": at},
            "mixpanel": {
                "event": "Seen",
                "properties": {"time": int(moment.timestamp()), "distinct_id": user, "$insert_id": at},
            },
            "amplitude": {
                "event_type": "Seen",
                "user_id": user,
                "uuid": at,
                "event_time": moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f"),
            },
        }[source]


FOLDERS = {
    "product": Folder(
        "raw/product_events", "events", "event_id,user_id,event_type,timestamp", "timestamp", nothing="event_id_missing"
    ),
    "segment": Folder(
        "raw/segment_calls",
        "tracks",
        "id,user_id,event,timestamp",
        "timestamp",
        nothing="type_unknown",
        other_table="event_missing 1",
    ),
    "mixpanel": Folder(
        "raw/mixpanel_events",
        "events",
        "insert_id,distinct_id,name,time",
        "time",
        nothing="event_missing",
    ),
    "amplitude": Folder(
        "raw/amplitude_events",
        "events",
        "uuid,user_id,event_type,event_time",
        "event_time",
        nothing="event_type_missing",
    ),
}
each_source = pytest.mark.parametrize("source", FOLDERS)


def as_lines(*rows: object) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def as_parquet(rows: dict[str, list]) -> bytes:
    stream = io.BytesIO()
    pl.DataFrame(rows).write_parquet(stream)
    return stream.getvalue()


def bad_files(source: str) -> dict[str, tuple[bytes, str]]:
    """Each bad file with what has to be told of it."""
    folder = FOLDERS[source]
    good = as_lines(folder.line(source, LATE))
    header, row = f"{folder.header}\n".encode(), b"1,u1,Seen,2026-11-20\n"
    names = folder.header.split(",")
    table = {name: [value] for name, value in zip(names, ("1", "u1", "Seen", "2026-11-20"), strict=True)}
    unreadable = f"{folder.time_column}_unreadable 1"
    files = {
        "events_broken.jsonl": (b'{"event": \n', "json_broken 1"),
        "events_number.jsonl": (b"[7]\n", "json_not_an_object 1"),
        "events_nothing.jsonl": (b"{}\n", f"{folder.nothing} 1"),
        "events_latin_1.jsonl": ('{"name": "René"}\n'.encode("latin-1"), "not_utf8 1"),
        "events_null_bytes.jsonl": (good.rstrip(b"}\n") + b"\0}\n", "json_broken 1"),
        "events_utf_16.jsonl": (good.decode().encode("utf-16"), "it looks like UTF-16"),
        "events_cut_off.jsonl.gz": (gzip.compress(good, mtime=0)[:-9], "file_unreadable: "),
        "events_no_archive.jsonl.gz": (good, "file_unreadable: "),
        f"{folder.table}_cells.csv": (header + b"1,u1\n", "csv_wrong_number_of_cells 1"),
        f"{folder.table}_latin_1.csv": (header + "1,René,Seen,2026-11-20\n".encode("latin-1"), "not_utf8 1"),
        f"{folder.table}_when.csv": (header + b"1,u1,Seen,yesterday\n", unreadable),
        f"{folder.table}_quote.csv": (header + b'"1,u1,Seen,2026-11-20\n' + row, "csv_unreadable: line 2: "),
        f"{folder.table}_no_column.csv": (b"colour\nred\n", folder.other_table),
        f"{folder.table}_utf_16.csv": ((header + row).decode().encode("utf-16"), "it looks like UTF-16"),
        f"{folder.table}_cut_off.csv.gz": (gzip.compress(header + row, mtime=0)[:-9], "file_unreadable: "),
        f"{folder.table}_cut_off.parquet": (as_parquet(table)[:100], "file_unreadable: "),
        f"{folder.table}_types.parquet": (as_parquet(table | {folder.time_column: [{"seconds": 7}]}), unreadable),
        f"{folder.table}_empty.csv": (b"", "found no header"),
        "notes.txt": (b"x", "its name does not say what it holds; allowed: events"),
        "events.xlsx": (b"PK\x03\x04", "its name does not say what it holds; allowed: events"),
    }
    if source == "segment":
        unknown = {"events_unknown.jsonl": (b'{"type": "purchase", "userId": "u1"}\n', "type_unknown 1")}
        return files | unknown | {"events_no_calls.jsonl": (b'{"batch": []}\n', "batch_empty 1")}
    return files


@dataclass(frozen=True)
class Visits:
    """A run of everything up to the marts; a visit of the landing folder after it; and a run after a late file."""

    pipeline: Pipeline
    first: dg.ExecuteInProcessResult
    again: dg.ExecuteInProcessResult
    days_at_first: list[tuple]


def days(pipeline: Pipeline) -> list[tuple]:
    return pipeline.query(
        "select user_id, happened_on::date, sum(event_count)::int from intermediate.int_user_event_days "
        "group by all order by all"
    )


@pytest.fixture(scope="module")
def visits(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visits]:
    with pytest.MonkeyPatch.context() as environment:
        name_nobody(environment)
        pipeline = Pipeline.in_folder(tmp_path_factory.mktemp("bad_files") / "data", environment)
        for source in FOLDERS:
            drop_everything(pipeline.data_dir / "landing" / source, source)
        first = pipeline.run("score", as_of=AS_OF.isoformat())
        days_at_first = days(pipeline)
        again = pipeline.materialize(*(folder.asset for folder in FOLDERS.values()))
        for source, folder in FOLDERS.items():
            late = as_lines(folder.line(source, LATE))
            (pipeline.data_dir / "landing" / source / "events_late.jsonl").write_bytes(late)
        assert reasons(pipeline.run("score", as_of=AS_OF.isoformat())) == {}
        yield Visits(pipeline, first, again, days_at_first)


def drop_everything(folder: Path, source: str) -> None:
    folder.mkdir(parents=True)
    for name, (content, _) in bad_files(source).items():
        (folder / name).write_bytes(content)
    (folder / "events_folder.jsonl").mkdir()
    (folder / "events_link.csv").symlink_to("nowhere.csv")
    (folder / "events_nothing_yet.jsonl").write_bytes(b"\n")
    # Latest first, and the mark that some editors put before a text.
    good = as_lines(*(FOLDERS[source].line(source, at) for at in reversed(CLOCKS)))
    (folder / "events_zz_good.jsonl").write_bytes(b"\xef\xbb\xbf" + good)


def told(result: dg.ExecuteInProcessResult, source: str) -> dict[str, dict]:
    records, *_ = materialization(result, FOLDERS[source].asset)["files"]
    return {record.data["file"].removeprefix(f"{source}/"): record.data for record in records}


def test_bad_files_stop_nothing(visits: Visits):
    assert reasons(visits.first) == reasons(visits.again) == {}
    assert failed_checks(visits.first) == {
        "every_landing_file_was_taken",
        "few_lines_are_quarantined",
        "every_event_name_is_in_the_taxonomy",
    }


@each_source
def test_each_bad_file_is_told_by_its_name_with_what_is_wrong(visits: Visits, source: str):
    files = told(visits.first, source)
    expected = {name: why for name, (_, why) in bad_files(source).items()}
    expected |= {
        "events_folder.jsonl": "it is a folder; only files are loaded",
        "events_link.csv": "it is a link to nothing; only files are loaded",
    }
    for name, why in expected.items():
        file = files.pop(name)
        assert file["rows"] == 0, name
        assert file["state"] == "refused" or file["quarantined"] > 0, name
        assert file["why"], name
        assert why in file["why"], (name, file["why"])
    assert {name: (file["state"], file["rows"], file["why"]) for name, file in files.items()} == {
        "events_nothing_yet.jsonl": ("loaded", 0, ""),
        "events_zz_good.jsonl": ("loaded", len(CLOCKS), ""),
    }


@each_source
def test_the_next_visit_tells_the_same_and_does_nothing(visits: Visits, source: str):
    metadata = materialization(visits.again, FOLDERS[source].asset)
    assert (metadata["loaded_now"], metadata["quarantined_now"]) == (0, 0)
    first, again = told(visits.first, source), told(visits.again, source)
    refused = {name for name, file in first.items() if file["state"] == "refused"}
    assert {name for name, file in again.items() if file["state"] == "refused"} == refused
    assert {again[name]["why"] for name in refused} == {first[name]["why"] for name in refused}
    assert {file["state"] for name, file in again.items() if name not in refused} == {"known"}


@each_source
def test_the_count_of_each_reason_is_that_of_the_lines_in_quarantine(visits: Visits, source: str):
    metadata = materialization(visits.first, FOLDERS[source].asset)
    in_quarantine = visits.pipeline.query(
        f"select reason, count(*) from raw.quarantine where source = '{source}' and line_number is not null group by 1"
    )
    assert metadata["quarantined_by_reason"] == dict(in_quarantine)
    assert metadata["quarantined_now"] == sum(count for _, count in in_quarantine)


def counted_days(*clocks: str) -> Counter:
    """Days in UTC, of what has happened by the clock of the run."""
    moments = [datetime.fromisoformat(at).astimezone(UTC) for at in clocks]
    return Counter(moment.date() for moment in moments if moment <= AS_OF)


@each_source
def test_events_of_wrong_clocks_and_other_zones_are_kept_and_count_on_their_day(visits: Visits, source: str):
    ours = {day: count for user, day, count in visits.days_at_first if user == f"u_{source}"}
    assert ours == counted_days(*CLOCKS)
    assert len(ours) == 4
    kept = visits.pipeline.query(f"select count(*) from intermediate.int_events where source = '{source}'")
    assert kept == [(len(CLOCKS) + 1,)]


@each_source
def test_an_event_that_comes_late_counts_on_the_day_it_happened(visits: Visits, source: str):
    ours = {day: count for user, day, count in days(visits.pipeline) if user == f"u_{source}"}
    assert ours == counted_days(*CLOCKS, LATE)
    assert ours[datetime.fromisoformat(LATE).date()] == 2


def test_nothing_after_the_clock_counts(visits: Visits):
    people = {row["user_id"]: row for row in visits.pipeline.table("score.contact_scores").rows(named=True)}
    assert people["u_product"]["last_active_at"] == people["u_product"]["last_login_at"] == AS_OF.replace(tzinfo=None)
    # Of the five logins and more in a week that a clock of tomorrow would make, two have happened.
    assert people["u_product"]["pql_score"] == 0


def test_unknown_event_names_are_listed_with_counts_and_when_they_were_seen(visits: Visits):
    seen = defaultdict(list)
    for source in set(FOLDERS) - {"product"}:
        for at in (*CLOCKS, LATE):
            seen[source].append(datetime.fromisoformat(at).astimezone(UTC).replace(tzinfo=None))
    happened = {source: [at for at in moments if at <= AS_OF.replace(tzinfo=None)] for source, moments in seen.items()}
    listed = visits.pipeline.table("report.unmapped_events").sort("source").rows()
    assert listed == [
        (source, "Seen", len(moments), 1, min(moments), max(moments)) for source, moments in sorted(happened.items())
    ]
