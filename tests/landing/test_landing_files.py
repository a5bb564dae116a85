"""What lies in the landing folder, and how the sensor sees that it changed."""

import os

import pytest

from dagster_project.landing.files import content_hash, fingerprint, list_landing, lying_in

SOURCES = ("product",)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "product").mkdir()
    return tmp_path


def drop(folder, name: str, content: bytes = b"x"):
    path = folder / "product" / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("name", "kind", "format_"),
    [
        ("events.jsonl", "events", "jsonl"),
        ("events_2026-11.jsonl.gz", "events", "jsonl"),
        ("users.csv", "users", "csv"),
        ("users-2.csv.gz", "users", "csv"),
        ("companies.parquet", "companies", "parquet"),
        ("events.users.csv", "events", "csv"),
        ("events.csv.jsonl", "events", "jsonl"),
    ],
)
def test_a_name_says_what_a_file_holds_and_how(folder, name, kind, format_):
    drop(folder, name)
    (file,) = list_landing(folder, "product").files
    assert (file.kind, file.format, file.name) == (kind, format_, f"product/{name}")


def test_a_folder_that_is_missing_holds_nothing(tmp_path):
    listing = list_landing(tmp_path, "product")
    assert (listing.files, listing.unusable) == ([], [])
    assert fingerprint(lying_in(tmp_path, SOURCES)) == fingerprint(lying_in(tmp_path / "nowhere", SOURCES))


def test_only_the_folder_of_the_source_is_looked_into(folder):
    drop(folder, "events.csv")
    (folder / "events.csv").write_bytes(b"x")
    assert list_landing(folder, "segment").files == []
    assert len(list_landing(folder, "product").files) == 1


def test_the_hash_is_that_of_the_bytes(folder):
    one, two, three = drop(folder, "a", b"1"), drop(folder, "b", b"1"), drop(folder, "c", b"2")
    assert content_hash(one) == content_hash(two) != content_hash(three)
    assert content_hash(drop(folder, "d", b"")) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: drop(folder, "events_2.csv"),
        lambda folder: drop(folder, "events.csv", b"longer"),
        lambda folder: os.utime(folder / "product" / "events.csv", ns=(1, 1)),
        lambda folder: (folder / "product" / "events.csv").rename(folder / "product" / "events_3.csv"),
        lambda folder: (folder / "product" / "events.csv").unlink(),
    ],
    ids=["added", "longer", "touched", "renamed", "gone"],
)
def test_the_fingerprint_changes_with_every_change(folder, change):
    drop(folder, "events.csv")
    before = fingerprint(lying_in(folder, SOURCES))
    assert fingerprint(lying_in(folder, SOURCES)) == before
    change(folder)
    assert fingerprint(lying_in(folder, SOURCES)) != before


def test_the_fingerprint_ignores_what_is_never_loaded(folder):
    drop(folder, "events.csv")
    before = fingerprint(lying_in(folder, SOURCES))
    for name in ("notes.txt", ".events.csv", "events.csv.tmp"):
        drop(folder, name)
    assert fingerprint(lying_in(folder, SOURCES)) == before


def test_a_file_that_is_taken_away_between_two_looks_does_no_harm(folder, monkeypatch):
    drop(folder, "events.csv")
    gone = drop(folder, "users.csv")
    listing = list_landing(folder, "product")
    gone.unlink()
    only_events = fingerprint(lying_in(folder, SOURCES))
    monkeypatch.setattr("dagster_project.landing.files.list_landing", lambda *_: listing)
    assert fingerprint(lying_in(folder, SOURCES)) == only_events
