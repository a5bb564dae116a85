"""The whole job on the sample and again a day later, when events came late, twice or new, with any engine."""

import json
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from dagster_project.sandbox.running import running_sandbox
from dagster_project.settings import SAMPLE_DIR
from tests.conftest import TOKEN, name_nobody
from tests.engines.parity import differences
from tests.engines.portal_contents import written_to
from tests.whole_run import SAMPLE_AS_OF, Pipeline, reasons

NEXT_DAY = "2026-11-21T09:00:00Z"
USER = {"user_id": "u_000046", "company_id": "c_00002"}
NEW_EVENTS = [
    # Late, for a day that was made already; a repetition; and two of the new day.
    {"event_id": "late", "event_type": "report_created", "timestamp": "2026-11-03T10:00:00Z", "properties": {"n": 1.0}},
    {"event_id": "evt_0003628", "event_type": "logged_in", "timestamp": "2026-11-01T14:24:42Z", "properties": {}},
    {
        "event_id": "new",
        "event_type": "logged_in",
        "timestamp": "2026-11-20T11:00:00Z",
        "properties": {"a\u0000b": '"\n'},
    },
    {"event_id": "newer", "event_type": "report_created", "timestamp": "2026-11-21T08:59:59.999999Z", "properties": {}},
]


@dataclass(frozen=True)
class Day:
    """What is there after a run: the warehouse as it was then, and everything that was written up to then.

    Attributes:
        failures: Why steps failed, by step.
        checks: Whether each check passed, tests of the data that dbt ran among them.
        unshown: Of which tables nothing could be shown in Dagster, and why.
        ended_at: Seconds since 1970.
    """

    warehouse: Path
    written: dict[str, Any]
    failures: dict[str, str]
    checks: dict[str, bool]
    unshown: dict[str, str]
    ended_at: float


def unlike(expected: Day, found: Day) -> dict[str, Any]:
    """What is not the same after a day: marts, what HubSpot and Slack were told, and whatever failed in one of them."""
    written = {
        what: (expected.written.get(what), found.written.get(what))
        for what in sorted(expected.written.keys() | found.written.keys())
        if expected.written.get(what) != found.written.get(what)
    }
    told = {
        "marts": differences(expected.warehouse, found.warehouse),
        "written": written,
        "checks": sorted(expected.checks.items() ^ found.checks.items()),
        "unshown": found.unshown,
        "failed": found.failures,
        "failed with DuckDB": expected.failures,
    }
    return {what: differing for what, differing in told.items() if differing}


def first_day(target: str, folder: Path, environment: Mapping[str, str]) -> Day:
    """The first of them."""
    return _days(target, folder, environment, (SAMPLE_AS_OF,))[0]


def two_days(
    target: str, folder: Path, environment: Mapping[str, str], then: Callable[[], Mapping[str, str]] = dict
) -> list[Day]:
    """Args:
    then: Called between the two days: what the environment says on the second one.
    """
    return _days(target, folder, environment, (SAMPLE_AS_OF, NEXT_DAY), then)


def _days(
    target: str,
    folder: Path,
    environment: Mapping[str, str],
    moments: Sequence[str],
    then: Callable[[], Mapping[str, str]] = dict,
) -> list[Day]:
    with (
        running_sandbox(seed=SAMPLE_DIR / "crm", slack_burst=1000, slack_per_second=1000) as sandbox,
        pytest.MonkeyPatch.context() as patch,
    ):
        name_nobody(patch)
        for name, value in {**environment, "PQL_TARGET": target}.items():
            patch.setenv(name, value)
        pipeline = Pipeline.in_folder(folder / "data", patch)
        pipeline.use_sandbox(sandbox, TOKEN)
        days = []
        for as_of in moments:
            if days:
                for name, value in then().items():
                    patch.setenv(name, value)
                lines = [json.dumps(event | USER | {"received_at": NEXT_DAY}) for event in NEW_EVENTS]
                (pipeline.landing / "events_2026-11-21.jsonl").write_text("\n".join(lines), encoding="utf-8")
            else:
                pipeline.land_sample()
            result = pipeline.run(as_of=as_of)
            kept = folder / f"{as_of[:10]}.duckdb"
            shutil.copyfile(pipeline.data_dir / "warehouse.duckdb", kept)
            evaluations = result.get_asset_check_evaluations()
            checks = {f"{check.asset_key.to_user_string()} {check.check_name}": check.passed for check in evaluations}
            days.append(Day(kept, written_to(sandbox), reasons(result), checks, unshown(result), time.time()))
        return days


def unshown(result: dg.ExecuteInProcessResult) -> dict[str, str]:
    made = [event.step_materialization_data.materialization for event in result.get_asset_materialization_events()]
    told = {asset.asset_key.to_user_string(): asset.metadata.get("could_not_be_shown") for asset in made}
    return {name: why.value for name, why in told.items() if why is not None}
