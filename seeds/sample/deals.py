"""What sales made of the crowd: deals, and the calls and meetings about them.

Nobody with a story has any, and nothing is drawn by chance here, so that neither the stories nor the crowd change.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cast import Cast, Person
from landing import instant, write_csv

# Deals of customers and of opportunities, in turn: the stage each is in by now.
OF_CUSTOMERS = ("closedwon", "closedwon", "closedlost", "closedwon")
OF_OPPORTUNITIES = ("appointmentscheduled", "closedlost", "presentationscheduled", "contractsent", "qualifiedtobuy")
CLOSED = ("closedwon", "closedlost")
# One in so many customers has a deal, one in so many deals no amount, one in so many is a renewal.
ONE_CUSTOMER_IN, NO_AMOUNT, RENEWED = 2, 9, 6
SOURCES = ("ORGANIC_SEARCH", "DIRECT_TRAFFIC", "REFERRALS", "PAID_SEARCH", "EMAIL_MARKETING")
DEAL_COLUMNS = (
    "dealname",
    "pipeline",
    "dealstage",
    "amount",
    "hs_arr",
    "dealtype",
    "createdate",
    "closedate",
    "hs_v2_date_entered_current_stage",
    "owner_email",
    "contact_email",
    "company_domain",
)


@dataclass(frozen=True)
class Deal:
    """How long before the clock it was made, came to its stage, and closed or is to close (then below zero)."""

    person: Person
    number: int
    stage: str
    created: timedelta
    entered: timedelta
    closes: timedelta

    @property
    def amount(self) -> int | None:
        return None if self.number % NO_AMOUNT == 7 else 1_800 + 450 * (self.number * 7 % 31)


def deals(crowd: Cast) -> Iterator[Deal]:
    """A deal for every opportunity, and for some customers; made when the person had used the product for a while."""
    customers = opportunities = number = 0
    for person in crowd.people:
        stage = ""
        if person.crm is not None and person.crm.stage == "opportunity":
            stage = OF_OPPORTUNITIES[opportunities % len(OF_OPPORTUNITIES)]
            opportunities += 1
        elif person.crm is not None and person.crm.stage == "customer":
            if customers % ONE_CUSTOMER_IN == 0:
                stage = OF_CUSTOMERS[customers // ONE_CUSTOMER_IN % len(OF_CUSTOMERS)]
            customers += 1
        if stage:
            entered = _part(person.since, 30)
            closes = entered if stage in CLOSED else timedelta(days=15 - (number * 11) % 60)
            yield Deal(person, number, stage, _part(person.since, 60), entered, closes)
            number += 1


def became_sql_ago(crowd: Cast) -> dict[str, timedelta]:
    """When each person with a deal became sales qualified, by address: before the deal."""
    return {deal.person.email: _part(deal.person.since, 75) for deal in deals(crowd)}


def original_source(person: Person) -> str:
    """Where marketing says that somebody came from; of one in six nobody knows."""
    place = sum(map(ord, person.email)) % (len(SOURCES) + 1)
    return SOURCES[place] if place < len(SOURCES) else ""


def write_deals(folder: Path, crowd: Cast, as_of: datetime, company_domains: dict[str, str]) -> None:
    """Deals, a call before each and a meeting after each: one in three calls reached nobody.

    Args:
        company_domains: By address, of those whose company HubSpot holds.
    """
    made = list(deals(crowd))

    def rows() -> Iterator[dict[str, object]]:
        for deal in made:
            is_recurring = deal.number % 2 == 0
            yield {
                "dealname": f"Orbit for {deal.person.first_name} {deal.person.last_name} ({deal.number + 1})",
                "pipeline": "default",
                "dealstage": deal.stage,
                "amount": "" if deal.amount is None else deal.amount,
                "hs_arr": deal.amount - 300 if is_recurring and deal.amount is not None else "",
                "dealtype": "existingbusiness" if deal.number % RENEWED == 5 else "newbusiness",
                "createdate": instant(as_of - deal.created),
                "closedate": instant(as_of - deal.closes),
                "hs_v2_date_entered_current_stage": instant(as_of - deal.entered),
                "owner_email": deal.person.crm.owner_email,
                "contact_email": deal.person.email,
                "company_domain": company_domains.get(deal.person.email, ""),
            }

    write_csv(folder / "deals.csv", DEAL_COLUMNS, rows())
    for name, status, outcome, share in (
        ("calls", "hs_call_status", "NO_ANSWER", 70),
        ("meetings", "hs_meeting_outcome", "NO_SHOW", 45),
    ):
        write_csv(
            folder / f"{name}.csv",
            ("hs_timestamp", status, "owner_email", "contact_email"),
            (
                {
                    "hs_timestamp": instant(as_of - _part(deal.person.since, share)),
                    status: outcome if deal.number % 3 == 2 else "COMPLETED",
                    "owner_email": deal.person.crm.owner_email,
                    "contact_email": deal.person.email,
                }
                for deal in made
            ),
        )


def _part(whole: timedelta, pct: int) -> timedelta:
    return timedelta(seconds=int(whole.total_seconds()) * pct // 100)
