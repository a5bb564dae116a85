"""What Dagster shows of landing files: how many of their lines are bad, how late events come, how to replay."""

import json
from datetime import timedelta
from pathlib import Path

import dagster as dg
import pytest

from dagster_project.definitions import defs
from dagster_project.landing.sources import LANDING_TABLES
from tests.whole_run import Pipeline, dagster_command, failed_checks, materialization, reasons

EVENTS = "raw/product_events"
CHECK = "few_lines_are_quarantined"


def event(number: int, **changes: str) -> str:
    whole = {"event_id": f"e{number}", "user_id": "u1", "event_type": "logged_in", "timestamp": "2026-11-20T09:00:00Z"}
    return json.dumps(whole | changes) + "\n"


def put(pipeline: Pipeline, name: str, good: int, bad: int = 0) -> None:
    text = "".join(event(number) for number in range(good)) + "broken\n" * bad
    (pipeline.landing / name).write_text(text, encoding="utf-8")


def load(pipeline: Pipeline) -> dg.ExecuteInProcessResult:
    result = pipeline.materialize(EVENTS)
    assert reasons(result) == {}
    return result


def judged(result: dg.ExecuteInProcessResult) -> tuple:
    """Whether the check passed, the worst file, its share, the limit."""
    (check,) = [check for check in result.get_asset_check_evaluations() if check.check_name == CHECK]
    assert check.severity == dg.AssetCheckSeverity.WARN
    told = {name: value.value for name, value in check.metadata.items()}
    return check.passed, told["worst_file"], told["quarantined_pct"], told["limit_pct"]


# The share of bad lines


def test_a_file_with_more_bad_lines_than_allowed_is_told_and_loaded(pipeline: Pipeline):
    put(pipeline, "events_1.jsonl", good=100)
    put(pipeline, "events_2.jsonl", good=9, bad=1)
    put(pipeline, "events_3.jsonl", good=99, bad=1)
    result = load(pipeline)
    assert judged(result) == (False, "product/events_2.jsonl", 10, 5)
    assert materialization(result, EVENTS)["loaded_now"] == 208


def test_a_share_of_exactly_the_limit_is_few(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch):
    put(pipeline, "events.jsonl", good=19, bad=1)
    assert judged(load(pipeline)) == (True, "product/events.jsonl", 5, 5)
    put(pipeline, "events.jsonl", good=997, bad=3)
    monkeypatch.setenv("PQL_MAX_QUARANTINED_PCT", "0.3")
    assert judged(load(pipeline)) == (True, "product/events.jsonl", 0.3, 0.3)
    put(pipeline, "events.jsonl", good=996, bad=4)
    assert judged(load(pipeline))[0] is False


def test_only_files_that_were_loaded_now_are_judged(pipeline: Pipeline):
    assert judged(load(pipeline)) == (True, "no file was loaded", 0, 5)
    put(pipeline, "events_1.jsonl", good=1, bad=1)
    assert failed_checks(load(pipeline)) == {CHECK}
    put(pipeline, "events_2.jsonl", good=0)
    assert judged(load(pipeline)) == (True, "product/events_2.jsonl", 0, 5)


def test_a_limit_that_is_no_percentage_is_named(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PQL_MAX_QUARANTINED_PCT", "105")
    assert "PQL_MAX_QUARANTINED_PCT is '105'" in reasons(pipeline.materialize(EVENTS))["raw__product_events"]


# What became of each file


def files_told(result: dg.ExecuteInProcessResult) -> dict[str, tuple]:
    """State, rows, bad lines and why, by name."""
    records, *_ = materialization(result, EVENTS)["files"]
    rows = [record.data for record in records]
    return {row["file"]: (row["state"], row["rows"], row["quarantined"], row["why"]) for row in rows}


def test_the_asset_tells_of_each_file_what_was_wrong_with_it(pipeline: Pipeline):
    put(pipeline, "events_1.jsonl", good=2, bad=1)
    (pipeline.landing / "events_2.csv").write_text("event_id,user_id,event_type,timestamp\ne,,,\nf\n", encoding="utf-8")
    (pipeline.landing / "events_3.parquet").mkdir()
    result = load(pipeline)
    assert files_told(result) == {
        "product/events_1.jsonl": ("loaded", 2, 1, "json_broken 1"),
        "product/events_2.csv": ("loaded", 0, 2, "csv_wrong_number_of_cells 1, user_id_missing 1"),
        "product/events_3.parquet": ("refused", 0, 0, "it is a folder; only files are loaded"),
    }
    assert materialization(result, EVENTS)["quarantined_by_reason"] == {
        "csv_wrong_number_of_cells": 1,
        "json_broken": 1,
        "user_id_missing": 1,
    }


def test_a_table_without_a_header_is_told_without_the_address_in_its_first_row(pipeline: Pipeline):
    (pipeline.landing / "events.csv").write_text("e1,u1,dana.reyes@orbit.example\n", encoding="utf-8")
    result = load(pipeline)
    assert "found e1, u1, d***@orbit.example" in files_told(result)["product/events.csv"][3]
    assert "dana.reyes" not in json.dumps([dg.serialize_value(event) for event in result.all_events])


def test_what_lies_in_no_sources_folder_is_told_once(pipeline: Pipeline):
    put(pipeline, "events.jsonl", good=1)
    landing = pipeline.landing.parent
    (landing / "events.jsonl").write_text(event(2), encoding="utf-8")
    (landing / "segmnet").mkdir()
    (landing / "mixpanel").write_text(event(3), encoding="utf-8")
    for name in (".gitkeep", "events.jsonl.tmp"):
        (landing / name).write_text("", encoding="utf-8")
    result = pipeline.materialize(EVENTS, "raw/product_users", "raw/mixpanel_events")
    assert reasons(result) == {}
    allowed = "allowed: product/, segment/, mixpanel/, amplitude/"
    told = [check.metadata["refused"].value for check in result.get_asset_check_evaluations() if not check.passed]
    assert told == [
        {
            "events.jsonl": f"it lies in no source's folder; {allowed}",
            "mixpanel": "it is a file; a source is a folder with files in it",
            "segmnet": f"it is the folder of no source; {allowed}",
        }
    ]
    assert pipeline.query("select count(*) from raw.product_events") == [(1,)]


# How fresh


@pytest.mark.parametrize("table", LANDING_TABLES, ids=[table.name for table in LANDING_TABLES])
def test_every_landing_asset_warns_when_it_is_a_day_old(table):
    (spec,) = [spec for spec in defs.resolve_all_asset_specs() if spec.key == dg.AssetKey(["raw", table.name])]
    assert spec.freshness_policy.warn_window.to_timedelta() == timedelta(hours=24)


def test_the_lag_from_event_to_arrival_is_that_of_the_rows_loaded_now(pipeline: Pipeline):
    old = event(1, received_at="2026-11-20T10:00:00Z")
    (pipeline.landing / "events_1.jsonl").write_text(old, encoding="utf-8")
    assert materialization(load(pipeline), EVENTS)["lag_p50_seconds"] == 3600
    late = [event(2), *(event(10 + second, received_at=f"2026-11-20T09:00:{second:02}.5Z") for second in range(21))]
    (pipeline.landing / "events_2.jsonl").write_text("".join(late), encoding="utf-8")
    told = materialization(load(pipeline), EVENTS)
    assert (told["lag_p50_seconds"], told["lag_p95_seconds"], told["lag_of_rows"]) == (10.5, 19.5, 21)


def test_without_both_instants_no_lag_is_told(pipeline: Pipeline):
    put(pipeline, "events.jsonl", good=2)
    assert "lag_p50_seconds" not in materialization(load(pipeline), EVENTS)
    (pipeline.landing / "users.jsonl").write_text('{"user_id": "u1"}\n', encoding="utf-8")
    assert "lag_p50_seconds" not in materialization(pipeline.materialize("raw/product_users"), "raw/product_users")


# The replay


def test_the_job_tells_what_left_quarantine_and_what_stays_and_why(pipeline: Pipeline):
    put(pipeline, "events_1.jsonl", good=1, bad=2)
    (pipeline.landing / "events_2.csv").write_text("event_id,user_id,event_type,timestamp\ne,,,\n", encoding="utf-8")
    load(pipeline)
    (pipeline.landing / "events_2.csv").unlink()
    result = pipeline.run("replay_quarantine")
    assert reasons(result) == {}
    (output,) = [event for event in result.all_events if event.event_type_value == "STEP_OUTPUT"]
    told = {name: value.value for name, value in output.event_specific_data.metadata.items() if name != "files"}
    assert told == {"loaded": 0, "still_bad": 2, "cannot_be_replayed": 1}
    rows = [record.data for record in output.event_specific_data.metadata["files"].records]
    assert [(row["file"], row["why"]) for row in rows] == [
        ("product/events_1.jsonl", ""),
        ("product/events_2.csv", "the file is no longer in the landing folder"),
    ]
    assert len(pipeline.query("from raw.quarantine")) == 3


def test_the_job_has_nothing_to_do_in_a_new_data_folder(pipeline: Pipeline):
    assert reasons(pipeline.run("replay_quarantine")) == {}
    assert pipeline.query("from raw.quarantine") == []


def test_no_other_job_replays():
    for job in ("score", "sync", "whole_job"):
        assert "judge_quarantine_again" not in {node.name for node in defs.resolve_job_def(job).graph.nodes}


def test_the_dagster_command_line_executes_the_replay(pipeline: Pipeline, tmp_path: Path):
    put(pipeline, "events.jsonl", good=1, bad=1)
    load(pipeline)
    told = dagster_command(tmp_path, "job", "execute", "-j", "replay_quarantine")
    assert "product/events.jsonl: 0 became rows, 1 still bad, 0 cannot be replayed" in told
