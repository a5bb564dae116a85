"""The engagement points of the shipped rules in pandas, as a user would write them who knows the rules and the data."""

import json

import duckdb
import pandas as pd

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
    clock = pd.Timestamp(as_of).tz_localize(None)
    with duckdb.connect() as connection:
        users, events = read(connection, events_file, clock)
        points = pd.Series(0.0, index=users)
        for last_met_at, worth in met(events, clock):
            halvings = (clock - last_met_at) // HALVED_EVERY
            factor = (0.5**halvings * 1e9 + 0.5) // 1 / 1e9
            points = points.add(worth * factor, fill_value=0.0)
        scored = points.clip(upper=MOST_POINTS).rename_axis("user_id").rename("points").reset_index()
        scored["user_id"] = scored["user_id"].astype(object)
        connection.register("scored", scored)
        connection.execute(f"copy scored to '{points_file}' (format parquet)")


def read(connection: duckdb.DuckDBPyConnection, events_file: str, clock: pd.Timestamp) -> tuple[pd.Index, pd.DataFrame]:
    """All users, and the columns and rows that rules read: what pandas' own reader of Parquet would give."""
    happened = f"from '{events_file}' where occurred_at <= timestamp '{clock}'"
    users = connection.sql(f"select user_id {happened}").df()["user_id"].astype("category").cat.categories
    columns = "event_id, user_id, event_type, occurred_at, properties"
    events = connection.sql(f"select {columns} {happened} and event_type in {tuple(EVENTS_READ)}").df()
    # Deliveries of one event differ in nothing that is read here: any of them will do.
    events = events.drop_duplicates("event_id").drop(columns="event_id")
    events["user_id"] = pd.Categorical(events["user_id"], categories=users)
    events["event_type"] = events["event_type"].astype("category")
    return users, events


def met(events: pd.DataFrame, clock: pd.Timestamp) -> list[tuple[pd.Series, int]]:
    """Of each rule: by user when it was last met, and its points."""
    by_type = dict(tuple(events.groupby("event_type", observed=True)))
    nothing = events.iloc[:0]
    found = [
        (by_type.get(event_type, nothing).groupby("user_id", observed=True)["occurred_at"].max(), points)
        for event_type, points in POINTS_OF_LAST.items()
    ]
    invites = by_type.get(INVITE, nothing)
    invites = invites.assign(invitee=[json.loads(text).get("invitee_email") for text in invites["properties"]])
    invites = invites.dropna(subset="invitee").groupby("user_id", observed=True)
    last_at = invites["occurred_at"].max()
    found.append((last_at[invites["invitee"].nunique() >= INVITEES], POINTS_OF_INVITES))
    # Held from a login to when the first of the five leaves the window; the last such end, or now where it is to come.
    logins = by_type.get(LOGIN, nothing).sort_values(["user_id", "occurred_at"])
    held_until = logins.groupby("user_id", observed=True)["occurred_at"].shift(LOGINS - 1) + LOGIN_WINDOW
    is_held = logins["occurred_at"] < held_until
    last_until = held_until[is_held].groupby(logins.loc[is_held, "user_id"], observed=True).max()
    found.append((last_until.clip(upper=clock), POINTS_OF_LOGINS))
    return found
