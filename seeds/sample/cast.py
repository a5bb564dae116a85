"""What the sample is made of: companies, people, what they did and when, and what the CRM holds of them.

Every moment is a time before the clock of the sample ("as of"), so that the stories hold for any clock.
"""

import unicodedata
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

UNITS = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
RECEIVED_AFTER = timedelta(seconds=2)

USUAL_PROPERTIES: dict[str, dict[str, Any]] = {
    "signed_up": {"plan": "free"},
    "logged_in": {"method": "password"},
    "trial_started": {"plan": "team"},
    "subscription_started": {"plan": "business"},
    "onboarding_completed": {"steps": 5},
    "file_uploaded": {"file_type": "csv"},
    "report_created": {"template": "blank"},
    "report_shared": {"channel": "link"},
    "dashboard_viewed": {"dashboard": "overview"},
    "page_viewed": {"path": "/files"},
    "pricing_page_viewed": {"path": "/pricing"},
    "paywall_encountered": {"feature_name": "scheduled_reports"},
    "api_key_created": {"scope": "read"},
    "admin_panel_visited": {"page": "members"},
    "content_downloaded": {"title": "Reporting without spreadsheets"},
    "webinar_attended": {"title": "Orbit in 30 minutes"},
    "beta_widget_opened": {"widget": "forecast"},
}


@dataclass(frozen=True)
class Company:
    """A row of the product's companies.csv."""

    company_id: str
    name: str
    domain: str
    employee_count: int
    industry: str
    country: str
    plan: str = "free"
    usage_count: int = 2_400
    usage_limit: int = 10_000
    acv: int | None = None


@dataclass(frozen=True)
class CrmCompany:
    """A company record of HubSpot; nothing keeps HubSpot from holding one domain twice."""

    domain: str
    name: str
    industry: str
    employee_count: int
    country: str
    owner_email: str = ""


@dataclass(frozen=True)
class InCrm:
    """What HubSpot holds of a person where it differs from what the product knows."""

    stage: str = "lead"
    owner_email: str = ""
    email: str = ""
    additional_emails: tuple[str, ...] = ()
    job_title: str = ""


LEAD = InCrm()


@dataclass(frozen=True)
class Did:
    """One event: how long before the clock, in which company (None: the person's own), and received how much later."""

    event_type: str
    ago: timedelta
    properties: dict[str, Any]
    company_id: str | None = None
    delay: timedelta = RECEIVED_AFTER


@dataclass(frozen=True)
class Person:
    """A user of the product, or with `in_product` false a contact of HubSpot only."""

    user_id: str
    email: str
    first_name: str
    last_name: str
    job_title: str
    country: str
    company_id: str
    since: timedelta
    did: list[Did] = field(default_factory=list)
    crm: InCrm | None = None
    corrected: dict[str, str] | None = None
    in_product: bool = True
    in_users_file: bool = True


@dataclass(frozen=True)
class Cast:
    """Companies and the people who belong to them."""

    companies: list[Company] = field(default_factory=list)
    people: list[Person] = field(default_factory=list)
    crm_companies: list[CrmCompany] = field(default_factory=list)

    def __add__(self, other: "Cast") -> "Cast":
        return Cast(
            self.companies + other.companies, self.people + other.people, self.crm_companies + other.crm_companies
        )


def ago(text: str) -> timedelta:
    """`3d 19h 40m` before the clock; `-2h` is after it."""
    amounts = {UNITS[part[-1]]: int(part[:-1]) for part in text.removeprefix("-").split()}
    return -timedelta(**amounts) if text.startswith("-") else timedelta(**amounts)


def plain(text: str) -> str:
    """The letters of a name as they stand in an address: `Inès Moreau` → `ines moreau`."""
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()


def events(
    event_type: str,
    *moments: str,
    company_id: str | None = None,
    delay: timedelta = RECEIVED_AFTER,
    **properties: Any,
) -> list[Did]:
    """The same event at each of the moments."""
    what = properties or USUAL_PROPERTIES[event_type]
    return [Did(event_type, ago(moment), what, company_id, delay) for moment in moments]


def using(*moments: str) -> list[Did]:
    """Plain activity that earns nothing."""
    return events("dashboard_viewed", *moments)


def invited(moment: str, *emails: str) -> list[Did]:
    return [event for email in emails for event in events("teammate_invited", moment, invitee_email=email)]


def keen(domain: str, *, onboarded: bool = True) -> list[Did]:
    """80 undecayed points: trial 20, upload 25, two teammates 15, five logins in a week 20."""
    return [
        *events("trial_started", "9d 2h"),
        *(events("onboarding_completed", "8d 3h") if onboarded else []),
        *events("file_uploaded", "8d 1h", "2d 50m"),
        *invited("7d 1h", f"ops@{domain}", f"finance@{domain}"),
        *events("logged_in", "4d 1h", "3d 1h", "2d 1h", "1d 1h", "1h"),
        *events("report_created", "1d 40m"),
    ]


def person(
    name: str,
    at: Company | str,
    *,
    since: str,
    did: list[Did],
    title: str = "",
    country: str = "",
    email: str = "",
    user_id: str = "",
    states_company: bool = True,
    signs_up: bool = True,
    crm: InCrm | None = LEAD,
    corrected: dict[str, str] | None = None,
) -> Person:
    """Somebody of a company, or of a mail domain that the product has no company for."""
    first_name, last_name = name.split(" ", 1)
    domain = at if isinstance(at, str) else at.domain
    letters = plain(name)
    return Person(
        user_id=user_id or f"u_{letters.replace(' ', '_')}",
        email=email or f"{letters.replace(' ', '.')}@{domain}",
        first_name=first_name,
        last_name=last_name,
        job_title=title,
        country=country,
        company_id=at.company_id if isinstance(at, Company) and states_company else "",
        since=ago(since),
        did=[*(events("signed_up", since) if signs_up else []), *did],
        crm=crm,
        corrected=corrected,
    )


def colleague(name: str, at: Company | str, *, crm: InCrm | None = None, since: str = "24d 3h") -> Person:
    """Somebody who makes a company a team: active this week, no points."""
    return person(name, at, since=since, title="Analyst", did=using("3d 20h", "1d 19h"), crm=crm)


def same_in_crm(company: Company, *, name: str = "", owner_email: str = "") -> CrmCompany:
    return CrmCompany(
        company.domain,
        name or company.name,
        company.industry,
        company.employee_count,
        company.country,
        owner_email,
    )


def team(company: Company, *people: Person, crm: tuple[CrmCompany, ...] | None = None) -> Cast:
    """A company and its people; HubSpot holds the company as it is unless `crm` says what it holds."""
    return Cast([company], list(people), [same_in_crm(company)] if crm is None else list(crm))
