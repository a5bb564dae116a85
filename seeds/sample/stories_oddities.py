"""People whose data is odd: several rows, companies or accounts, clocks that are wrong, and moments on the edge.

Also what counts for nothing but activity so far: paywalls, pricing pages, team growth, content and webinars.
"""

from datetime import timedelta

from cast import Cast, Company, InCrm, colleague, events, keen, person, team, using


def in_two_companies() -> Cast:
    """A freelancer who works in a client's account too; with her the client's own user is no longer alone."""
    kitewood = Company("c_kitewood", "Kitewood Studio", "kitewoodstudio.example", 18, "DESIGN", "Italy")
    millrace = Company("c_millrace", "Millrace Goods", "millracegoods.example", 200, "RETAIL", "Canada", "team", 4_100)
    wren = person(
        "Wren Okoye",
        kitewood,
        title="Designer",
        since="30d 5h",
        did=[
            *events("trial_started", "12d 3h"),
            *using("5d 22h"),
            *events("report_created", "4d 20h", company_id=millrace.company_id),
        ],
    )
    ela = person("Ela Park", millrace, title="Buyer", since="10d 5h", did=keen(millrace.domain))
    return team(kitewood, wren) + team(millrace, ela)


def two_rows_of_one_user() -> Cast:
    """A later row brings a new title and an empty name: the title changes, the name stays."""
    thistle = Company(
        "c_thistle", "Thistle Energy", "thistleenergy.example", 400, "OIL_ENERGY", "Canada", "team", 3_700
    )
    return team(
        thistle,
        person(
            "Tomáš Novák",
            thistle,
            title="Analyst",
            since="16d 2h",
            did=[
                *events("trial_started", "9d 5h"),
                *events("onboarding_completed", "8d 5h"),
                *events("file_uploaded", "8d 2h"),
            ],
            corrected={"first_name": "", "last_name": "", "job_title": "VP Finance"},
        ),
        colleague("Mei Tremblay", thistle),
    )


def company_named_late() -> Cast:
    """The first events name no company, the mail domain is another one; the company counts them all the same."""
    wicker = Company(
        "c_wicker", "Wicker & Vine", "wickervine.example", 110, "WINE_AND_SPIRITS", "Australia", usage_count=2_900
    )
    zoe = person(
        "Zoe Tan",
        wicker,
        title="Buyer",
        since="25d 1h",
        email="zoe.tan@tanworks.example",
        states_company=False,
        did=[
            *events("trial_started", "24d 1h"),
            *using("20d 2h"),
            *events("dashboard_viewed", "10d 2h", "6d 1h", company_id=wicker.company_id),
        ],
    )
    return team(wicker, zoe)


def two_users_of_one_address() -> Cast:
    """An old account and a new one: one contact in HubSpot, and the livelier user speaks for it."""
    lumenport = Company(
        "c_lumenport",
        "Lumenport",
        "lumenport.example",
        75,
        "ELECTRICAL_ELECTRONIC_MANUFACTURING",
        "France",
        "team",
        5_300,
    )
    return team(
        lumenport,
        person("Inès Moreau", lumenport, title="Buyer", since="10d 6h", did=keen(lumenport.domain)),
        person(
            "Inès Moreau",
            lumenport,
            user_id="u_ines_moreau_2025",
            title="Buyer",
            since="150d",
            did=[*events("trial_started", "60d"), *using("20d 5h")],
            crm=None,
        ),
        colleague("Paul Girard", lumenport, crm=InCrm("subscriber")),
    )


def edges_of_five_logins() -> Cast:
    """The fifth login exactly 7 x 24 h after the first is too late; a minute earlier is not."""
    clockwise = Company(
        "c_clockwise",
        "Clockwise Rail",
        "clockwiserail.example",
        42,
        "RAILROAD_MANUFACTURE",
        "Finland",
        usage_count=1_900,
    )
    between = ("10d 1h", "9d 1h", "8d 1h")
    return team(
        clockwise,
        person(
            "Aino Laine",
            clockwise,
            title="Engineer",
            since="14d",
            did=events("logged_in", "11d 1h", *between, "4d 1h"),
        ),
        person(
            "Eero Salonen",
            clockwise,
            title="Engineer",
            since="14d 1h",
            did=events("logged_in", "11d 1h", *between, "4d 1h 1m"),
        ),
        person(
            "Helmi Koskinen",
            clockwise,
            title="Engineer",
            since="13d",
            # A telephone two hours ahead: kept, and not seen before its time has come.
            did=[
                *using("3d 23h"),
                *events("trial_started", "-2h", delay=timedelta(hours=-2, minutes=-5)),
            ],
        ),
        person(
            "Otso Virtanen",
            clockwise,
            title="Technician",
            since="13d 1h",
            did=[
                *using("2d 23h"),
                # 1988-01-01, by a telephone whose battery was empty.
                *events("page_viewed", "14203d", delay=timedelta(days=14_200)),
            ],
        ),
        person(
            "Venla Niemi",
            clockwise,
            title="Designer",
            since="40d",
            did=[
                *events("file_uploaded", "33d"),
                *events("beta_widget_opened", "12d 2h", "9d 3h", "5d 20h", "3d 3h", "1d 4h"),
            ],
        ),
    )


def wanted_more() -> Cast:
    """Paywalls at companies of 25+ and 100+, a webinar, and the first login at a company of five."""
    redthorn = Company("c_redthorn", "Redthorn Insurance", "redthorn.example", 30, "INSURANCE", "Poland")
    ashgrove = Company(
        "c_ashgrove", "Ashgrove Health", "ashgrovehealth.example", 140, "HEALTH_WELLNESS_AND_FITNESS", "United Kingdom"
    )
    kettle = Company("c_kettle", "Kettle & Co", "kettleandco.example", 5, "FOOD_BEVERAGES", "Greece", usage_count=10)
    return (
        team(
            redthorn,
            person(
                "Ewa Zielinska",
                redthorn,
                title="Underwriter",
                since="17d 2h",
                did=events("paywall_encountered", "2d 3h", feature_name="scheduled_reports"),
            ),
        )
        + team(
            ashgrove,
            person(
                "Priti Shah",
                ashgrove,
                title="Operations Manager",
                since="17d 3h",
                did=events("paywall_encountered", "1d 21h", "1d 20h", feature_name="single_sign_on"),
            ),
            person(
                "Gareth Pugh",
                ashgrove,
                title="Analyst",
                since="9d 1h",
                signs_up=False,
                did=events("webinar_attended", "8d 18h"),
                crm=InCrm("subscriber"),
            ),
        )
        + team(
            kettle,
            person("Nikos Pappas", kettle, title="Owner", since="2h 10m", did=events("logged_in", "2h"), crm=None),
        )
    )


def growing_team() -> Cast:
    """The fifth active user at a company of over 50, three looks at the prices in a week, and a download."""
    foxglove = Company(
        "c_foxglove",
        "Foxglove Travel",
        "foxglovetravel.example",
        60,
        "LEISURE_TRAVEL_TOURISM",
        "Mexico",
        usage_count=2_200,
    )
    return team(
        foxglove,
        person("Ximena Cruz", foxglove, title="Agent", since="1d 2h", did=using("1d 1h")),
        person(
            "Raúl Ibarra",
            foxglove,
            title="Team Lead",
            since="21d 2h",
            did=events("pricing_page_viewed", "6d 20h", "3d 19h", "1d 18h"),
        ),
        person(
            "Paola Vega",
            foxglove,
            title="Marketing Specialist",
            since="22d 2h",
            did=[*using("2d 18h"), *events("content_downloaded", "2d 17h")],
        ),
        colleague("Luis Ortega", foxglove, crm=InCrm("subscriber")),
        colleague("Elena Campos", foxglove),
    )


def stories() -> list[Cast]:
    return [
        in_two_companies(),
        two_rows_of_one_user(),
        company_named_late(),
        two_users_of_one_address(),
        edges_of_five_logins(),
        wanted_more(),
        growing_team(),
    ]
