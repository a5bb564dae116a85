"""Files without a person: landing files of every format, logs, databases."""

import gzip
import json
import sqlite3
from contextlib import closing

import polars as pl
import pytest

from dagster_project.privacy.landing_lines import rewritten
from dagster_project.privacy.person import Erased, Person
from dagster_project.privacy.replacing import put
from dagster_project.privacy.texts import erase_sqlite, erase_text_file

NORA = Person(frozenset({"u_nora", "7"}), frozenset({"nora@a.example"}), full_names=frozenset({"Nora Lind"}))


def without_nora(path, lines):
    """The file after it was rewritten, and what was said of it."""
    before = path.read_bytes()
    planned = rewritten(path, NORA, lines, write=False)
    assert path.read_bytes() == before
    change = rewritten(path, NORA, lines, write=True)
    put(path)
    assert (planned.lines, planned.removed) == (change.lines, change.removed)
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    return path.read_bytes(), change


def test_lines_that_go_leave_empty_ones_behind_and_other_bytes_stay(tmp_path):
    path = tmp_path / "events.jsonl"
    path.write_bytes(b'{"user_id": "u_nora"}\r\n\n{"bad": "\xff"}\n{"to": "nora@a.example", "n": 7}\n{"id": "u_omar"}')
    content, change = without_nora(path, {1: frozenset()})
    assert content == b'\r\n\n{"bad": "\xff"}\n{"to": "[erased]", "n": 7}\n{"id": "u_omar"}'
    assert (change.lines, change.removed) == (2, [])


def test_a_packed_file_stays_packed(tmp_path):
    path = tmp_path / "users.csv.gz"
    path.write_bytes(gzip.compress(b'\xef\xbb\xbfuser_id,name\nu_nora,"Nora\nLind"\nu_omar,Omar\n'))
    content, _ = without_nora(path, {2: frozenset()})
    assert gzip.decompress(content) == b"\xef\xbb\xbfuser_id,name\n\n\nu_omar,Omar\n"


def test_of_a_line_of_several_calls_only_theirs_go(tmp_path):
    path = tmp_path / "calls.jsonl"
    calls = [{"userId": "u_nora"}, {"userId": "u_omar", "properties": {"to": "Nora Lind"}}]
    path.write_text(f"{json.dumps(calls)}\n{json.dumps({'batch': calls, 'sentAt': 'now'})}\n")
    content, _ = without_nora(path, {1: frozenset({1}), 2: frozenset({1})})
    other = {"userId": "u_omar", "properties": {"to": "[erased]"}}
    assert [json.loads(line) for line in content.splitlines()] == [[other], {"batch": [other], "sentAt": "now"}]


@pytest.mark.parametrize(
    ("name", "content", "left"),
    [
        (
            "events.jsonl",
            b'{"who": ["u_nora"]}\n{"n": 7}\n{"why": "of u_nora"}\n',
            b'\n{"n": 7}\n{"why": "of [erased]"}\n',
        ),
        (
            "events.csv",
            b"who,why\n7,x\nu_o,Nora@A.example\nu_o,so u_nora\n",
            b"who,why\n7,x\n\nu_o,so [erased]\n",
        ),
    ],
)
def test_of_a_file_that_was_never_loaded_lines_with_one_of_the_names_as_a_value_go(tmp_path, name, content, left):
    path = tmp_path / name
    path.write_bytes(content)
    assert without_nora(path, None)[0] == left


def test_rows_of_parquet_that_was_never_loaded_go_by_their_values(tmp_path):
    path = tmp_path / "events.parquet"
    pl.DataFrame({"who": ["u_nora", "7", "u_omar"], "mail": ["x", None, " NORA@a.example "]}).write_parquet(path)
    _, change = without_nora(path, None)
    assert (change.removed, pl.read_parquet(path)["who"].to_list()) == ([1, 3], ["7"])


def test_rows_of_parquet_go_and_say_which_they_were(tmp_path):
    path = tmp_path / "users.parquet"
    rows = {"user_id": ["u_omar", "u_nora", "u_ines"], "note": [None, "x", "of Nora Lind"], "age": [1, 2, 3]}
    pl.DataFrame(rows).write_parquet(path)
    _, change = without_nora(path, {2: frozenset()})
    assert (change.lines, change.removed) == (2, [2])
    assert pl.read_parquet(path).to_dicts() == [
        {"user_id": "u_omar", "note": None, "age": 1},
        {"user_id": "u_ines", "note": "of [erased]", "age": 3},
    ]


def test_a_file_without_the_person_is_left_alone(tmp_path):
    path = tmp_path / "events.jsonl"
    path.write_text('{"user_id": "u_omar", "count": 7}\n')
    assert rewritten(path, NORA, {}, write=True) is None


def test_a_name_leaves_the_cells_of_a_database_and_its_free_pages(tmp_path):
    path, erased = tmp_path / "runs.db", Erased()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("create table events (id integer primary key, body text, count integer)")
        connection.execute("create table old (body text)")
        connection.execute("insert into events (body, count) values (?, 7), (?, 8)", ['{"to": "u_nora"}', "u_omar"])
        connection.executemany("insert into old values (?)", [("of Nora Lind",)] * 1_000)
        connection.execute("delete from old")
        connection.commit()
    erase_sqlite(path, NORA, erased, "logs", write=True)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("select body, count from events").fetchall() == [
            ('{"to": "[erased]"}', 7),
            ("u_omar", 8),
        ]
    assert erased.counts == {("logs", "runs.db"): 1}
    assert b"Nora Lind" not in path.read_bytes()


def test_what_is_no_text_and_holds_a_name_is_told(tmp_path):
    path, erased = tmp_path / "pickle", Erased()
    path.write_bytes(b"\x80\xff u_nora")
    erase_text_file(path, NORA, erased, "files", write=True)
    assert erased.left == [f"{path} is no text and holds a name of the person: delete it."]
