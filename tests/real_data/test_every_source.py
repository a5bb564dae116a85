"""Segment, Mixpanel and Amplitude side by side: one event table, one user a user, counted again from the files."""

import csv
import gzip
import json
import shutil
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from dagster_project.settings import SHIPPED_RULES_DIR
from tests.conftest import name_nobody
from tests.real_data.real_files import AMPLITUDE, EDUCATION, GROWTHCUES, SEVERAL_SOURCES, land
from tests.whole_run import Pipeline, reasons

FILES = SEVERAL_SOURCES | {EDUCATION / "events.jsonl.gz": "mixpanel/events.jsonl.gz"}
AS_OF = datetime(2026, 2, 10, 23, 59, 59)


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    folder = tmp_path_factory.mktemp("every_source")
    land(FILES, folder / "data")
    rules = folder / "rules"
    shutil.copytree(SHIPPED_RULES_DIR, rules)
    names = {row["event_text"] for row in growthcues("tracks")}
    with (rules / "event_taxonomy.csv").open("a", encoding="utf-8", newline="") as stream:
        for name in sorted(names):
            csv.writer(stream, lineterminator="\n").writerow(
                ["segment", name, "product_used", "true", "false", "false", "team:data", "log"]
            )
    with pytest.MonkeyPatch.context() as environment:
        name_nobody(environment)
        pipeline = Pipeline.in_folder(folder / "data", environment)
        environment.setenv("PQL_RULES_DIR", str(rules))
        assert reasons(pipeline.run("score", as_of=AS_OF.isoformat())) == {}
        yield pipeline


def growthcues(table: str) -> list[dict[str, str]]:
    return list(csv.DictReader((GROWTHCUES / f"{table}.csv").open(encoding="utf-8")))


def test_active_users_of_each_segment_account_equal_a_count_from_the_file(pipeline: Pipeline):
    user_of = {row["anonymous_id"]: row["user_id"] for row in growthcues("identifies")}
    account_of = {row["user_id"]: row["context_group_id"] for row in growthcues("segment_users")}
    active = defaultdict(set)
    for row in growthcues("tracks"):
        at = datetime.fromisoformat(row["timestamp"])
        user = row["user_id"] or user_of[row["anonymous_id"]]
        if AS_OF - timedelta(days=30) < at <= AS_OF:
            active[row["context_group_id"] or account_of[user]].add(user)
    counted = dict(pipeline.table("score.company_scores").select("company_id", "active_users_30d").rows())
    of_segment = {company: count for company, count in counted.items() if company.startswith("account_")}
    assert of_segment == {account: len(users) for account, users in active.items()}
    assert of_segment == {"account_001": 3, "account_002": 3, "account_003": 2}


def test_what_a_visitor_did_before_they_signed_up_is_theirs(pipeline: Pipeline):
    before = pipeline.query(
        "select user_id, company_id from intermediate.int_events "
        "where event_id in ('segment:track:track_008', 'segment:track:track_009')"
    )
    assert before == [("user_003", "account_001")] * 2


def test_every_person_of_every_source_is_scored_once_with_the_address_their_source_has(pipeline: Pipeline):
    expected = {row["user_id"]: row["email"] for row in growthcues("segment_users")}
    with gzip.open(EDUCATION / "users.jsonl.gz", "rt", encoding="utf-8") as stream:
        profiles = [json.loads(line) for line in stream]
    for row in profiles:
        email = row["$properties"]["$email"].lower()
        # A blank makes it no address; the simulator took surnames as they are.
        expected[row["$distinct_id"]] = None if " " in email else email
    with gzip.open(EDUCATION / "events.jsonl.gz", "rt", encoding="utf-8") as stream:
        events = [json.loads(line)["properties"] for line in stream]
    held = dict(pipeline.table("score.contact_scores").select("user_id", "contact_email").rows())
    amplitude = {row["user_id"] for row in csv.DictReader(AMPLITUDE.open(encoding="utf-8")) if row["user_id"]}
    # Who only did something after the clock is not seen yet.
    assert held.keys() - expected.keys() <= amplitude | {row["$user_id"] for row in events}
    assert {user: held[user] for user in expected} == expected


def test_events_of_each_source_are_kept_once(pipeline: Pipeline):
    with gzip.open(EDUCATION / "events.jsonl.gz", "rt", encoding="utf-8") as stream:
        lines = [json.loads(line) for line in stream]
    keys = [
        (line["event"], *(line["properties"].get(name) for name in ("time", "distinct_id", "$insert_id")))
        for line in lines
    ]
    unique = len({key for key in keys if key[-1]}) + sum(not key[-1] for key in keys)
    amplitude = list(csv.DictReader(AMPLITUDE.open(encoding="utf-8")))
    assert dict(pipeline.query("select source, count(*) from intermediate.int_events group by source")) == {
        "segment": len(growthcues("tracks")),
        "mixpanel": unique,
        "amplitude": len({row["uuid"] for row in amplitude}),
    }
    assert len(lines) - unique > 0
