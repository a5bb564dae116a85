"""What holds for every file, whatever stands in it."""

import csv
import io
import json
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from landing_folder import Landing, a_warehouse
from landing_lines import CELLS, GOOD, LINES

# Every example opens warehouses of its own.
a_few = settings(max_examples=30, deadline=None)
fewer = settings(max_examples=10, deadline=None)


def is_blank(line: str) -> bool:
    return not line.strip(" \t\r")


@a_few
@given(LINES, st.sampled_from(["\n", "\r\n"]))
def test_every_line_that_is_not_blank_is_loaded_or_put_aside(lines, ending):
    content = ending.join(lines).encode()
    with tempfile.TemporaryDirectory() as folder, a_warehouse() as connection:
        landing = Landing(Path(folder), connection)
        landing.drop("events.jsonl", content)
        report = landing.load_one()
        numbers = landing.rows(
            "select line_number from raw.product_events union all select line_number from raw.quarantine order by all"
        )
        aside = {number: text for number, _, text in landing.quarantine()}
    physical = content.decode().removeprefix("\ufeff").split("\n")
    kept = [number for number, line in enumerate(physical, start=1) if not is_blank(line)]
    assert report.state == "loaded"
    assert report.loaded_count + report.quarantined_count == len(kept)
    assert report.quarantined_count == len(aside) == sum(report.reasons.values())
    assert [number for (number,) in numbers] == kept
    assert aside == {number: physical[number - 1].rstrip("\r") for number in aside}


@a_few
@given(CELLS)
def test_every_row_of_a_csv_is_loaded_or_put_aside(rows):
    stream = io.StringIO(newline="")
    csv.writer(stream).writerows([["event_id", "user_id", "event_type", "timestamp"], *rows])
    with tempfile.TemporaryDirectory() as folder, a_warehouse() as connection:
        landing = Landing(Path(folder), connection)
        landing.drop("events.csv", stream.getvalue().encode())
        report = landing.load_one()
    not_blank = [row for row in rows if "".join(row).strip() or len(row) > 1 or row == [""]]
    assert report.state == "loaded"
    assert report.loaded_count + report.quarantined_count == len(not_blank)


@fewer
@given(st.lists(st.lists(GOOD, max_size=4), min_size=1, max_size=4), st.permutations(range(4)))
def test_the_order_in_which_files_arrive_changes_no_row(files, order):
    contents = [b"".join(json.dumps(row).encode() + b"\n" for row in rows) for rows in files]
    files = {f"events_{number}.jsonl": content for number, content in enumerate(contents)}
    shuffled = [list(files.items())[number] for number in order if number < len(files)]
    assert loaded(list(files.items())) == loaded(shuffled) == loaded_at_once(files)


ROWS = "select * exclude (file_name, line_number, load_id) from raw.product_events order by all"


def loaded(arrivals: list[tuple[str, bytes]]) -> list[tuple]:
    """The rows after a visit to the folder after each arrival."""
    with tempfile.TemporaryDirectory() as folder, a_warehouse() as connection:
        landing = Landing(Path(folder), connection)
        for name, content in arrivals:
            landing.drop(name, content)
            landing.load()
        return landing.rows(ROWS)


def loaded_at_once(files: dict[str, bytes]) -> list[tuple]:
    with tempfile.TemporaryDirectory() as folder, a_warehouse() as connection:
        landing = Landing(Path(folder), connection)
        for name, content in files.items():
            landing.drop(name, content)
        landing.load()
        return landing.rows(ROWS)
