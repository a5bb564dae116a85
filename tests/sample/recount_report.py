"""The reports counted again from the files of the sample, in plain Python: a second opinion on the report marts."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from functools import cached_property
from itertools import combinations
from pathlib import Path
from statistics import median

from recount import Recount, User, read_csv

STAGES = ("signed_up", "activated", "pql", "sql", "opportunity", "won")


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


@dataclass(frozen=True)
class Handoff:
    """One that HubSpot acknowledged, and when the owner first did something about it."""

    email: str
    owner_email: str
    at: datetime
    answered_at: datetime | None


@dataclass
class Person:
    """A contact: every moment of each stage, and stages of which nobody knows when."""

    source: str
    moments: dict[str, list[datetime]] = field(default_factory=lambda: defaultdict(list))

    def reached(self, stage: str) -> bool:
        return bool(self.moments[stage])

    @cached_property
    def journey(self) -> list[str]:
        """Stage by stage, each at the earliest moment that is not before the last one."""
        gone, at = [], datetime.min.replace(tzinfo=moment("2026-01-01T00:00:00Z").tzinfo)
        for stage in STAGES:
            later = [found for found in self.moments[stage] if found >= at]
            if not later:
                break
            gone.append(stage)
            at = min(later)
        return gone

    @cached_property
    def path(self) -> tuple[str, ...]:
        """Of all sets of stages that can be gone through in order the largest, of those the one with earlier stages."""
        for size in range(len(STAGES), 0, -1):
            for stages in combinations(STAGES, size):
                if self._can_be_gone(stages):
                    return stages
        return ()

    def _can_be_gone(self, stages: tuple[str, ...]) -> bool:
        at = None
        for stage in stages:
            later = [found for found in self.moments[stage] if at is None or found >= at]
            if not later:
                return False
            at = min(later)
        return True


class ReportRecount:
    """What the sample says to somebody who counts by hand.

    Args:
        builds: The clocks of the builds, the first of which is where history begins.
    """

    def __init__(self, sample: Path, rules: Path, crm: Path, builds: list[str], handoffs: list[Handoff]) -> None:
        self.crm = crm
        self.handoffs = handoffs
        self.recounts = [self._at(sample, rules, clock) for clock in builds]
        self.now = self.recounts[-1]
        self.as_of = self.now.as_of

    @staticmethod
    def _at(sample: Path, rules: Path, clock: str) -> Recount:
        recount = Recount(sample, rules)
        recount.as_of = moment(clock)
        return recount

    # Funnel

    @cached_property
    def people(self) -> dict[str, Person]:
        """By the address that HubSpot knows them by, else by their own."""
        people: dict[str, Person] = {}
        rows = {row["email"]: row for row in read_csv(self.crm / "contacts.csv")}
        for user in self.now.users.values():
            email = self._key(user)
            person = people.setdefault(email, Person(rows.get(email, {}).get("hs_analytics_source") or "unknown"))
            person.moments["signed_up"].append(moment(user.facts["created_at"]))
            if activated_at := self.now.activated_at(user):
                person.moments["activated"].append(activated_at)
        for before, recount in zip([None, *self.recounts], self.recounts, strict=False):
            for user_id, score in recount.scores.items():
                was = before.scores[user_id].band if before and user_id in before.scores else None
                if score.band == "pql" != was:
                    people[self._key(recount.users[user_id])].moments["pql"].append(recount.as_of)
        for handoff in self.handoffs:
            people[handoff.email].moments["sql"].append(handoff.at)
        for email, row in rows.items():
            if email in people and row["hs_lifecyclestage_salesqualifiedlead_date"]:
                people[email].moments["sql"].append(moment(row["hs_lifecyclestage_salesqualifiedlead_date"]))
        for deal in self.deals:
            if deal["contact_email"] in people:
                person = people[deal["contact_email"]]
                person.moments["opportunity"].append(moment(deal["createdate"]))
                if deal["dealstage"] == "closedwon":
                    person.moments["won"].append(moment(deal["closedate"]))
        for person in people.values():
            for stage, found in person.moments.items():
                person.moments[stage] = [at for at in found if at <= self.as_of]
        return people

    def _key(self, user: User) -> str:
        contact = self.now.contact(user)
        return contact["email"] if contact else user.facts["email"]

    def funnel(self, order: str, stage_filter: str, source: str | None) -> list[int]:
        """How many contacts count at each stage."""
        people = [person for person in self.people.values() if source in (None, person.source)]
        return [sum(self._counts(person, order, stage_filter, stage) for person in people) for stage in STAGES]

    @staticmethod
    def _counts(person: Person, order: str, stage_filter: str, stage: str) -> bool:
        if order == "journey":
            return stage in (person.journey if stage_filter == "all_stages" else person.path)
        if stage_filter == "any_stage":
            return person.reached(stage)
        return all(person.reached(before) for before in STAGES[: STAGES.index(stage) + 1])

    def mqls(self, build: int) -> set[str]:
        """Contacts in band mql or above at a build."""
        recount = self.recounts[build]
        return {self._key(recount.users[user]) for user, score in recount.scores.items() if score.band != "nurture"}

    # Response to handoffs

    @property
    def minutes(self) -> list[float]:
        return [(made.answered_at - made.at) / timedelta(minutes=1) for made in self.handoffs if made.answered_at]

    def median_minutes(self) -> float:
        return median(self.minutes)

    def breaches(self) -> int:
        allowed = timedelta(hours=2)
        return sum((made.answered_at or self.as_of) - made.at > allowed for made in self.handoffs)

    # Revenue

    @cached_property
    def deals(self) -> list[dict[str, str]]:
        return [row for row in read_csv(self.crm / "deals.csv") if moment(row["createdate"]) <= self.as_of]

    @staticmethod
    def worth(deal: dict[str, str]) -> Fraction:
        return Fraction(deal["hs_arr"] or deal["amount"] or 0)

    def closed_in(self, month: str) -> Iterator[dict[str, str]]:
        for deal in self.deals:
            if deal["dealstage"].startswith("closed") and deal["closedate"].startswith(month):
                yield deal

    def won_in(self, month: str) -> list[dict[str, str]]:
        return [deal for deal in self.closed_in(month) if deal["dealstage"] == "closedwon"]

    def new_arr(self, month: str) -> Fraction:
        return sum((self.worth(deal) for deal in self.won_in(month) if deal["dealtype"] == "newbusiness"), Fraction(0))

    def average_deal(self, month: str) -> Fraction | None:
        worth = [self.worth(deal) for deal in self.won_in(month) if deal["hs_arr"] or deal["amount"]]
        return sum(worth) / len(worth) if worth else None

    def win_share(self, month: str) -> Fraction | None:
        closed = list(self.closed_in(month))
        return Fraction(len(self.won_in(month)), len(closed)) if closed else None

    def forecast(self, month: str) -> Fraction:
        """Won, and open deals by the share that all deals are won with; overdue ones count in the present month."""
        closed = [deal for deal in self.deals if deal["dealstage"].startswith("closed")]
        share = Fraction(sum(deal["dealstage"] == "closedwon" for deal in closed), len(closed))
        present = f"{self.as_of:%Y-%m}"
        expected = sum(
            (
                self.worth(deal)
                for deal in self.deals
                if not deal["dealstage"].startswith("closed")
                and deal["dealtype"] == "newbusiness"
                and max(deal["closedate"][:7], present) == month
            ),
            Fraction(0),
        )
        return self.new_arr(month) + expected * share
