"""The folded ledger is what a plain replay of the log gives, wherever the folding was cut and whatever became of it."""

import threading
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest
from crm_world import AS_OF, CONTACT_COLUMNS, CONTACTS, contact, read_ledger, write_rows
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert

from dagster_project.crm import ledger as crm_ledger
from dagster_project.crm.changes import find_changes
from dagster_project.crm.ledger import Acknowledged, fold, ledger_path
from dagster_project.state.tables import erasures, ledger_log

entries = st.builds(
    Acknowledged,
    record_key=st.sampled_from(["u1", "u2", "u3"]),
    hubspot_id=st.sampled_from(["1", "2", "3"]),
    property=st.sampled_from(["zo_a", "zo_b", "lifecyclestage"]),
    value=st.sampled_from([None, "", "8", "9"]),
    previous=st.none(),
)


def append(engine, log, object_type="contacts", run_id="run"):
    with engine.begin() as connection:
        crm_ledger.append(connection, object_type, log, run_id=run_id, as_of=AS_OF, acknowledged_at=AS_OF)


def clear(engine):
    with engine.begin() as connection:
        connection.execute(ledger_log.delete())


def entry(hubspot_id, name, value, record_key="u1"):
    return Acknowledged(record_key, hubspot_id, name, value, None)


def replayed(log):
    """{record id: (the key that wrote it last, {property: value})}, entry by entry."""
    records = {}
    for item in log:
        _, held = records.get(item.hubspot_id, (None, {}))
        records[item.hubspot_id] = (item.record_key, {**held, item.property: item.value})
    return {
        record_id: (key, {name: value for name, value in held.items() if value is not None})
        for record_id, (key, held) in records.items()
    }


def folded(path):
    if not path.exists():
        return {}
    frame = pl.read_parquet(path)
    names = frame.columns[3:]
    assert frame["hubspot_id"].is_unique().all()
    return {
        row["hubspot_id"]: (row["record_key"], {name: row[name] for name in names if row[name] is not None})
        for row in frame.iter_rows(named=True)
    }


@pytest.fixture(scope="module")
def shared_engine(new_shared_state, tmp_path_factory):
    return new_shared_state(tmp_path_factory.mktemp("state"))


@settings(deadline=None, max_examples=25)
@given(
    batches=st.lists(st.lists(entries, max_size=8), max_size=5),
    chunk_rows=st.integers(1, 9),
    lost_after=st.none() | st.integers(0, 4),
)
def test_folding_after_any_cut_equals_a_replay_of_the_whole_log(shared_engine, batches, chunk_rows, lost_after):
    clear(shared_engine)
    log = []
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(crm_ledger, "FOLD_CHUNK_ROWS", chunk_rows)
        for number, batch in enumerate(batches):
            append(shared_engine, batch)
            log += batch
            path = fold(shared_engine, Path(folder), "contacts")
            assert folded(path) == replayed(log)
            if number == lost_after:
                path.unlink(missing_ok=True)


def test_nothing_in_the_log_is_no_file(engine, tmp_path):
    append(engine, [])
    path = fold(engine, tmp_path / "state", "contacts")
    assert path == ledger_path(tmp_path / "state", "contacts")
    assert not path.exists()


def test_each_object_type_has_its_own_ledger(engine, tmp_path):
    append(engine, [entry("1", "zo_a", "8")])
    append(engine, [entry("1", "zo_c", "9", "c1")], "companies")
    assert folded(fold(engine, tmp_path, "contacts")) == {"1": ("u1", {"zo_a": "8"})}
    assert folded(fold(engine, tmp_path, "companies")) == {"1": ("c1", {"zo_c": "9"})}


def test_an_emptied_value_is_empty_and_a_later_one_stands(engine, tmp_path):
    append(engine, [entry("1", "zo_a", "8"), entry("1", "zo_b", "1")])
    fold(engine, tmp_path, "contacts")
    append(engine, [entry("1", "zo_a", None)])
    assert folded(fold(engine, tmp_path, "contacts")) == {"1": ("u1", {"zo_b": "1"})}
    append(engine, [entry("1", "zo_a", None), entry("1", "zo_a", "9")])
    assert folded(fold(engine, tmp_path, "contacts")) == {"1": ("u1", {"zo_a": "9", "zo_b": "1"})}


def test_another_key_takes_over_a_record(engine, tmp_path):
    append(engine, [entry("1", "zo_a", "8", "u1"), entry("2", "zo_a", "8", "u3")])
    fold(engine, tmp_path, "contacts")
    append(engine, [entry("1", "zo_b", "9", "u2")])
    assert folded(fold(engine, tmp_path, "contacts")) == {
        "1": ("u2", {"zo_a": "8", "zo_b": "9"}),
        "2": ("u3", {"zo_a": "8"}),
    }


def test_emptying_the_record_that_a_user_left_does_not_make_it_the_users_latest(engine, tmp_path):
    append(engine, [entry("1", "zo_pql_score", "8"), entry("1", "lifecyclestage", "lead")])
    append(engine, [entry("2", "zo_pql_score", "8"), entry("1", "zo_pql_score", None)])
    desired = write_rows(tmp_path / "desired.parquet", [contact("u1", pql_score=9)], CONTACT_COLUMNS)
    changes = find_changes(desired, fold(engine, tmp_path, "contacts"), CONTACTS)
    assert [update.place for update in changes.updates()] == [("u1", "2")]


# The file is a cache


def spoil(path, how):
    content = path.read_bytes()
    if how == "deleted":
        path.unlink()
    elif how == "without our mark":
        pl.read_parquet(path).with_columns(zo_a=pl.lit("wrong")).write_parquet(path)
    elif how == "marked without an entry":
        pl.read_parquet(path).write_parquet(path, metadata={crm_ledger.FOLDED_KEY: "2"})
    elif how == "marked with no number":
        metadata = {crm_ledger.FOLDED_KEY: "two", crm_ledger.FOLDED_ENTRY: "x"}
        pl.read_parquet(path).write_parquet(path, metadata=metadata)
    else:
        middle = len(content) // 2
        path.write_bytes(
            {
                "empty": b"",
                "cut off": content[:middle],
                "without its end": content[:-1],
                "something else": b"PAR1 this is a text" * 20,
                "almost something else": b"PAR1" + b"\xff" * 60 + b"PAR1",
            }[how]
        )


@pytest.mark.parametrize(
    "how",
    [
        "deleted",
        "empty",
        "cut off",
        "without its end",
        "something else",
        "almost something else",
        "without our mark",
        "marked without an entry",
        "marked with no number",
    ],
)
@pytest.mark.parametrize("goes_on", [True, False])
def test_a_file_that_is_of_no_use_is_folded_anew(engine, tmp_path, how, goes_on):
    log = [entry("1", "zo_a", "8"), entry("2", "zo_b", "9", "u2")]
    append(engine, log)
    path = fold(engine, tmp_path, "contacts")
    spoil(path, how)
    more = [entry("1", "zo_b", "7")] if goes_on else []
    append(engine, more)
    assert folded(fold(engine, tmp_path, "contacts")) == replayed(log + more)


def test_a_file_whose_rows_are_broken_is_folded_anew_when_the_log_goes_on(engine, tmp_path):
    log = [entry(str(number), "zo_a", f"value {number * 7919}") for number in range(500)]
    append(engine, log)
    path = fold(engine, tmp_path, "contacts")
    content = bytearray(path.read_bytes())
    content[4:200] = bytes(196)
    path.write_bytes(content)
    more = [entry("1", "zo_b", "7")]
    append(engine, more)
    assert folded(fold(engine, tmp_path, "contacts")) == replayed(log + more)


@pytest.mark.parametrize("restored_count", [0, 1, 2, 3, 5])
def test_a_file_folded_from_another_log_is_folded_anew(engine, tmp_path, restored_count):
    """The state was put back from a backup, or the folder now belongs to another database."""
    append(engine, [entry("1", "zo_a", "8"), entry("2", "zo_a", "8"), entry("3", "zo_a", "8")], run_id="before")
    fold(engine, tmp_path, "contacts")
    clear(engine)
    log = [entry(str(number), "zo_b", "9", "u2") for number in range(restored_count)]
    append(engine, log, run_id="after")
    path = fold(engine, tmp_path, "contacts")
    assert folded(path) == replayed(log)
    assert path.exists() == bool(log)


def test_two_machines_with_folders_of_their_own_fold_what_either_wrote(engine, tmp_path):
    here, there = tmp_path / "here", tmp_path / "there"
    append(engine, [entry("1", "zo_a", "8")])
    fold(engine, here, "contacts")
    append(engine, [entry("1", "zo_a", "9"), entry("2", "zo_b", "1", "u2")])
    fold(engine, there, "contacts")
    append(engine, [entry("2", "zo_b", None, "u2")])
    everything = {"1": ("u1", {"zo_a": "9"}), "2": ("u2", {})}
    assert [folded(fold(engine, folder, "contacts")) for folder in (here, there)] == [everything, everything]


def test_somebody_who_was_erased_on_another_machine_is_not_in_the_file_of_this_one(engine, tmp_path):
    append(engine, [entry("1", "zo_a", "8"), entry("2", "zo_a", "9", "u2")])
    fold(engine, tmp_path, "contacts")
    erasure = {"run_id": "run", "begun_at": AS_OF, "names": {}, "files": {}}
    with engine.begin() as connection:
        connection.execute(delete(ledger_log).where(ledger_log.c.hubspot_id == "1"))
        connection.execute(insert(erasures).values(erasure | {"finished_at": AS_OF}))
    assert folded(fold(engine, tmp_path, "contacts")) == {"2": ("u2", {"zo_a": "9"})}


def test_a_fold_without_news_leaves_the_file_alone(engine, tmp_path):
    append(engine, [entry("1", "zo_a", "8")])
    path = fold(engine, tmp_path, "contacts")
    before = path.stat().st_ino
    assert fold(engine, tmp_path, "contacts").stat().st_ino == before


def test_a_run_cut_off_between_log_and_fold_loses_nothing(engine, tmp_path, monkeypatch):
    append(engine, [entry("1", "zo_a", "8")])
    fold(engine, tmp_path, "contacts")
    append(engine, [entry("1", "zo_a", "9")])

    class CutOff(BaseException):
        """Stands for the end of the process."""

    def die(self, target):
        raise CutOff

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", die)
        with pytest.raises(CutOff):
            fold(engine, tmp_path, "contacts")
    assert read_ledger(ledger_path(tmp_path, "contacts")) == {"1": {"zo_a": "8"}}
    assert read_ledger(fold(engine, tmp_path, "contacts")) == {"1": {"zo_a": "9"}}
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".tmp"] == []


def test_several_may_fold_at_the_same_moment(engine, tmp_path, monkeypatch):
    log = [entry(str(number % 50), "zo_a", str(number)) for number in range(400)]
    append(engine, log)
    monkeypatch.setattr(crm_ledger, "FOLD_CHUNK_ROWS", 60)
    problems, start = [], threading.Barrier(4)

    def fold_again_and_again():
        try:
            start.wait()
            for _ in range(3):
                assert folded(fold(engine, tmp_path, "contacts")) == replayed(log)
        except BaseException as problem:
            problems.append(problem)

    threads = [threading.Thread(target=fold_again_and_again) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".tmp"] == []


def test_what_the_log_keeps_of_an_acknowledgement(engine):
    append(engine, [Acknowledged("u1", "1", "zo_a", "9", "8")])
    with engine.connect() as connection:
        (row,) = connection.execute(ledger_log.select()).mappings().all()
    assert {name: row[name] for name in row if name != "id"} == {
        "object_type": "contacts",
        "record_key": "u1",
        "hubspot_id": "1",
        "property": "zo_a",
        "value": "9",
        "previous_value": "8",
        "run_id": "run",
        "as_of": AS_OF,
        "acknowledged_at": AS_OF,
    }
