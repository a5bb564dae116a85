"""Why somebody has their score, to the point, and what sales needs before it gets them."""

import re
from datetime import datetime
from decimal import Decimal
from unicodedata import normalize

import duckdb

from dagster_project.counting import counted
from dagster_project.landing.domains import ascii_domain
from dagster_project.publish.snapshot import Snapshot


class NobodyFound(Exception):
    """No scored user has this address."""


def explain(snapshot: Snapshot, email: str) -> str:
    """The whole account of one person, from the published marts.

    Raises:
        NobodyFound: Nobody has this address; the message says in which snapshot it was looked for.
    """
    with duckdb.connect() as connection:
        people = _rows(
            connection,
            "select * from read_parquet($table) where contact_email = $email order by combined_score desc, user_id",
            {"table": str(snapshot.path("score.contact_scores")), "email": _as_scored(email)},
        )
        if not people:
            raise NobodyFound(
                f"Nobody has the address {email} among the "
                f"{counted(snapshot.row_counts['score.contact_scores'], 'person', 'people')} scored as of "
                f"{snapshot.as_of:%Y-%m-%d %H:%M} UTC."
            )
        return "\n\n".join(_explain_person(connection, snapshot, person) for person in people)


def _as_scored(email: str) -> str:
    """An address as the scores have it: trimmed, lower-cased, composed, its domain as DNS writes it."""
    local, at, domain = normalize("NFC", email.strip().lower()).rpartition("@")
    return f"{local}{at}{ascii_domain(domain) or domain}"


def _explain_person(connection: duckdb.DuckDBPyConnection, snapshot: Snapshot, person: dict) -> str:
    def of_person(table: str, key: str, order: str) -> list[dict]:
        return _rows(
            connection,
            f"select * from read_parquet($table) where {key} = $user_id order by {order}",
            {"table": str(snapshot.path(table)), "user_id": person["user_id"]},
        )

    reasons = of_person("score.contact_score_reasons", "user_id", "score_name desc, points desc, rule_id")
    conditions = of_person("decide.sales_qualifications", "user_id", "condition_id")
    handoffs = of_person("decide.handoffs", "record_key", "episode")
    name = " ".join(part for part in (person["first_name"], person["last_name"]) if part) or person["contact_email"]
    lines = [
        f"{name} (user {person['user_id']}), as of {snapshot.as_of:%Y-%m-%d %H:%M} UTC",
        f"  combined score {person['combined_score']} ({person['band']}); {_activation(person)}",
        # Somebody whom only HubSpot knows did nothing that could be counted.
        f"  last active {_day(person['last_active_at'])}, {counted(person['key_action_7d_count'] or 0, 'key action')} "
        f"this week, {counted(person['company_active_users_30d'], 'active user')} at "
        f"{person['company_id'] or 'no known company'}",
    ]
    for score_name, score in (("pql", person["pql_score"]), ("fit", person["fit_score"])):
        lines.append(f"  {score_name} score {score}")
        of_score = [reason for reason in reasons if reason["score_name"] == score_name]
        lines += [f"    {_points(reason['points']):>8}  {_reason(reason)}" for reason in of_score]
        if not of_score:
            lines.append("           no rule gave or took points")
    # Without conditions nobody is, as decide.handoffs has it.
    is_qualified = bool(conditions) and all(condition["is_met"] for condition in conditions)
    lines.append(f"  {'sales qualified' if is_qualified else 'not sales qualified'}")
    lines += [
        f"    {'met   ' if condition['is_met'] else 'MISSED'}  {_condition(condition)}" for condition in conditions
    ]
    lines += [
        f"  handoff {handoff['handoff_state']} on {_day(handoff['handed_off_at'])} to "
        f"{handoff['owner_email'] or 'nobody yet'} ({handoff['owner_reason']})"
        for handoff in handoffs
    ]
    return "\n".join(lines)


def _rows(connection: duckdb.DuckDBPyConnection, query: str, parameters: dict) -> list[dict]:
    relation = connection.sql(query, params=parameters)
    return [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]


def _activation(person: dict) -> str:
    if person["activated_at"] is None:
        return "not activated"
    return f"activated {_day(person['activated_at'])}"


def _reason(reason: dict) -> str:
    found = f" ({_plain(reason['found'])})" if reason["found"] is not None else ""
    held = f", last held {_day(reason['last_met_at'])}" if reason["last_met_at"] is not None else ""
    return f"{reason['label']}{found}{held}"


def _condition(condition: dict) -> str:
    found = condition["found"] if condition["found"] is not None else "not known"
    return f"{condition['property']} {condition['operator']} {condition['value']}: {found}"


def _plain(found: str) -> str:
    """A count is kept as 4.0000; people write 4."""
    return found.rstrip("0").rstrip(".") if re.fullmatch(r"\d+\.\d+", found) else found


def _points(points: Decimal) -> str:
    return f"{points.normalize():+f}"


def _day(instant: datetime | None) -> str:
    return "never" if instant is None else f"{instant:%Y-%m-%d}"
