"""A Mixpanel export of an e-learning product, and events as Fivetran lands them, counted again in plain Python."""

import csv
import gzip
import json
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from tests.conftest import REAL_DATA
from tests.landing.landing_folder import Landing, a_warehouse
from tests.whole_run import Pipeline, failed_checks, materialization, reasons

EDUCATION = REAL_DATA / "mixpanel_education"
FIVETRAN = REAL_DATA / "fivetran_event_seeds"
FILES = {
    "events.jsonl.gz": "events.jsonl.gz",
    "users.jsonl.gz": "users.jsonl.gz",
    "groups_course_id.jsonl.gz": "companies_course_id.jsonl.gz",
    "groups_group_id.jsonl.gz": "companies_group_id.jsonl.gz",
}


def there(folder: Path) -> Path:
    if not folder.is_dir():
        pytest.skip(f"real data is not there: {folder} (set PQL_REAL_DATA)")
    return folder


def lines_of(name: str) -> list[dict]:
    with gzip.open(there(EDUCATION) / name, "rt", encoding="utf-8") as stream:
        return [json.loads(line) for line in stream]


@pytest.fixture
def pipeline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    return Pipeline.in_folder(tmp_path / "data", monkeypatch)


@pytest.fixture
def landing(tmp_path: Path) -> Iterator[Landing]:
    with a_warehouse() as connection:
        yield Landing(tmp_path, connection)


def test_an_export_is_loaded_by_its_assets_line_by_line(pipeline: Pipeline):
    events, users = lines_of("events.jsonl.gz"), lines_of("users.jsonl.gz")
    courses, teams = lines_of("groups_course_id.jsonl.gz"), lines_of("groups_group_id.jsonl.gz")
    folder = pipeline.data_dir / "landing" / "mixpanel"
    folder.mkdir(parents=True)
    for name, landed in FILES.items():
        shutil.copyfile(EDUCATION / name, folder / landed)
    result = pipeline.materialize("raw/mixpanel_events", "raw/mixpanel_users", "raw/mixpanel_groups")
    assert (reasons(result), failed_checks(result)) == ({}, set())
    loaded = {
        key: materialization(result, f"raw/mixpanel_{key}")["loaded_now"] for key in ("events", "users", "groups")
    }
    assert loaded == {"events": len(events), "users": len(users), "groups": len(courses) + len(teams)}
    assert loaded == {"events": 27_453, "users": 220, "groups": 450}

    found = pipeline.query(
        "select event_name, distinct_id, user_id, insert_id, epoch(occurred_at), properties "
        "from raw.mixpanel_events order by line_number"
    )
    for row, event in zip(found, events, strict=True):
        properties = event["properties"]
        ids = (properties["distinct_id"], properties["$user_id"], properties.get("$insert_id"))
        assert row[:5] == (event["event"], *ids, properties["time"])
        assert json.loads(row[5]) == properties
    assert pipeline.query("select count(*) from raw.mixpanel_events where insert_id is null") == [(127,)]

    found = pipeline.query("select distinct_id, properties from raw.mixpanel_users order by line_number")
    assert [{"$distinct_id": user, "$properties": json.loads(properties)} for user, properties in found] == users
    found = pipeline.query(
        "select group_key, group_id, properties from raw.mixpanel_groups order by load_id, line_number"
    )
    assert [{key: group} | json.loads(properties) for key, group, properties in found] == courses + teams


def test_mixpanel_events_of_fivetran_load_whole(landing: Landing):
    file = there(FIVETRAN) / "mixpanel_event.csv"
    rows = list(csv.DictReader(file.open(encoding="utf-8")))
    mixpanel = landing.of("mixpanel")
    mixpanel.drop("events.csv", file.read_bytes())
    assert (mixpanel.load_one().loaded_count, mixpanel.quarantine()) == (5, [])
    assert landing.rows(
        "select event_name, distinct_id, insert_id, occurred_at, properties, epoch_ms(received_at) "
        "from raw.mixpanel_events order by line_number"
    ) == [
        (
            *(
                row["name"],
                row["distinct_id"],
                row["insert_id"],
                datetime.fromisoformat(row["time"]),
                row["properties"],
            ),
            int(row["mp_processing_time_ms"]),
        )
        for row in rows
    ]


def test_amplitude_events_of_fivetran_load_whole(landing: Landing):
    file = there(FIVETRAN) / "amplitude_event_data.csv"
    rows = list(csv.DictReader(file.open(encoding="utf-8")))
    amplitude = landing.of("amplitude")
    amplitude.drop("events.csv", file.read_bytes())
    assert (amplitude.load_one().loaded_count, amplitude.quarantine()) == (10, [])
    names = ("uuid", "event_type", "user_id", "device_id", "amplitude_id", "groups", "user_properties")
    assert landing.rows(
        f"select occurred_at, received_at, {', '.join(names)} from raw.amplitude_events order by line_number"
    ) == [
        (
            datetime.fromisoformat(row["event_time"]),
            datetime.fromisoformat(row["server_upload_time"]),
            *(row[name] or None for name in names),
        )
        for row in rows
    ]
