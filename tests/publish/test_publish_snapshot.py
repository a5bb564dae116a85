"""Published marts: one build at a time, whole, and readable while the next one comes."""

import json
import threading
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from publish_numbered import AS_OF, MARTS, builds_in, is_complete, publish_build, warehouse_of_build

from dagster_project.publish.snapshot import KEEP_LAST, MANIFEST, NothingPublished, current_snapshot, publish

# Beyond one row group, so that two threads have something to write out of order.
MANY_ROWS = 300_000


@pytest.fixture
def published_dir(tmp_path: Path) -> Path:
    # A quote in a path has to survive the SQL that it is put into.
    return tmp_path / "sales' data" / "published"


def tables_of(directory: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in directory.glob("*.parquet")}


def test_a_published_build_is_current_and_tells_its_clock_and_its_tables(published_dir: Path):
    made = publish_build(published_dir, 7)
    found = current_snapshot(published_dir)
    assert found == made
    assert found.as_of == AS_OF
    assert found.snapshot_id.startswith("20261120T090000Z-")
    assert found.row_counts == dict.fromkeys(MARTS, 7) | {"decide.build_info": 1}
    assert builds_in(found) == {7}


def test_only_marts_are_published(published_dir: Path):
    with warehouse_of_build(1) as connection:
        connection.execute("create table raw.events as select 1 as event_id")
        connection.execute("create view score.half_done as select 1 as user_id")
        snapshot = publish(connection, published_dir)
    assert set(snapshot.row_counts) == set(MARTS)
    assert is_complete(snapshot.directory)


def test_a_mart_without_rows_is_published_with_its_columns(published_dir: Path):
    snapshot = publish_build(published_dir, 0)
    assert snapshot.row_counts["score.contact_scores"] == 0
    assert duckdb.read_parquet(str(snapshot.path("score.contact_scores"))).columns == ["build"]


def test_a_reader_who_has_looked_up_what_is_current_keeps_reading_that_build(published_dir: Path):
    publish_build(published_dir, 1)
    reader = current_snapshot(published_dir)
    publish_build(published_dir, 2)
    assert builds_in(reader) == {1}
    assert builds_in(current_snapshot(published_dir)) == {2}


def test_readers_see_one_whole_build_each_time_while_others_are_published(published_dir: Path):
    publish_build(published_dir, 1)
    seen, is_over = [], threading.Event()

    def read_on() -> None:
        while not is_over.is_set():
            try:
                seen.append(builds_in(current_snapshot(published_dir)))
            except Exception as error:
                seen.append(error)
                return

    reader = threading.Thread(target=read_on)
    reader.start()
    # Fewer than are kept, so that the slowest reader finds its build.
    for number in range(2, KEEP_LAST + 1):
        publish_build(published_dir, number)
    is_over.set()
    reader.join()
    assert seen
    assert [builds for builds in seen if not (isinstance(builds, set) and len(builds) == 1)] == []
    numbers = [number for builds in seen for number in builds]
    assert numbers == sorted(numbers)


def test_the_same_build_published_again_has_the_same_bytes_table_by_table(published_dir: Path):
    once = publish_build(published_dir, 3)
    again = publish_build(published_dir, 3)
    assert once.directory != again.directory
    assert tables_of(once.directory) == tables_of(again.directory)
    assert len(tables_of(once.directory)) == len(MARTS)


@pytest.mark.parametrize("threads", [1, 4])
def test_the_order_in_which_rows_were_written_to_the_warehouse_does_not_show(published_dir: Path, threads: int):
    select = """
        select
            'user-' || (i % 1000) as user_id,
            case when i % 7 > 0 then (i % 101) / 10 end as points,
            timestamp '2026-11-20' - to_seconds(i) as met_at
        from range($1) as numbers(i)
    """
    bytes_of = []
    for order, used in [("i", 2), ("hash(i)", threads)]:
        with warehouse_of_build(1) as connection:
            connection.execute(f"set threads = {used}")
            connection.execute(f"create table score.contact_score_reasons as {select} order by {order}", [MANY_ROWS])
            bytes_of.append(publish(connection, published_dir).path("score.contact_score_reasons").read_bytes())
    assert bytes_of[0] == bytes_of[1]


def test_a_warehouse_without_decisions_publishes_nothing_and_leaves_nothing_behind(published_dir: Path):
    publish_build(published_dir, 1)
    with warehouse_of_build(2) as connection:
        connection.execute("drop table decide.build_info")
        with pytest.raises(NothingPublished, match=r"holds no decisions yet; run `make run`, which builds them\."):
            publish(connection, published_dir)
    assert builds_in(current_snapshot(published_dir)) == {1}
    assert len(list(published_dir.iterdir())) == 2


def test_a_build_that_cannot_be_written_leaves_the_last_one_current(published_dir: Path):
    publish_build(published_dir, 1)
    with warehouse_of_build(2) as connection:
        # Longer than a file name may be.
        connection.execute(f"create table report.{'a' * 300} as select 1 as n")
        with pytest.raises(duckdb.IOException):
            publish(connection, published_dir)
    assert builds_in(current_snapshot(published_dir)) == {1}
    visible = [path for path in published_dir.iterdir() if not path.name.startswith(".")]
    assert Counter(path.is_symlink() for path in visible) == {True: 1, False: 1}


def test_before_the_first_build_the_message_says_where_nothing_is_and_what_to_run(published_dir: Path):
    with pytest.raises(NothingPublished) as raised:
        current_snapshot(published_dir)
    assert str(raised.value) == (
        f"Nothing is published in {published_dir} yet; run `make run`, which builds and publishes."
    )


@pytest.mark.parametrize("lost", ["the snapshot", "the manifest"])
def test_what_somebody_deleted_is_not_published(published_dir: Path, lost: str):
    snapshot = publish_build(published_dir, 1)
    if lost == "the snapshot":
        snapshot.directory.rename(published_dir.parent / "moved away")
    else:
        (snapshot.directory / MANIFEST).unlink()
    with pytest.raises(NothingPublished):
        current_snapshot(published_dir)
    # And the next build mends it.
    publish_build(published_dir, 2)
    assert builds_in(current_snapshot(published_dir)) == {2}


def test_a_published_folder_that_was_moved_is_read_where_it_is(published_dir: Path):
    publish_build(published_dir, 1)
    moved = published_dir.parent / "elsewhere"
    published_dir.rename(moved)
    snapshot = current_snapshot(moved)
    assert snapshot.directory.parent == moved.resolve()
    assert builds_in(snapshot) == {1}


def test_the_manifest_says_when_it_was_published(published_dir: Path):
    before = datetime.now(UTC)
    snapshot = publish_build(published_dir, 1)
    manifest = json.loads((snapshot.directory / MANIFEST).read_text(encoding="utf-8"))
    assert before <= datetime.fromisoformat(manifest["published_at"]) <= datetime.now(UTC)
    assert str((published_dir / "current").readlink()) == snapshot.snapshot_id
