"""People who are one condition short of sales qualified, and people who are there, by what the CRM holds of them."""

from cast import Cast, Company, CrmCompany, InCrm, colleague, events, invited, keen, person, same_in_crm, team, using

SALES_MANAGER = "ruth.adeyemi@orbit.example"
ARCHIVED_OWNER = "helen.marsh@orbit.example"


def one_condition_short() -> Cast:
    """Not activated, 49 points, a private address; and, alone in another company, the only active user."""
    marrow = Company("c_marrow", "Marrow & Finch", "marrowfinch.example", 35, "LAW_PRACTICE", "Belgium", "team", 4_800)
    solo = Company("c_sololedger", "Solo Ledger", "sololedger.example", 12, "ACCOUNTING", "Denmark", "team", 5_100)
    return team(
        marrow,
        person("Pieter Claes", marrow, title="Paralegal", since="10d 1h", did=keen(marrow.domain, onboarded=False)),
        person(
            "Anouk Janssens",
            marrow,
            title="Associate",
            since="182d 1h",
            # 20 + 25 + a quarter of 15 = 48.75
            did=[
                *invited("181d 1h", "pieter.claes@marrowfinch.example", "desk@marrowfinch.example"),
                *events("trial_started", "9d 1h"),
                *events("onboarding_completed", "8d 2h"),
                *events("file_uploaded", "8d 1h"),
                *using("2d 2h"),
            ],
        ),
        person(
            "Ana Keller",
            marrow,
            title="Consultant",
            since="10d 3h",
            email="sample-ana.keller@gmail.com",
            did=keen(marrow.domain),
            crm=InCrm("subscriber"),
        ),
    ) + team(
        solo,
        person("Freja Lund", solo, title="Accountant", since="10d 2h", did=keen(solo.domain)),
        person("Mikkel Friis", solo, title="Bookkeeper", since="70d", did=using("60d", "58d")),
    )


def exactly_fifty() -> Cast:
    """20 + 25 + a quarter of 20: just enough."""
    cobalt = Company("c_cobalt", "Cobalt Harbor", "cobaltharbor.example", 250, "INTERNET", "Canada", "team", 4_400)
    return team(
        cobalt,
        person(
            "Noor Rahman",
            cobalt,
            title="Growth Manager",
            since="195d",
            did=[
                *events("logged_in", "193d 1h", "192d 1h", "191d 1h", "190d 1h", "189d 1h"),
                *events("trial_started", "9d 3h"),
                *events("onboarding_completed", "8d 4h"),
                *events("file_uploaded", "8d 2h"),
                *using("1d 3h"),
            ],
        ),
        colleague("Owen Fraser", cobalt, crm=InCrm()),
    )


def upper_case_address() -> Cast:
    """The backend keeps addresses as typed. Without the colleague, who writes from a sub-domain, she would be alone."""
    fernhollow = Company(
        "c_fernhollow", "Fernhollow", "fernhollow.example", 1_200, "TELECOMMUNICATIONS", "Germany", "business", 5_000
    )
    return team(
        fernhollow,
        person(
            "Lena Vogt",
            fernhollow,
            title="Product Manager",
            since="10d 6h",
            email="Lena.Vogt@Fernhollow.example",
            did=keen(fernhollow.domain),
            crm=InCrm(email="lena.vogt@fernhollow.example"),
        ),
        person(
            "Omar Haddad",
            fernhollow,
            title="Field Engineer",
            since="12d 1h",
            email="omar.haddad@mail.fernhollow.example",
            states_company=False,
            did=events("trial_started", "6d 22h"),
        ),
    )


def secondary_address() -> Cast:
    """HubSpot has the product address as an additional one, holds the title, and names the company differently."""
    ossipee = Company(
        "c_ossipee",
        "Ossipee Robotics",
        "ossipee.example",
        340,
        "INDUSTRIAL_AUTOMATION",
        "United States",
        "business",
        6_600,
    )
    return team(
        ossipee,
        person(
            "Mateo Silva",
            ossipee,
            since="10d 2h",
            did=keen(ossipee.domain),
            crm=InCrm(
                email="mateo@silva-consulting.example",
                additional_emails=("mateo.silva@ossipee.example",),
                job_title="Director of Engineering",
            ),
        ),
        colleague("Grace Kimura", ossipee, crm=InCrm("subscriber")),
        crm=(same_in_crm(ossipee, name="Ossipee Automation Inc."),),
    )


def existing_owner() -> Cast:
    """Owned by the sales manager, who is in no round-robin; HubSpot holds the company twice."""
    twinfield = Company(
        "c_twinfield",
        "Twinfield Clinics",
        "twinfield.example",
        180,
        "HOSPITAL_HEALTH_CARE",
        "Netherlands",
        "team",
        4_900,
    )
    return team(
        twinfield,
        person(
            "Sofia Brandt",
            twinfield,
            title="Quality Manager",
            since="10d 7h",
            did=keen(twinfield.domain),
            crm=InCrm("marketingqualifiedlead", SALES_MANAGER),
        ),
        colleague("Daan Visser", twinfield, crm=InCrm("subscriber")),
        crm=(same_in_crm(twinfield), same_in_crm(twinfield, name="Twinfield")),
    )


def archived_owner() -> Cast:
    """The owner has left; HubSpot still names her."""
    merganser = Company(
        "c_merganser",
        "Merganser Capital",
        "merganser.example",
        90,
        "FINANCIAL_SERVICES",
        "United States",
        "team",
        5_800,
    )
    return team(
        merganser,
        person(
            "Thandi Nkosi",
            merganser,
            title="Vice President, Operations",
            since="10d 8h",
            did=keen(merganser.domain),
            crm=InCrm("lead", ARCHIVED_OWNER),
        ),
        colleague("Evan Strand", merganser),
    )


def already_with_sales() -> Cast:
    """Qualified, and sales has them already: customer, opportunity, sales qualified."""
    copperfield = Company(
        "c_copperfield",
        "Copperfield Analytics",
        "copperfield.example",
        150,
        "COMPUTER_SOFTWARE",
        "United States",
        "business",
        5_000,
        acv=18_000,
    )

    def has(stage: str) -> InCrm:
        return InCrm(stage, "marco.lindt@orbit.example")

    return team(
        copperfield,
        person(
            "Yara Haddix",
            copperfield,
            title="Data Analyst",
            since="70d 1h",
            did=keen(copperfield.domain),
            crm=has("customer"),
        ),
        person(
            "Peter Achebe",
            copperfield,
            title="Director of Analytics",
            since="20d 1h",
            did=keen(copperfield.domain),
            crm=has("opportunity"),
        ),
        person(
            "Jia Wen",
            copperfield,
            title="Analyst",
            country="Germany",
            since="18d 1h",
            did=keen(copperfield.domain),
            crm=has("salesqualifiedlead"),
        ),
        crm=(same_in_crm(copperfield, owner_email="marco.lindt@orbit.example"),),
    )


def not_in_the_crm() -> Cast:
    """Qualified, and HubSpot knows neither the person nor the company."""
    lanternfish = Company(
        "c_lanternfish", "Lanternfish Games", "lanternfish.example", 55, "COMPUTER_GAMES", "Japan", "team", 5_500
    )
    return team(
        lanternfish,
        person(
            "Haruka Mori",
            lanternfish,
            title="Head of Community",
            since="10d 9h",
            did=keen(lanternfish.domain),
            crm=None,
        ),
        colleague("Kenji Sato", lanternfish),
        crm=(),
    )


def known_by_domain_only() -> Cast:
    """No company row and no company id anywhere: the mail domain makes the company, HubSpot says what it is like."""
    domain = "pebblestack.example"
    hugo = person(
        "Hugo Lang",
        domain,
        title="IT Manager",
        country="Austria",
        since="10d 4h",
        did=[
            *events("trial_started", "9d 4h"),
            *events("onboarding_completed", "8d 5h"),
            *events("file_uploaded", "8d 4h", "1d 4h"),
            *invited("6d 23h", "eva.gruber@pebblestack.example", "buero@pebblestack.example"),
        ],
    )
    in_hubspot = CrmCompany(domain, "Pebblestack", "INFORMATION_TECHNOLOGY_AND_SERVICES", 130, "Austria")
    return Cast(people=[hugo, colleague("Eva Gruber", domain)], crm_companies=[in_hubspot])


def stories() -> list[Cast]:
    return [
        one_condition_short(),
        exactly_fifty(),
        upper_case_address(),
        secondary_address(),
        existing_owner(),
        archived_owner(),
        already_with_sales(),
        not_in_the_crm(),
        known_by_domain_only(),
    ]
