"""Rows of `decide.actions`, as a snapshot holds them."""

from datetime import datetime
from pathlib import Path

import duckdb

VARCHAR = [
    "action_id",
    "trigger_id",
    "label",
    "kind",
    "target",
    "template",
    "priority",
    "subject",
    "subject_key",
    "record_key",
    "hubspot_id",
    "company_key",
    "company_hubspot_id",
    "handoff_id",
    "return_id",
    "owner_id",
    "owner_email",
    "owner_name",
    "owner_reason",
    "pool",
    "contact_email",
    "first_name",
    "contact_name",
    "job_title",
    "company_name",
    "domain",
    "industry",
    "country",
    "band",
    "feature_name",
    "topic",
    "score_reasons",
    "signals",
    "recent_pages",
    "features_used",
    "track",
    "plan",
    "return_reason",
    "handoff_reason",
]
INTEGERS = [
    "not_before_minutes",
    "due_minutes",
    "expires_hours",
    "episode",
    "turn",
    "employee_count",
    "pql_score",
    "fit_score",
    "combined_score",
    "activated_days_ago",
    "days_since_login",
    "days_since_active",
    "teammates_invited_count",
    "key_action_7d_count",
    "company_active_users",
    "colleagues_active",
]
COLUMNS = {
    **dict.fromkeys(VARCHAR, "varchar"),
    **dict.fromkeys(INTEGERS, "bigint"),
    **dict.fromkeys(("moment_at", "handed_off_at"), "timestamp"),
    "in_working_hours": "boolean",
}
CHANNEL = "#pql-handoff"
MOMENT = datetime(2026, 11, 20, 9)


def action_row(number: int, **columns: object) -> dict:
    """Something owed about one person, to their owner, at once, at any hour: a Slack message, unless it says more."""
    assert set(columns) <= set(COLUMNS), sorted(set(columns) - set(COLUMNS))
    target = columns.get("target", "owner")
    kind = columns.get("kind", "slack_message")
    return {
        "action_id": f"action-{number}-{kind}-{target}" if kind != "slack_message" else f"action-{number}-{target}",
        "trigger_id": "sql_handoff",
        "label": "New SQL",
        "kind": "slack_message",
        "target": target,
        "template": "sql_handoff",
        "priority": "high",
        "moment_at": MOMENT,
        "not_before_minutes": 0,
        "due_minutes": 120,
        "expires_hours": 48,
        "in_working_hours": False,
        "subject": "contact",
        "subject_key": f"user-{number}",
        "episode": 1,
        "record_key": f"user-{number}",
        "owner_id": "201",
        "owner_email": "dana@orbit.example",
        "owner_name": "Dana Reyes",
        "owner_reason": "round_robin",
        "pool": "emea",
        "turn": number,
        "contact_email": f"user{number}@brightloom.io",
        "first_name": "Nora",
        "contact_name": f"Nora Lindqvist {number}",
        "company_name": "Brightloom",
        "employee_count": 85,
        "combined_score": 65,
        "activated_days_ago": 3,
        "teammates_invited_count": 2,
        "key_action_7d_count": 14,
        **columns,
    }


def handoff_row(number: int, *, target: str = "owner", **columns: object) -> dict:
    """The message of one handoff to the owner, or to a channel."""
    return action_row(number, target=target, handoff_id=f"handoff-{number}", **columns)


def write_actions(folder: Path, *rows: dict) -> Path:
    """`decide.actions` alone, as a snapshot would hold it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "decide.actions.parquet"
    columns = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
    with duckdb.connect() as connection:
        connection.execute(f"create table actions ({columns})")
        if rows:
            names = list(COLUMNS)
            places = ", ".join("?" for _ in names)
            values = [[row.get(name) for name in names] for row in rows]
            connection.executemany(f"insert into actions values ({places})", values)
        connection.sql("from actions").write_parquet(str(path))
    return path
