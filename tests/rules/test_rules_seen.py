"""Which events have come in, as the warehouse has them, and what is said where it has none."""

from pathlib import Path

import duckdb
import pytest

from dagster_project.rules.book import read_rules
from dagster_project.rules.seen import EventsUnknown, SeenEvents, read_seen_events
from dagster_project.settings import SHIPPED_RULES_DIR


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(path) as connection:
        connection.execute("create schema intermediate")
        connection.execute(
            "create table intermediate.int_event_meanings (source varchar, source_event varchar, event_kind varchar)"
        )
        connection.execute("create table intermediate.int_user_event_days (happened_on timestamp, event_count bigint)")
    return path


def fill(warehouse: Path, names: list[tuple], days: list[tuple]) -> None:
    with duckdb.connect(warehouse) as connection:
        connection.executemany("insert into intermediate.int_event_meanings values (?, ?, ?)", names)
        connection.executemany("insert into intermediate.int_user_event_days values (?, ?)", days)


def test_names_are_those_of_the_sources_and_of_the_kinds_of_their_pages(warehouse):
    fill(
        warehouse,
        [("product", "logged_in", None), ("segment", "page: Prices", "page")],
        [("2026-01-01", 10), ("2026-01-31", 10)],
    )
    names = {("product", "logged_in"), ("segment", "page: Prices"), ("segment", "page")}
    assert read_seen_events(warehouse) == SeenEvents(frozenset(names), 31)


def test_the_rules_of_today_say_what_the_names_mean(rules):
    seen = SeenEvents(frozenset({("product", "file_uploaded"), ("product", "unheard_of"), ("other", "logged_in")}))
    (row,) = seen.taxonomy_rows(read_rules(SHIPPED_RULES_DIR))
    assert row.event_type == "activation_feature_used"
    rules.set_cell("event_taxonomy", 7, "event_type", "report_shared")
    rules.set_cell("event_taxonomy", 9, "event_type", "activation_feature_used")
    (row,) = seen.taxonomy_rows(read_rules(rules.path))
    assert row.event_type == "report_shared"


def test_one_event_in_a_hundred_of_long_ago_does_not_make_the_data_long(warehouse):
    fill(warehouse, [("product", "logged_in", None)], [("1988-01-01", 1), ("2026-01-01", 50), ("2026-01-10", 49)])
    assert read_seen_events(warehouse).span_days == 10


def test_two_events_in_a_hundred_do(warehouse):
    fill(warehouse, [("product", "logged_in", None)], [("2025-12-31", 2), ("2026-01-01", 50), ("2026-01-10", 48)])
    assert read_seen_events(warehouse).span_days == 11


def test_without_a_warehouse_nothing_is_known_and_none_is_made(tmp_path):
    with pytest.raises(EventsUnknown, match=r"warehouse\.duckdb is not there yet"):
        read_seen_events(tmp_path / "warehouse.duckdb")
    assert list(tmp_path.iterdir()) == []


def test_a_warehouse_without_events_says_nothing_of_rules(warehouse, tmp_path):
    with pytest.raises(EventsUnknown, match="holds no events yet"):
        read_seen_events(warehouse)
    empty = tmp_path / "empty.duckdb"
    duckdb.connect(empty).close()
    with pytest.raises(EventsUnknown, match="holds no events yet"):
        read_seen_events(empty)


def test_a_file_that_is_no_warehouse_is_no_error(tmp_path):
    broken = tmp_path / "warehouse.duckdb"
    broken.write_text("not a database")
    with pytest.raises(EventsUnknown, match="in use by another process, or cannot be read"):
        read_seen_events(broken)


def test_a_warehouse_that_is_being_written_is_not_waited_for(warehouse):
    # In this process a second way to open the file is refused as another process would be.
    with duckdb.connect(warehouse), pytest.raises(EventsUnknown, match="in use by another process"):
        read_seen_events(warehouse)


def test_segments_are_counted_once_they_were_built(warehouse):
    fill(warehouse, [("product", "logged_in", None)], [("2026-01-01", 10)])
    assert read_seen_events(warehouse).segment_sizes is None
    with duckdb.connect(warehouse) as connection:
        for schema in ("decide", "score"):
            connection.execute(f"create schema {schema}")
        connection.execute("create table decide.segment_members as select unnest(['hot', 'hot', 'cold']) as segment_id")
        connection.execute("create table score.contact_scores as select unnest(range(3)) as user_id")
        connection.execute("create table score.company_scores as select 1 as company_id")
    seen = read_seen_events(warehouse)
    assert seen.segment_sizes == {"hot": 2, "cold": 1}
    assert seen.record_counts == {"contacts": 3, "companies": 1}
