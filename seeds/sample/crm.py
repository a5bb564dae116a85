"""What HubSpot and Slack hold before the first run."""

from datetime import datetime
from pathlib import Path

from cast import Cast, Person
from deals import became_sql_ago, original_source, write_deals
from landing import instant, write_csv

# The first four take handoffs; Ruth manages them and takes none; Helen has left.
OWNERS = (
    ("dana.reyes@orbit.example", "Dana", "Reyes", "false"),
    ("marco.lindt@orbit.example", "Marco", "Lindt", "false"),
    ("priya.nair@orbit.example", "Priya", "Nair", "false"),
    ("tom.okafor@orbit.example", "Tom", "Okafor", "false"),
    ("ruth.adeyemi@orbit.example", "Ruth", "Adeyemi", "false"),
    ("helen.marsh@orbit.example", "Helen", "Marsh", "true"),
)
# Tom has no Slack account, so that what is meant for him needs another way.
SLACK_USERS = (
    ("dana.reyes@orbit.example", "dana.reyes", "Dana Reyes", "Dana"),
    ("marco.lindt@orbit.example", "marco.lindt", "Marco Lindt", "Marco"),
    ("priya.nair@orbit.example", "priya.nair", "Priya Nair", "Priya"),
    ("ruth.adeyemi@orbit.example", "ruth.adeyemi", "Ruth Adeyemi", "Ruth"),
    ("lou.berger@orbit.example", "lou.berger", "Lou Berger", "Lou (RevOps)"),
)
SLACK_CHANNELS = (
    ("pql-handoff", "false", "true"),
    ("pql-alerts", "false", "true"),
    ("sdr-review", "false", "true"),
    ("marketing-leads", "false", "true"),
    ("marketing", "false", "false"),
    ("general", "false", "false"),
)
CONTACT_COLUMNS = (
    "email",
    "firstname",
    "lastname",
    "jobtitle",
    "country",
    "lifecyclestage",
    "hs_additional_emails",
    "hs_lifecyclestage_salesqualifiedlead_date",
    "hs_analytics_source",
    "owner_email",
    "company_domain",
)


def write_crm(folder: Path, cast: Cast, crowd: Cast, as_of: datetime) -> None:
    """
    Args:
        crowd: Those of the cast who have no story; sales has deals with some of them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / "owners.csv", ("email", "first_name", "last_name", "archived"), OWNERS)
    _write(folder / "slack_users.csv", ("email", "name", "real_name", "display_name"), SLACK_USERS)
    _write(folder / "slack_channels.csv", ("name", "is_archived", "bot_is_member"), SLACK_CHANNELS)
    _write(
        folder / "companies.csv",
        ("domain", "name", "industry", "numberofemployees", "country", "owner_email"),
        [
            (record.domain, record.name, record.industry, record.employee_count, record.country, record.owner_email)
            for record in cast.crm_companies
        ],
    )
    company_domains = {company.company_id: company.domain for company in cast.companies}
    held = {record.domain for record in cast.crm_companies}

    def company_domain(person: Person) -> str:
        domain = company_domains.get(person.company_id) or person.email.partition("@")[2].lower()
        return domain if domain in held else ""

    qualified = {email: instant(as_of - ago) for email, ago in became_sql_ago(crowd).items()}
    of_crowd = {person.email for person in crowd.people}
    _write(
        folder / "contacts.csv",
        CONTACT_COLUMNS,
        [
            (
                person.crm.email or person.email,
                person.first_name,
                person.last_name,
                person.crm.job_title or person.job_title,
                person.country,
                person.crm.stage,
                ";".join(person.crm.additional_emails),
                qualified.get(person.email, ""),
                original_source(person) if person.email in of_crowd else "",
                person.crm.owner_email,
                company_domain(person),
            )
            for person in cast.people
            if person.crm is not None
        ],
    )
    write_deals(folder, crowd, as_of, {person.email: company_domain(person) for person in crowd.people})


def _write(path: Path, columns: tuple[str, ...], rows: tuple[tuple, ...] | list[tuple]) -> None:
    write_csv(path, columns, (dict(zip(columns, row, strict=True)) for row in rows))
