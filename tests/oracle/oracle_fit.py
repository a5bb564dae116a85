"""Who people and companies are: fit, the ideal customer profile, and what takes points away."""

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from tests.oracle.oracle_events import COMPARED, Event, Row, is_true
from tests.oracle.oracle_points import MOST, capped


def words(written: str) -> list[str]:
    kept = "".join(
        letter if unicodedata.category(letter)[0] == "L" or unicodedata.category(letter) == "Nd" else " "
        for letter in written.casefold()
    )
    return kept.split()


def has_words(written: str, wanted: str) -> bool:
    have, want = words(written), words(wanted)
    return any(have[start : start + len(want)] == want for start in range(len(have) - len(want) + 1))


def matches(rule: Row, known: Any) -> bool:
    if known is None:
        return False
    if rule["match"] == "between":
        return int(rule["min_value"]) <= known <= int(rule["max_value"])
    if rule["match"] == "equals":
        return words(known) == words(rule["value"])
    return has_words(known, rule["value"])


def fit(facts: Mapping[str, Any], rules: Sequence[Row], groups: Sequence[Row]) -> dict[str, tuple[Row, Fraction]]:
    """The best row of each attribute that matches, by rule id, and the points that it gives after the cap."""
    best: dict[str, Row] = {}
    for rule in sorted(rules, key=lambda rule: (-Fraction(rule["points"]), rule["rule_id"], rule["value"])):
        if matches(rule, facts.get(rule["attribute"])):
            best.setdefault(rule["attribute"], rule)
    by_id = {rule["rule_id"]: rule for rule in best.values()}
    cap = min(MOST, *(Fraction(group["cap"]) for group in groups if group["score"] == "fit"))
    given = capped({name: Fraction(rule["points"]) for name, rule in by_id.items()}, cap)
    return {name: (by_id[name], points) for name, points in given.items()}


def is_icp_match(facts: Mapping[str, Any], conditions: Sequence[Row]) -> bool:
    """What is not known does not hold."""
    return all(_condition_holds(condition, facts.get(condition["property"])) for condition in conditions)


def _condition_holds(condition: Row, known: Any) -> bool:
    if known is None:
        return False
    if isinstance(known, bool):
        return COMPARED[condition["operator"]](known, is_true(condition["value"]))
    if isinstance(known, int):
        return COMPARED[condition["operator"]](known, Fraction(condition["value"]))
    return COMPARED[condition["operator"]](known, condition["value"])


def negative_rule_holds(
    rule: Row,
    facts: Mapping[str, Any],
    domains: Sequence[Row],
    events: Sequence[Event],
    rows: Sequence[Row],
    as_of: datetime,
) -> bool:
    """`events`: those of the person; `rows`: the event taxonomy. Somebody who never came cannot have gone."""
    condition, value = rule["condition"], rule["value"]
    if condition == "competitor_domain":
        return facts["domain"] in {row["domain"] for row in domains if row["kind"] == "competitor"}
    if condition == "personal_domain":
        return facts["is_personal_email_domain"]
    if condition == "small_company":
        return facts["employee_count"] is not None and facts["employee_count"] < int(value)
    if condition == "title_word":
        return facts["job_title"] is not None and has_words(facts["job_title"], value)
    flag = {"inactive_days": "is_activity", "no_login_days": "is_login"}[condition]
    meant = {row["source_event"] for row in rows if row["source"] == "product" and is_true(row[flag])}
    seen = [event.occurred_at for event in events if event.event_type in meant and event.occurred_at <= as_of]
    return bool(seen) and as_of - max(seen) > timedelta(days=int(value))


def profile_of(employee_count: int | None, weights: Sequence[Row]) -> Row:
    active = [row for row in weights if is_true(row["is_active"])]
    bounded = [row for row in active if row["min_employees"] or row["max_employees"]]
    for row in bounded:
        least, most = row["min_employees"], row["max_employees"]
        if (
            employee_count is not None
            and (not least or int(least) <= employee_count)
            and (not most or employee_count <= int(most))
        ):
            return row
    return next(row for row in active if row not in bounded)
