"""The scores of a person and every reason for them, from the definition of a score alone: no SQL, no floats."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

from tests.oracle.oracle_engagement import Person, holdings
from tests.oracle.oracle_events import Event, Row, is_true
from tests.oracle.oracle_fit import fit, is_icp_match, negative_rule_holds, profile_of
from tests.oracle.oracle_points import capped_by_group, decay_factor, half_up, next_decay_at, points_full

Rules = Mapping[str, Sequence[Row]]


@dataclass(frozen=True)
class Reason:
    score_name: str
    kind: str
    rule_id: str
    points: Fraction
    is_met: bool = True
    found: Any = None
    points_full: Fraction | None = None
    decay_factor: Fraction | None = None
    points_decayed: Fraction | None = None
    last_met_at: datetime | None = None
    next_decay_at: datetime | None = None
    proof_event_id: str | None = None


@dataclass(frozen=True)
class Scores:
    engagement_points: Fraction
    negative_points: Fraction
    pql_points: Fraction
    fit_points: Fraction
    pql_score: int
    fit_score: int
    combined_score: int
    band: str
    weight_profile: str
    is_icp_match: bool


def score_everybody(
    events: Sequence[Event], users: Sequence[Mapping], companies: Sequence[Mapping], rules: Rules, as_of: datetime
) -> dict[str, tuple[Scores, list[Reason]]]:
    """Scores and reasons by user id.

    Args:
        users: `user_id, email, job_title, country, company_id`, unknown ones None; each has an address.
        companies: `company_id, employee_count, industry, usage_count, usage_limit`.
        rules: File name → rows as `csv.DictReader` gives them.
    """
    by_company = {company["company_id"]: company for company in companies}
    by_user: dict[str, list[Event]] = {user["user_id"]: [] for user in users}
    for event in events:
        by_user[event.user_id].append(event)
    return {
        user["user_id"]: score(by_user[user["user_id"]], user, by_company.get(user["company_id"], {}), rules, as_of)
        for user in users
    }


def score(
    events: Sequence[Event], user: Mapping, company: Mapping, rules: Rules, as_of: datetime
) -> tuple[Scores, list[Reason]]:
    facts = _facts(user, company, rules)
    fitting = fit(facts, rules["fit_rules"], rules["score_groups"])
    fit_points = sum((points for _, points in fitting.values()), Fraction(0))
    fit_score = int(half_up(fit_points))
    is_ideal = is_icp_match(facts | {"zo_fit_score": fit_score}, rules["icp_definition"])
    usage = tuple(
        None if company.get(name) is None else Fraction(str(company[name])) for name in ("usage_count", "usage_limit")
    )
    engagement = _engagement(Person(events, usage, is_ideal), rules, as_of)
    negative = [
        Reason("pql", "negative", rule["rule_id"], Fraction(rule["points"]))
        for rule in rules["negative_rules"]
        if is_true(rule["is_enabled"])
        and negative_rule_holds(rule, facts, rules["excluded_domains"], events, rules["event_taxonomy"], as_of)
    ]
    engagement_points, negative_points = _sum(engagement), _sum(negative)
    least = Fraction(next(row["value"] for row in rules["score_settings"] if row["setting_id"] == "pql_floor"))
    pql_points = max(engagement_points + negative_points, least)
    pql_score = int(half_up(pql_points))
    profile = profile_of(facts["employee_count"], rules["score_weights"])
    combined = half_up(
        Fraction(profile["fit_weight"]) * fit_points + Fraction(profile["engagement_weight"]) * pql_points
    )
    within = max(0, min(100, combined))
    scores = Scores(
        engagement_points,
        negative_points,
        pql_points,
        fit_points,
        pql_score,
        fit_score,
        int(combined),
        next(row["band"] for row in rules["score_bands"] if int(row["min_score"]) <= within <= int(row["max_score"])),
        profile["profile"],
        is_ideal,
    )
    rest = [
        Reason("pql", "floor", "floor", pql_points - engagement_points - negative_points),
        Reason("pql", "rounding", "rounding", pql_score - pql_points),
        Reason("fit", "rounding", "rounding", fit_score - fit_points),
    ]
    fits = [
        Reason("fit", "fit", name, points, found=facts[rule["attribute"]], points_full=Fraction(rule["points"]))
        for name, (rule, points) in fitting.items()
    ]
    return scores, [*engagement, *negative, *fits, *(reason for reason in rest if reason.points)]


def _facts(user: Mapping, company: Mapping, rules: Rules) -> dict[str, Any]:
    domain = user["email"].rpartition("@")[2]
    said = {row["domain"]: row["kind"] for row in rules["excluded_domains"]}
    return {
        "job_title": user["job_title"],
        "country": user["country"],
        "industry": company.get("industry"),
        "employee_count": company.get("employee_count"),
        "domain": domain,
        "is_personal_email_domain": said.get(domain, "free_mail" if domain == "gmail.com" else None) == "free_mail",
    }


def _sum(reasons: Sequence[Reason]) -> Fraction:
    return sum((reason.points for reason in reasons), Fraction(0))


def _engagement(person: Person, rules: Rules, as_of: datetime) -> list[Reason]:
    """Rules that are switched on: those that are met, and those that found something and are not."""
    groups = {row["score_group"]: row for row in rules["score_groups"] if row["score"] == "pql"}
    held = holdings(person, rules["engagement_rules"], rules["event_taxonomy"], as_of)
    enabled = {rule["rule_id"]: rule for rule in rules["engagement_rules"] if is_true(rule["is_enabled"])}
    met = {name: rule for name, rule in enabled.items() if held[name].is_met}
    full = {name: points_full(rule, held[name].found) for name, rule in met.items()}
    factors = {name: decay_factor(rule, groups, held[name].last_met_at, as_of) for name, rule in met.items()}
    decayed = {name: half_up(full[name] * factors[name], 10**9) for name in met}
    group_of = {name: rule["score_group"] for name, rule in met.items()}
    points = capped_by_group(decayed, group_of, list(groups.values()))
    reasons = [
        Reason(
            "pql",
            "engagement",
            name,
            points[name],
            True,
            held[name].found,
            full[name],
            factors[name],
            decayed[name],
            held[name].last_met_at,
            next_decay_at(rule, groups, held[name], as_of) if points[name] > 0 else None,
            held[name].proof_event_id,
        )
        for name, rule in met.items()
    ]
    return reasons + [
        Reason("pql", "engagement", name, Fraction(0), False, held[name].found)
        for name in enabled
        if name not in met and held[name].found is not None
    ]
