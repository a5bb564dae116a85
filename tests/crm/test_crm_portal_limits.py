"""What a portal allows, as it said it last, and what a plan takes of it."""

from datetime import timedelta

import pytest
from crm_world import AS_OF, door

from dagster_project.crm.portal_limits import KEY, STEP, PortalLimits, limits_seen, read_limits
from dagster_project.state.run_log import log_step


def test_a_portal_that_was_never_asked_is_taken_for_the_smallest(engine):
    assert read_limits(engine) == PortalLimits(100, 10.0, 250_000, None)


def test_what_the_headers_said_last_is_kept_with_the_step_and_read_again(sandbox, engine):
    sandbox.set(rate_limit=190, daily_limit=650_000)
    api = door(sandbox.url)
    assert limits_seen(api)["daily_calls"] == 250_000
    api.get("/crm/owners/{version}")
    for number, summary in enumerate(({"state": "dry_run"}, {KEY: limits_seen(api)})):
        at = AS_OF + timedelta(hours=number)
        log_step(engine, f"run {number}", STEP, AS_OF, at, at, summary)
    assert read_limits(engine) == PortalLimits(190, 10.0, 650_000, 649_999)


@pytest.mark.parametrize(
    ("calls", "limits", "told"),
    [
        (1, PortalLimits(), "1 call, 1 s at most, 0.00 % of a day's 250,000"),
        (
            190,
            PortalLimits(190, 10.0, 650_000, 640_000),
            "190 calls, 10 s at most, 0.03 % of a day's 650,000, of which 640,000 were left",
        ),
        (10_000, PortalLimits(190, 10.0, 650_000), "10,000 calls, 9 min at most, 1.54 % of a day's 650,000"),
    ],
)
def test_a_plan_is_told_in_minutes_and_as_a_share_of_the_day(calls, limits, told):
    assert limits.told(calls) == told
