"""The engagement points of the shipped rules in polars, as a user would write them who knows the rules and the data."""

from datetime import datetime

import polars as pl

from tests.bench.default_points import (
    EVENTS_READ,
    HALVED_EVERY,
    INVITE,
    INVITEES,
    LOGIN,
    LOGIN_WINDOW,
    LOGINS,
    MOST_POINTS,
    POINTS_OF_INVITES,
    POINTS_OF_LAST,
    POINTS_OF_LOGINS,
)


def score(events_file: str, as_of: str, points_file: str) -> None:
    """Points of every user of a Parquet file of events, into another one."""
    clock = datetime.fromisoformat(as_of).replace(tzinfo=None)
    happened_at = pl.col("occurred_at")
    everything = pl.scan_parquet(events_file).filter(happened_at <= clock)
    # Deliveries of one event differ in nothing that is read here: any of them will do.
    events = everything.filter(pl.col("event_type").is_in(EVENTS_READ)).unique(subset="event_id", keep="any")
    last = [
        of_type(events, event_type).group_by("user_id").agg(happened_at.max(), pl.lit(points).alias("points"))
        for event_type, points in POINTS_OF_LAST.items()
    ]
    invites = (
        of_type(events, INVITE)
        .with_columns(pl.col("properties").str.json_path_match("$.invitee_email").alias("invitee"))
        .drop_nulls("invitee")
        .group_by("user_id")
        .agg(happened_at.max(), pl.lit(POINTS_OF_INVITES).alias("points"), pl.col("invitee").n_unique())
        .filter(pl.col("invitee") >= INVITEES)
        .drop("invitee")
    )
    # Held from a login to when the first of the five leaves the window; the last such end, or now where it is to come.
    login_at = happened_at.sort()
    held_until = login_at.shift(LOGINS - 1) + LOGIN_WINDOW
    logins = (
        of_type(events, LOGIN)
        .group_by("user_id")
        .agg(
            pl.min_horizontal(held_until.filter(login_at < held_until).max(), clock).alias("occurred_at"),
            pl.lit(POINTS_OF_LOGINS).alias("points"),
            held_until.filter(login_at < held_until).len().alias("times"),
        )
        .filter(pl.col("times") > 0)
        .drop("times")
    )
    halvings = (clock - happened_at).dt.total_microseconds() // (HALVED_EVERY.total_seconds() * 1e6)
    factor = (pl.lit(0.5).pow(halvings) * 1e9 + 0.5).floor() / 1e9
    points = (
        pl.concat([*last, invites, logins])
        .group_by("user_id")
        .agg((pl.col("points") * factor).sum().clip(upper_bound=MOST_POINTS).alias("points"))
    )
    users = everything.select("user_id").unique()
    scored = users.join(points, on="user_id", how="left").with_columns(pl.col("points").fill_null(0.0))
    scored.collect(engine="streaming").write_parquet(points_file)


def of_type(events: pl.LazyFrame, event_type: str) -> pl.LazyFrame:
    return events.filter(pl.col("event_type") == event_type)
