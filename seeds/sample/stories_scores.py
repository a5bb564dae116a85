"""People who show how points are earned, decay, are taken away and become a band."""

from cast import Cast, Company, Did, InCrm, colleague, events, invited, keen, person, team, using

GOLDEN_USER_ID = "u_nora_lindqvist"


def golden_contact() -> Cast:
    """Every number of a handoff message at once: activated 3 days ago, 2 teammates, 14 key actions this week."""
    brightloom = Company(
        "c_brightloom", "Brightloom", "brightloom.example", 85, "COMPUTER_SOFTWARE", "Germany", "team", 6_120
    )
    jonas, amara = "jonas.ebert@brightloom.example", "amara.diallo@brightloom.example"
    nora = person(
        "Nora Lindqvist",
        brightloom,
        user_id=GOLDEN_USER_ID,
        title="Head of Data",
        country="Germany",
        since="10d 1h",
        did=[
            *events("trial_started", "8d 22h"),
            *events("onboarding_completed", "3d 20h"),
            # Activated by the first of these: 3 whole days ago, though nearly 4.
            *events("file_uploaded", "3d 19h 40m", "3d 50m", "2d 45m", "1d 30m"),
            # One address twice: three invitations, two teammates.
            *invited("3d 2h", jonas, amara),
            *invited("2d 1h", jonas),
            *events("logged_in", "8d 23h", "4d 1h", "3d 1h", "2d 1h", "1d 1h", "1h"),
            # Exactly 7 x 24 h old and older: no longer of this week.
            *events("report_created", "7d 3h", "7d"),
            *events("report_created", "3d 40m", "3d 5m", "2d 40m", "2d 10m", "1d 20m", "50m"),
            *events("report_shared", "3d", "2d 5m", "1d 10m"),
            *events("api_key_created", "1d 5m"),
        ],
    )
    return team(
        brightloom,
        nora,
        colleague("Jonas Ebert", brightloom, since="3d 21h", crm=InCrm("subscriber")),
        colleague("Amara Diallo", brightloom, since="3d 20h 30m"),
    )


def one_rule_each() -> Cast:
    """Each of the event rules alone; the fifth, usage near the limit, is a company's: see `usage_limits`."""
    paperlark = Company(
        "c_paperlark", "Paperlark", "paperlark.example", 45, "PUBLISHING", "Portugal", usage_count=4_000
    )
    return team(
        paperlark,
        person("Inês Carvalho", paperlark, title="Editor", since="12d 2h", did=events("trial_started", "10d 1h")),
        person("Rui Tavares", paperlark, title="Designer", since="14d 3h", did=events("file_uploaded", "9d 2h")),
        person(
            "Leila Haidari",
            paperlark,
            title="Producer",
            since="16d 1h",
            did=invited("8d 22h", "rui.tavares@paperlark.example", "guest.writer@paperlark.example"),
        ),
        person(
            "Bruno Melo",
            paperlark,
            title="Proofreader",
            since="20d 4h",
            did=events("logged_in", "7d 20h", "4d 21h", "3d 22h", "2d 23h", "1d 20h"),
            crm=InCrm("subscriber"),
        ),
    )


def usage_limits() -> Cast:
    """Exactly 80 % of the limit is near it, 79.9 % is not."""
    at_limit = Company(
        "c_saltmarsh", "Saltmarsh Foods", "saltmarshfoods.example", 70, "FOOD_PRODUCTION", "Ireland", "team", 8_000
    )
    below = Company("c_quillhaven", "Quillhaven", "quillhaven.example", 64, "LIBRARIES", "Ireland", "team", 7_990)
    return team(at_limit, person("Ciara Dunne", at_limit, title="Planner", since="15d 2h", did=using("6d 20h"))) + team(
        below, person("Eoin Fagan", below, title="Archivist", since="15d 3h", did=using("6d 21h"))
    )


def decay() -> Cast:
    """Trial and activation earned once, by people who stayed; also a company with three active users."""
    driftwood = Company(
        "c_driftwood", "Driftwood Labs", "driftwoodlabs.example", 120, "RESEARCH", "Sweden", "team", 3_100
    )
    return team(
        driftwood,
        person(
            "Astrid Holm",
            driftwood,
            title="Researcher",
            since="92d",
            did=[*activated_once("91d"), *using("30d 2h", "2d 1h")],
        ),
        person(
            "Emre Yilmaz",
            driftwood,
            title="Researcher",
            since="182d",
            did=[*activated_once("181d"), *using("85d", "1d 2h")],
        ),
        colleague("Linnea Berg", driftwood, crm=InCrm("subscriber")),
    )


def activated_once(moment: str) -> list[Did]:
    return [
        *events("trial_started", moment),
        *events("onboarding_completed", moment),
        *events("file_uploaded", moment),
    ]


def competitor() -> Cast:
    """High engagement from a competitor's address; the company is known by its mail domain only."""
    gridlark = "gridlark.example"
    return Cast(
        people=[
            person(
                "Vera Holt", gridlark, title="VP Product", country="United States", since="11d 3h", did=keen(gridlark)
            ),
            colleague("Dale Pruitt", gridlark),
        ]
    )


def student_and_director() -> Cast:
    """The same use and the same word in the title: one has no budget, the other decides."""
    northmoor = Company(
        "c_northmoor",
        "Northmoor University",
        "northmoor.example",
        900,
        "HIGHER_EDUCATION",
        "United Kingdom",
        "team",
        5_200,
    )
    return team(
        northmoor,
        person("Callum Reid", northmoor, title="Student", since="10d 5h", did=keen(northmoor.domain)),
        person(
            "Harriet Osei",
            northmoor,
            title="Director of Student Affairs",
            since="10d 4h",
            did=keen(northmoor.domain),
            crm=InCrm("marketingqualifiedlead"),
        ),
    )


def inactive() -> Cast:
    """Gone for over 30 days, at a company where nobody is active any more."""
    hollowfield = Company("c_hollowfield", "Hollowfield", "hollowfield.example", 30, "MINING_METALS", "Chile")
    return team(
        hollowfield,
        person(
            "Camila Rojas",
            hollowfield,
            title="Surveyor",
            since="41d",
            did=[*activated_once("40d"), *using("31d 1h")],
        ),
        person("Diego Fuentes", hollowfield, title="Geologist", since="92d 2h", did=using("90d", "85d 3h")),
    )


def edge_of_the_active_window() -> Cast:
    """29 days, one second inside the 30 x 24 h, and exactly on the edge: no longer active, not yet inactive."""
    tidewater = Company(
        "c_tidewater", "Tidewater Freight", "tidewaterfreight.example", 60, "LOGISTICS_AND_SUPPLY_CHAIN", "Norway"
    )
    return team(
        tidewater,
        person(
            "Ingrid Solheim",
            tidewater,
            title="Dispatcher",
            since="41d 2h",
            did=[*activated_once("40d 1h"), *using("29d")],
        ),
        person(
            "Marius Haugen",
            tidewater,
            title="Dispatcher",
            since="45d",
            did=events("trial_started", "29d 23h 59m 59s"),
        ),
        person("Siri Dahl", tidewater, title="Clerk", since="45d 1h", did=events("trial_started", "30d")),
    )


def edges_of_the_bands() -> Cast:
    """Combined 39, 40, 69 and 70, and one that is 40 only because halves are rounded up."""
    bandstand = Company("c_bandstand", "Bandstand Media", "bandstandmedia.example", 40, "MEDIA_PRODUCTION", "Spain")
    halcyon = Company(
        "c_halcyon", "Halcyon Print", "halcyonprint.example", 60, "PRINTING", "Spain", "team", 9_200, acv=6_000
    )
    five_logins = events("logged_in", "4d 2h", "3d 2h", "2d 2h", "1d 2h", "2h")
    return team(
        bandstand,
        person(
            "Lucía Prado",
            bandstand,
            title="Sound Engineer",
            since="9d 2h",
            did=[*events("trial_started", "8d 1h"), *events("file_uploaded", "7d 22h"), *five_logins],
        ),
        person(
            "Marcus Webb",
            bandstand,
            title="Producer",
            country="United States",
            since="9d 1h",
            did=[
                *events("file_uploaded", "7d 20h"),
                *invited("3d 20h", "lucia.prado@bandstandmedia.example", "mixing@bandstandmedia.example"),
                *five_logins,
            ],
        ),
    ) + team(
        halcyon,
        person(
            "Katrin Vogel",
            halcyon,
            title="Head of Studio",
            country="Germany",
            since="10d 2h",
            did=keen(halcyon.domain),
        ),
        person(
            "Gloria Mensah",
            halcyon,
            title="VP Operations",
            country="United States",
            since="10d 3h",
            did=keen(halcyon.domain),
        ),
        person(
            "Luc Garnier",
            halcyon,
            title="Typesetter",
            country="France",
            since="92d 1h",
            did=[*events("trial_started", "91d 1h"), *events("file_uploaded", "91d"), *five_logins],
        ),
    )


def stories() -> list[Cast]:
    return [
        golden_contact(),
        one_rule_each(),
        usage_limits(),
        decay(),
        competitor(),
        student_and_director(),
        inactive(),
        edge_of_the_active_window(),
        edges_of_the_bands(),
    ]
