"""What holds for the files of every source: bad input is told and holds back nothing, and no line is lost."""

import gzip
import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from landing_folder import Landing, a_warehouse
from landing_lines import BROKEN, TEXT, VALUE, as_lines, event

from dagster_project.landing.contract import Column, Contract, RawTable
from dagster_project.landing.domains import refresh_email_domains
from dagster_project.landing.loading import load_source
from dagster_project.landing.sources import CONTRACTS, LANDING_TABLES, SOURCES, kinds_in, kinds_of

# For each kind of JSON lines one that is right.
RIGHT = {
    ("product", "events"): event(),
    ("segment", "events"): {"type": "identify", "userId": "u1"},
    ("segment", "calls"): [{"type": "identify", "userId": "u1"}],
    ("segment", "users"): {"id": "u1"},
    ("segment", "tracks"): {"id": "t1", "user_id": "u1", "event": "x", "timestamp": "2026-11-20"},
    ("mixpanel", "events"): {"event": "x", "properties": {"time": 1763629200, "distinct_id": "d1"}},
    ("mixpanel", "users"): {"$distinct_id": "d1"},
    ("mixpanel", "companies"): {"$group_key": "k", "$group_id": "g1"},
    ("amplitude", "events"): {"event_type": "x", "user_id": "u1", "event_time": "2026-11-20"},
}
each_kind = pytest.mark.parametrize(("source", "kind"), RIGHT, ids=[f"{source}/{kind}" for source, kind in RIGHT])


def right(source: str, kind: str) -> bytes:
    return json.dumps(RIGHT[source, kind]).encode() + b"\n"


def rows(landing: Landing, source: str, kind: str) -> int:
    ((count,),) = landing.rows(f"select count(*) from {CONTRACTS[source, kind].table.in_schema}")
    return count


@each_kind
def test_lines_that_are_no_text_or_no_json_do_not_hold_back_the_others(landing, source, kind):
    line = right(source, kind)
    content = b"\xef\xbb\xbf" + line + b'{"name": "Ren\xe9"}\n' + b'{"name": "a\x00b"}\n\n' + b'{"a": 1\r\n' + line
    landing.of(source).drop(f"{kind}.jsonl.gz", content)
    report = landing.of(source).load_one()
    assert (report.loaded_count, report.reasons) == (2, {"json_broken": 2, "not_utf8": 1})
    assert [number for number, *_ in landing.quarantine()] == [2, 3, 5]
    assert rows(landing, source, kind) == 2


@each_kind
def test_an_archive_that_is_not_whole_is_refused_and_the_next_file_is_taken(landing, source, kind):
    path = landing.of(source).drop(f"{kind}_1.jsonl.gz", right(source, kind))
    path.write_bytes(path.read_bytes()[:-9])
    landing.of(source).drop(f"{kind}_2.jsonl", right(source, kind))
    landing.of(source).drop(f"{kind}_3.parquet", b"PAR1")
    (landing.folder / source / f"{kind}_4.jsonl").mkdir()
    report = landing.of(source).load()
    assert {file.name.removeprefix(f"{source}/{kind}"): file.state for file in report.files} == {
        "_1.jsonl.gz": "refused",
        "_2.jsonl": "loaded",
        "_3.parquet": "refused",
        "_4.jsonl": "refused",
    }
    assert rows(landing, source, kind) == 1


@each_kind
def test_a_line_that_is_too_long_refuses_its_file(landing, monkeypatch, source, kind):
    monkeypatch.setattr("dagster_project.landing.json_lines.BLOCK_BYTES", 64)
    monkeypatch.setattr("dagster_project.landing.json_lines.MAX_LINE_BYTES", 1000)
    landing.of(source).drop(f"{kind}.jsonl", right(source, kind) + b"[" + b" " * 1000 + b"]")
    assert landing.of(source).load_one().detail.startswith("line_too_long: ")
    assert rows(landing, source, kind) == 0


@each_kind
def test_a_line_longer_than_a_block_is_read(landing, monkeypatch, source, kind):
    monkeypatch.setattr("dagster_project.landing.json_lines.BLOCK_BYTES", 16)
    landing.of(source).drop(f"{kind}.jsonl", right(source, kind) * 20)
    assert landing.of(source).load_one().loaded_count == 20


@each_kind
def test_a_file_is_loaded_once_under_whatever_name(landing, source, kind):
    landing.of(source).drop(f"{kind}_1.jsonl", right(source, kind))
    landing.of(source).load()
    landing.of(source).drop(f"{kind}_2.jsonl", right(source, kind))
    assert [file.state for file in landing.of(source).load().files] == ["known", "known"]
    assert rows(landing, source, kind) == 1


@each_kind
def test_parquet_of_other_types_has_its_rows_put_aside(landing, source, kind):
    required = [column.places[0].split(".")[0] for column in CONTRACTS[source, kind].columns if column.places]
    landing.of(source).drop_table(f"{kind}.parquet", {name: [[1.5], [None]] for name in dict.fromkeys(required)})
    report = landing.of(source).load_one()
    assert (report.state, report.loaded_count, report.quarantined_count) == ("loaded", 0, 2)


@pytest.mark.parametrize("source", SOURCES)
def test_a_name_that_says_nothing_is_told_with_the_names_that_do(landing, source):
    landing.of(source).drop("notes.txt", b"x")
    (file,) = landing.of(source).load().refused
    kinds = "|".join(kinds_of(source))
    assert file.detail == (f"its name does not say what it holds; allowed: {kinds}*.jsonl|jsonl.gz|csv|csv.gz|parquet")


@pytest.mark.parametrize("source", SOURCES)
def test_what_lies_in_no_kind_is_told_once_by_a_visit_for_each_table(landing, source):
    landing.of(source).drop("notes.txt", b"x")
    visits = [
        load_source(landing.connection, landing.folder, source, kinds)
        for of_source, kinds in map(kinds_in, LANDING_TABLES)
        if of_source == source
    ]
    assert [file.name for visit in visits for file in visit.refused] == [f"{source}/notes.txt"]


@pytest.mark.parametrize("source", SOURCES)
def test_a_source_without_a_folder_brings_nothing(landing, source):
    assert landing.of(source).load().files == []


def test_users_of_one_source_are_no_users_of_another(landing):
    landing.of("product").drop("users.jsonl", as_lines({"user_id": "u1"}))
    landing.of("segment").drop("users.jsonl", as_lines({"id": "u1"}))
    landing.of("mixpanel").drop("users.jsonl", as_lines({"$distinct_id": "u1"}))
    for source in SOURCES:
        landing.of(source).load()
    assert [rows(landing, source, "users") for source in ("product", "segment", "mixpanel")] == [1, 1, 1]


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=lambda contract: f"{contract.source}/{contract.kind}")
def test_every_column_of_a_contract_is_one_of_its_table(landing, contract):
    columns = {name for (name,) in landing.rows(f"select column_name from (describe {contract.table.in_schema})")}
    assert set(contract.raw_columns) | {"file_name", "line_number", "load_id"} <= columns


def test_domains_are_seen_in_every_source(landing):
    lines = {
        "segment": [
            {"type": "identify", "userId": "u1", "traits": {"email": "a@traits.example"}},
            {"type": "identify", "userId": "u1", "context": {"traits": {"$email": "a@context.example"}}},
            {"type": "identify", "userId": "a@user-id.example", "properties": {"email": "A@Properties.example"}},
            {"type": "group", "groupId": "group-id.example", "traits": {"domain": "www.domain.example"}},
            {"type": "group", "groupId": "12", "traits": {"website": "https://website.example"}},
            {"type": "identify", "userId": "u1", "traits": {"company": {"id": "company-id.example"}}},
        ],
        "mixpanel": [
            {"event": "x", "properties": {"time": 1763629200, "distinct_id": "d", "$email": "a@mixpanel.example"}},
            {"event": "x", "properties": {"time": 1763629200, "distinct_id": "d", "company_id": "at.mixpanel.example"}},
        ],
        "amplitude": [
            {"event_type": "x", "user_id": "a@amplitude.example", "event_time": "2026-11-20"},
            {
                "event_type": "x",
                "user_id": "u1",
                "event_time": "2026-11-20",
                "user_properties": {"email": "a@of-user.example"},
                "groups": {"company": ["listed.example", "12"], "team": "single.example"},
                "group_properties": {"company": {"Acme": {"domain": "of-group.example"}}},
            },
        ],
    }
    for source, found in lines.items():
        landing.of(source).drop("events.jsonl", as_lines(*found))
    landing.of("mixpanel").drop(
        "users.jsonl", as_lines({"$distinct_id": "d", "$properties": {"$email": "a@people.example"}})
    )
    landing.of("mixpanel").drop(
        "companies.jsonl",
        as_lines({"$group_key": "k", "$group_id": "group.example", "$properties": {"domain": "profile.example"}}),
    )
    for source in SOURCES:
        assert landing.of(source).load().reasons == {}
    refresh_email_domains(landing.connection)
    assert {domain for (domain,) in landing.rows("select domain from raw.email_domains")} == {
        *("traits.example", "context.example", "user-id.example", "properties.example"),
        *("group-id.example", "www.domain.example", "https://website.example", "company-id.example"),
        *("mixpanel.example", "at.mixpanel.example", "people.example", "group.example", "profile.example"),
        *("amplitude.example", "of-user.example", "listed.example", "single.example", "of-group.example"),
    }


def test_a_batch_in_an_archive_of_several_parts_is_read_whole(landing):
    parts = [as_lines({"batch": [{"type": "identify", "userId": f"u{n}"}] * 3}) for n in range(2)]
    landing.of("segment").drop("events.jsonl.gz", b"").write_bytes(b"".join(map(gzip.compress, parts)))
    assert landing.of("segment").load_one().loaded_count == 6


def any_line(source: str, kind: str) -> st.SearchStrategy[str]:
    """Objects with the names of the kind and any values, at the top and one level below."""
    value = VALUE | st.dictionaries(TEXT, VALUE, max_size=2)
    places = [place.split(".") for column in CONTRACTS[source, kind].columns for place in column.places]
    inner = st.dictionaries(st.sampled_from(sorted({names[-1] for names in places})), value, max_size=4)
    top = st.dictionaries(st.sampled_from(sorted({names[0] for names in places})), value | inner, max_size=6)
    return st.one_of(top.map(json.dumps), st.just(json.dumps(RIGHT[source, kind])), BROKEN)


OF_ONE_ROW = sorted(key for key in RIGHT if not CONTRACTS[key].holds_calls)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(OF_ONE_ROW).flatmap(lambda key: st.tuples(st.just(key), st.lists(any_line(*key), max_size=5))))
def test_every_line_of_every_kind_is_loaded_or_put_aside(drawn):
    (source, kind), lines = drawn
    content = "\n".join(lines).encode()
    physical = content.decode().removeprefix("\ufeff").split("\n")
    expected = [number for number, line in enumerate(physical, start=1) if line.strip(" \t\r")]
    with tempfile.TemporaryDirectory() as folder, a_warehouse() as connection:
        landing = Landing(Path(folder), connection, source)
        landing.drop(f"{kind}.jsonl", content)
        report = landing.load_one()
        table = CONTRACTS[source, kind].table.in_schema
        numbers = landing.rows(
            f"select line_number from {table} union all select line_number from raw.quarantine order by all"
        )
    assert report.loaded_count + report.quarantined_count == len(expected)
    assert [number for (number,) in numbers] == expected


def test_a_further_source_is_a_contract(landing, monkeypatch):
    table = RawTable(
        name="pendo_events",
        noun="Pendo event",
        nouns="Pendo events",
        step="ingest_pendo_events",
        description="What visitors did.",
        create="create table raw.pendo_events (visitor_id varchar, occurred_at timestamp, rest varchar, "
        "file_name varchar, line_number bigint, load_id bigint)",
    )
    columns = (
        Column("visitor_id", "word", required=True, names=("visitorId", "visitor_id")),
        Column("timestamp", "instant", required=True, raw_name="occurred_at"),
        Column("rest", "json", gathers_rest=True),
    )
    contract = Contract(source="pendo", kind="events", table=table, columns=columns, rest_without=("_",))
    monkeypatch.setitem(CONTRACTS, ("pendo", "events"), contract)
    landing.connection.execute(table.create)
    landing.of("pendo").drop("events_1.jsonl", as_lines({"visitorId": 7, "timestamp": "2026-11-20", "minutes": 3}, {}))
    landing.of("pendo").drop("events_2.csv", b"visitor_id,timestamp,minutes,_synced\n8,2026-11-20,4,x\n")
    report = landing.of("pendo").load()
    assert (report.loaded_count, report.reasons) == (2, {"visitor_id_missing": 1})
    assert landing.rows("select visitor_id, rest from raw.pendo_events order by all") == [
        ("7", '{"minutes":3}'),
        ("8", '{"minutes": "4"}'),
    ]
