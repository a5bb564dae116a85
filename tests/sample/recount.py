"""The sample counted again from its files and the rule files, in plain Python: a second opinion on the SQL models.

It knows what the shipped rules use (`step` decay, `whole_words`, `>=`) and fails on what else a rule may say.
"""

import csv
import json
import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import cached_property
from math import floor
from pathlib import Path
from typing import Any

import polars as pl
import pycountry

STAGES = (
    "subscriber",
    "lead",
    "marketingqualifiedlead",
    "salesqualifiedlead",
    "opportunity",
    "customer",
    "evangelist",
    "other",
)
FREE_MAIL = {"gmail.com", "outlook.com", "163.com"}


@dataclass(frozen=True)
class Event:
    event_id: str
    user_id: str
    email: str
    company_id: str
    source_event: str
    at: datetime
    received_at: datetime
    properties: dict[str, Any]


@dataclass
class User:
    user_id: str
    facts: dict[str, str]
    events: list[Event] = field(default_factory=list)


@dataclass(frozen=True)
class Scored:
    pql_score: int
    fit_score: int
    combined_score: int
    band: str
    pql_points: Fraction


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def read_event_rows(landing: Path) -> tuple[list[dict[str, Any]], list[tuple[str, str]]]:
    """Every row that is an event, repeats too, with its `file`; and every line that is none, with the reason."""
    rows, bad_lines = [], []
    for path in sorted(landing.glob("events*")):
        if path.suffix == ".jsonl":
            for line in path.read_text(encoding="utf-8").splitlines():
                reason, row = _read_line(line)
                if reason:
                    bad_lines.append((path.name, reason))
                else:
                    rows.append(row | {"file": path.name})
        else:
            table = read_csv(path) if path.suffix == ".csv" else pl.read_parquet(path).to_dicts()
            rows += [row | {"properties": json.loads(row["properties"]), "file": path.name} for row in table]
    return rows, bad_lines


def _read_line(line: str) -> tuple[str, dict[str, Any]]:
    try:
        row = json.loads(line)
    except ValueError:
        return "broken JSON", {}
    if not isinstance(row, dict):
        return "no object", {}
    if not row.get("user_id"):
        return "no user_id", {}
    if not isinstance(row["properties"], dict):
        return "properties are no object", {}
    try:
        datetime.fromisoformat(row["timestamp"])
    except ValueError:
        return "unreadable timestamp", {}
    return "", row


def half_up(points: Fraction) -> int:
    return floor(points + Fraction(1, 2))


def words(text: str) -> str:
    """Lower-cased, with one blank around each, so that `vp` is found in `VP, Sales` and not in `MVP`."""
    return "".join(f" {word}" for word in re.findall(r"[^\W_]+", text.lower())) + " "


def registrable(domain: str) -> str:
    """True of `.example` and of the free mail services of the sample, whose public suffix is one label."""
    return ".".join(domain.split(".")[-2:])


class Recount:
    def __init__(self, sample: Path, rules: Path) -> None:
        self.sample = sample
        self.as_of = datetime.fromisoformat((sample / "as_of.txt").read_text(encoding="utf-8").strip())
        self.rules = {path.stem: read_csv(path) for path in rules.glob("*.csv")}
        self.taxonomy = {row["source_event"]: row for row in self.rules["event_taxonomy"]}

    # What the files say

    @cached_property
    def events(self) -> list[Event]:
        """Once each, the first to arrive, and only those that have happened by the clock."""
        first: dict[str, Event] = {}
        for row in read_event_rows(self.sample / "landing" / "product")[0]:
            event = Event(
                row["event_id"],
                row["user_id"],
                (row.get("email") or "").lower(),
                row.get("company_id") or "",
                row["event_type"],
                datetime.fromisoformat(row["timestamp"]).astimezone(UTC),
                datetime.fromisoformat(row["received_at"]),
                row["properties"],
            )
            known = first.get(event.event_id)
            if known is None or event.received_at < known.received_at:
                first[event.event_id] = event
        happened = [event for event in first.values() if event.at <= self.as_of]
        return sorted(happened, key=lambda event: (event.at, event.event_id))

    @cached_property
    def users(self) -> dict[str, User]:
        users: dict[str, User] = {}
        seen: dict[str, dict[str, str]] = defaultdict(dict)
        events: dict[str, list[Event]] = defaultdict(list)
        for event in self.events:
            events[event.user_id].append(event)
            seen[event.user_id] |= {
                name: value for name, value in (("email", event.email), ("company_id", event.company_id)) if value
            }
        for row in read_csv(self.sample / "landing" / "product" / "users.csv"):
            user = users.setdefault(row["user_id"], User(row["user_id"], {}))
            user.facts |= {name: value for name, value in row.items() if value}
        for user_id, facts in seen.items():
            user = users.setdefault(user_id, User(user_id, {"created_at": events[user_id][0].at.isoformat()}))
            user.facts = facts | user.facts
            user.events = events[user_id]
        for user in users.values():
            user.facts["email"] = user.facts["email"].lower()
        return users

    @cached_property
    def companies(self) -> dict[str, dict[str, str]]:
        return {row["company_id"]: row for row in read_csv(self.sample / "landing" / "product" / "companies.csv")}

    @cached_property
    def contacts(self) -> dict[str, dict[str, str]]:
        """By each address, additional ones too."""
        rows = read_csv(self.sample / "crm" / "contacts.csv")
        return {
            address.lower(): row
            for row in rows
            for address in (row["email"], *row["hs_additional_emails"].split(";"))
            if address
        }

    @cached_property
    def crm_companies(self) -> dict[str, list[dict[str, str]]]:
        by_domain = defaultdict(list)
        for row in read_csv(self.sample / "crm" / "companies.csv"):
            by_domain[row["domain"]].append(row)
        return by_domain

    @cached_property
    def active_owners(self) -> set[str]:
        return {row["email"] for row in read_csv(self.sample / "crm" / "owners.csv") if row["archived"] == "false"}

    # Who somebody is

    def domain(self, user: User) -> str:
        return registrable(user.facts["email"].partition("@")[2])

    def is_private(self, user: User) -> bool:
        kinds = {row["domain"]: row["kind"] for row in self.rules["excluded_domains"]}
        domain = self.domain(user)
        return kinds.get(domain) != "not_free_mail" and (domain in FREE_MAIL or kinds.get(domain) == "free_mail")

    def company_id(self, user: User) -> str:
        if user.facts.get("company_id"):
            return user.facts["company_id"]
        if self.is_private(user):
            return ""
        of_domain = [key for key, company in self.companies.items() if company["domain"] == self.domain(user)]
        return of_domain[0] if len(of_domain) == 1 else self.domain(user)

    def company(self, company_id: str) -> dict[str, str]:
        """What the product knows, and where it knows nothing, the one HubSpot record of the domain."""
        known = self.companies.get(company_id, {})
        records = self.crm_companies.get(known.get("domain", company_id), [])
        in_crm = records[0] if len(records) == 1 else {}
        return {
            "employee_count": known.get("employee_count") or in_crm.get("numberofemployees", ""),
            "industry": known.get("industry") or in_crm.get("industry", ""),
            "country": known.get("country") or in_crm.get("country", ""),
        }

    def company_matched_by(self, company_id: str) -> str:
        count = len(self.crm_companies.get(self.companies.get(company_id, {}).get("domain", company_id), []))
        return "absent" if count == 0 else "domain" if count == 1 else "several_candidates"

    def contact(self, user: User) -> dict[str, str] | None:
        return self.contacts.get(user.facts["email"])

    def fact(self, user: User, name: str, crm_name: str) -> str:
        return user.facts.get(name) or (self.contact(user) or {}).get(crm_name, "")

    # What somebody did

    def of(self, user: User, events: str) -> list[Event]:
        """The user's events of a type, or those with a flag of the taxonomy."""

        def is_meant(event: Event) -> bool:
            meaning = self.taxonomy.get(event.source_event)
            if meaning is None:
                return False
            return meaning[events] == "true" if events.startswith("is_") else meaning["event_type"] == events

        return [event for event in user.events if is_meant(event)]

    def last_active_at(self, user: User) -> datetime | None:
        return max((event.at for event in self.of(user, "is_activity")), default=None)

    def activated_at(self, user: User) -> datetime | None:
        reached = []
        for milestone in self.rules["activation_milestones"]:
            events = self.of(user, milestone["event_type"])
            if len(events) < int(milestone["min_count"]):
                return None
            reached.append(events[int(milestone["min_count"]) - 1].at)
        return max(reached)

    def key_actions_of_the_week(self, user: User) -> int:
        return sum(event.at > self.as_of - timedelta(days=7) for event in self.of(user, "is_key_action"))

    def teammates_invited(self, user: User) -> int:
        return len({event.properties["invitee_email"] for event in self.of(user, "teammate_invited")})

    @cached_property
    def active_users(self) -> dict[str, int]:
        active = defaultdict(set)
        for user in self.users.values():
            for event in self.of(user, "is_activity"):
                if event.at > self.as_of - timedelta(hours=30 * 24):
                    active[event.company_id or self.company_id(user)].add(user.user_id)
        return {company_id: len(users) for company_id, users in active.items()}

    # What it is worth

    def last_met_at(self, user: User, rule: dict[str, str]) -> datetime | None:
        """When an engagement rule last held; None where it never did."""
        if rule["aggregate"] == "company_usage_ratio":
            company = self.companies.get(self.company_id(user))
            is_near = company and Fraction(company["usage_count"]) >= Fraction(rule["threshold"]) * Fraction(
                company["usage_limit"]
            )
            return self.as_of if is_near else None
        events, threshold = self.of(user, rule["events"]), int(rule["threshold"])
        assert rule["holds"] == "latched"
        if rule["aggregate"] == "distinct_values":
            is_met = len({event.properties[rule["property"]] for event in events}) >= threshold
        elif rule["window_hours"]:
            window = timedelta(hours=int(rule["window_hours"]))
            held_until = [
                first.at + window
                for first, last in zip(events, events[threshold - 1 :], strict=False)
                if last.at < first.at + window
            ]
            return min(max(held_until), self.as_of) if held_until else None
        else:
            is_met = len(events) >= threshold
        return events[-1].at if is_met else None

    def engagement_points(self, user: User) -> dict[str, Fraction]:
        points = {}
        for rule in self.rules["engagement_rules"]:
            met_at = self.last_met_at(user, rule) if rule["is_enabled"] == "true" else None
            if met_at is not None:
                points[rule["rule_id"]] = Fraction(rule["points"]) * self._left(rule, self.as_of - met_at)
        return points

    def _left(self, rule: dict[str, str], age: timedelta) -> Fraction:
        if rule["decay"] == "none":
            return Fraction(1)
        assert rule["decay"] == "step"
        return Fraction(1, 2) ** (age // timedelta(days=int(rule["decay_days"])))

    def fit_points(self, user: User) -> dict[str, Fraction]:
        company = self.company(self.company_id(user))
        country = self.fact(user, "country", "country") or company["country"]
        code = pycountry.countries.lookup(country).alpha_2 if country else ""
        found = {
            "job_title": self.fact(user, "job_title", "jobtitle"),
            "industry": company["industry"],
            "country": code,
            "region": "|".join(row["region"] for row in self.rules["regions"] if row["country_code"] == code),
            "employee_count": company["employee_count"],
        }
        points: dict[str, Fraction] = {}
        for rule in self.rules["fit_rules"]:
            value = found[rule["attribute"]]
            if value and self._fits(rule, value):
                best = points.get(rule["attribute"], Fraction(0))
                points[rule["attribute"]] = max(best, Fraction(rule["points"]))
        return points

    def _fits(self, rule: dict[str, str], value: str) -> bool:
        if rule["match"] == "between":
            return int(rule["min_value"]) <= int(value) <= int(rule["max_value"])
        if rule["match"] == "equals":
            return words(rule["value"]) in map(words, value.split("|"))
        assert rule["match"] == "whole_words"
        return self._stands_in(rule, value)

    def _stands_in(self, rule: dict[str, str], title: str) -> bool:
        left = words(title)
        for phrase in filter(None, rule["except_words"].split("|")):
            left = left.replace(words(phrase), " | ")
        return words(rule["value"]) in left

    def negative_points(self, user: User) -> Fraction:
        return sum(
            (
                Fraction(rule["points"])
                for rule in self.rules["negative_rules"]
                if rule["is_enabled"] == "true" and self._holds(user, rule)
            ),
            Fraction(0),
        )

    def _holds(self, user: User, rule: dict[str, str]) -> bool:
        if rule["condition"] == "competitor_domain":
            competitors = [row["domain"] for row in self.rules["excluded_domains"] if row["kind"] == "competitor"]
            return self.domain(user) in competitors
        if rule["condition"] == "title_word":
            title = self.fact(user, "job_title", "jobtitle")
            is_senior = "job_title" in self.fit_points(user)
            return self._stands_in(rule, title) and not is_senior
        assert rule["condition"] == "inactive_days"
        last_seen_at = self.last_active_at(user) or datetime.fromisoformat(user.facts["created_at"])
        return last_seen_at < self.as_of - timedelta(days=int(rule["value"]))

    def score(self, user_id: str) -> Scored:
        user = self.users[user_id]
        caps = {row["score_group"]: Fraction(row["cap"]) for row in self.rules["score_groups"]}
        groups: dict[str, Fraction] = defaultdict(Fraction)
        engagement = self.engagement_points(user)
        for rule in self.rules["engagement_rules"]:
            groups[rule["score_group"]] += engagement.get(rule["rule_id"], 0)
        earned = min(sum(min(points, caps[group]) for group, points in groups.items()), 100)
        pql = max(earned + self.negative_points(user), Fraction(0))
        fit = min(sum(self.fit_points(user).values(), Fraction(0)), Fraction(100))
        (weights,) = [row for row in self.rules["score_weights"] if row["is_active"] == "true"]
        combined = half_up(Fraction(weights["fit_weight"]) * fit + Fraction(weights["engagement_weight"]) * pql)
        (band,) = [
            row["band"]
            for row in self.rules["score_bands"]
            if int(row["min_score"]) <= combined <= int(row["max_score"])
        ]
        return Scored(half_up(pql), half_up(fit), combined, band, pql)

    @cached_property
    def scores(self) -> dict[str, Scored]:
        return {user_id: self.score(user_id) for user_id in self.users}

    # What follows

    def is_sales_qualified(self, user_id: str) -> bool:
        user = self.users[user_id]
        found: dict[str, Any] = {
            "zo_activation_status": "activated" if self.activated_at(user) else "not_activated",
            "zo_pql_score": self.scores[user_id].pql_score,
            "is_personal_email_domain": "true" if self.is_private(user) else "false",
            "zo_company_active_users": self.active_users.get(self.company_id(user), 0),
        }
        comparisons = {"=": lambda left, right: left == right, ">=": lambda left, right: left >= int(right)}
        (min_fit_score,) = (
            int(row["value"]) for row in self.rules["handoff_settings"] if row["setting_id"] == "min_fit_score"
        )
        return self.scores[user_id].fit_score >= min_fit_score and all(
            comparisons[row["operator"]](found[row["property"]], row["value"]) for row in self.rules["sql_definition"]
        )

    @cached_property
    def speakers(self) -> set[str]:
        """The users who speak for a contact: of several with one address, the one with the highest score."""
        best: dict[str, tuple] = {}
        for user_id, user in self.users.items():
            contact, score = self.contact(user), self.scores[user_id]
            key = contact["email"] if contact else user.facts["email"]
            rank = (-score.combined_score, -score.pql_score, user_id)
            best[key] = min(best.get(key, rank), rank)
        return {user_id for *_, user_id in best.values()}

    def outcome(self, user_id: str) -> str:
        contact = self.contact(self.users[user_id])
        if user_id not in self.speakers:
            return "same_record"
        if not self.is_sales_qualified(user_id):
            return "not_qualified"
        if contact is None:
            return "not_in_crm"
        if STAGES.index(contact["lifecyclestage"]) >= STAGES.index("salesqualifiedlead"):
            return "already_with_sales"
        return "existing_owner" if contact["owner_email"] in self.active_owners else "round_robin"
