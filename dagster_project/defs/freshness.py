"""When an asset is too old; the UI shows it. Dagster's daemon looks every 30 seconds, without being asked to."""

from datetime import timedelta

import dagster as dg

# Materialized every hour, also without new files.
HOURLY = dg.FreshnessPolicy.time_window(warn_window=timedelta(hours=3), fail_window=timedelta(hours=24))
# Runs when HubSpot or somebody is owed something. Points decay and people go quiet every day: three days in which not
# one value changed are unusual, and a week is a sensor that is off, a dry run or a portal that cannot be reached.
WHEN_OWED = dg.FreshnessPolicy.time_window(warn_window=timedelta(days=3), fail_window=timedelta(days=7))
# On the first day of a quarter, and a week to notice.
QUARTERLY = dg.FreshnessPolicy.time_window(warn_window=timedelta(days=93), fail_window=timedelta(days=100))

MARTS = ("score", "decide", "report")
BY_STEP = {"diff": WHEN_OWED, "sync": WHEN_OWED, "act": WHEN_OWED, "report": WHEN_OWED}
BY_KEY = {"decide/published_marts": HOURLY, "report/dashboard": HOURLY, "report/audit_of_rules": QUARTERLY}


def with_freshness(spec: dg.AssetSpec) -> dg.AssetSpec:
    """An asset that says itself when it is too old keeps that."""
    if spec.freshness_policy is not None:
        return spec
    policy = BY_KEY.get(spec.key.to_user_string())
    if policy is None:
        is_mart = "dbt" in spec.kinds and spec.key.path[0] in MARTS
        policy = HOURLY if is_mart else BY_STEP.get(spec.group_name or "")
    return spec if policy is None else spec.replace_attributes(freshness_policy=policy)
