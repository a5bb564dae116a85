"""The people without a story: they sign up, most of them leave, a few do most of the work.

Nobody here is ever handed to sales, so that the line of new owners is that of the stories: prospects who activate never
reach 50 points, prospects who could do not activate, and the companies that use everything are customers.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta

from cast import RECEIVED_AFTER, USUAL_PROPERTIES, Cast, Company, CrmCompany, Did, InCrm, Person, plain, same_in_crm
from chance import Chance

DAYS = 201
MOST_SESSIONS = 30
FREE_MAIL = ("gmail.com", "outlook.com", "163.com")
OWNERS = (
    "dana.reyes@orbit.example",
    "marco.lindt@orbit.example",
    "priya.nair@orbit.example",
    "tom.okafor@orbit.example",
)


def _words(text: str) -> list[str]:
    return text.split()


FIRST_NAMES = _words("""
    Aaliyah Abena Aditi Agnes Ahmed Aiko Alejandro Alice Amir Andrea Anton Arjun Ayla Beatriz Bilal Carmen Cheng
    Chidi Clara Dario Dmitri Elif Emeka Esther Farah Felix Gabriela Giulia Hana Hassan Ida Imani Ivan Jamal
    Joana Jorge Kamala Karin Khalid Kofi Lars Leila Lin Lucas Magda Malik Maria Mina Nadia Naoko Oscar Paulo
    Rania Ravi Rosa Samir Sanna Tariq Tuan Yusuf
""")
LAST_NAMES = _words("""
    Abara Acosta Adler Amadi Asante Baptiste Barros Bauer Bianchi Bose Castellan Chaudhry Conti Dlamini Duarte
    Eriksen Falk Farouk Ferreira Fontaine Gallo Ghosh Haas Hakimi Hassanov Ibe Ilves Iqbal Jansky Jimenez Kaya
    Kapoor Keita Kovac Kruger Lindgren Lopes Maalouf Madsen Marek Mbeki Mendes Mishra Moretti Nakata Nowak Obi
    Olsen Osman Park Petrov Pham Quist Rahimi Rossi Sandberg Santos Sharma Takeda Toure Urban Varga Weiss Wong
    Yamada Zhang Zuma
""")
COMPANY_FIRST = _words("""
    Alder Basalt Cinder Dovetail Ember Flint Garnet Hazel Indigo Juniper Kestrel Lattice Maple Nimbus Opal Pine
    Quartz Russet Sable Topaz Umber Velvet Willow Zephyr
""")
COMPANY_SECOND = _words("""
    Works Systems Partners Foods Logistics Health Media Energy Software Retail Capital Studios Labs Motors
    Textiles Networks Press Travel Design Group
""")

JOB_TITLES = {
    "Analyst": 16,
    "Operations Manager": 10,
    "Marketing Specialist": 10,
    "Data Analyst": 9,
    "Software Engineer": 8,
    "Project Manager": 8,
    "Account Manager": 7,
    "Head of Operations": 4,
    "Director of Finance": 4,
    "VP Sales": 3,
    "Student": 3,
    "": 12,
}
COUNTRIES = {
    "United States": 30,
    "Germany": 14,
    "United Kingdom": 10,
    "France": 8,
    "Canada": 7,
    "India": 9,
    "Brazil": 6,
    "Spain": 6,
    "Nigeria": 4,
    "Japan": 4,
    "": 6,
}
# Hours by which a country's working day begins later (or earlier) than that of UTC.
WORKDAY_SHIFT = {"United States": 6, "Canada": 6, "Brazil": 3, "India": -5, "Japan": -7}
INDUSTRIES = {
    "COMPUTER_SOFTWARE": 4,
    "INFORMATION_TECHNOLOGY_AND_SERVICES": 3,
    "FINANCIAL_SERVICES": 2,
    "RETAIL": 2,
    "MARKETING_AND_ADVERTISING": 2,
    "CONSTRUCTION": 2,
    "MANAGEMENT_CONSULTING": 2,
    "HOSPITAL_HEALTH_CARE": 2,
}
EMPLOYEE_COUNTS = {8: 3, 26: 4, 64: 4, 130: 4, 320: 3, 740: 2, 1_900: 1, 5_200: 1}
# How many days somebody stays after signing up: most leave within two weeks.
DAYS_OF_STAY = {0: 22, 2: 14, 6: 14, 13: 12, 30: 12, 60: 10, 110: 8, 200: 8}
ACTIONS = {
    "dashboard_viewed": 34,
    "page_viewed": 26,
    "report_created": 14,
    "file_uploaded": 10,
    "report_shared": 7,
    "pricing_page_viewed": 3,
    "paywall_encountered": 2,
    "admin_panel_visited": 2,
    "content_downloaded": 1,
    "api_key_created": 1,
    "webinar_attended": 1,
}
DOMAIN_ONLY = ("larkspurtools.example", "oxbowpapers.example", "saffronmills.example", "tuliptree.example")
PROSPECTS_ONLY = (
    CrmCompany("granitepeak.example", "Granite Peak", "CONSTRUCTION", 260, "United States", OWNERS[0]),
    CrmCompany("meadowbank.example", "Meadowbank", "FINANCIAL_SERVICES", 1_400, "United Kingdom", OWNERS[1]),
    CrmCompany("nordlichtverlag.example", "Nordlicht Verlag", "PUBLISHING", 85, "Germany"),
    CrmCompany("orchidclinics.example", "Orchid Clinics", "HOSPITAL_HEALTH_CARE", 600, "Canada"),
    CrmCompany("pampafoods.example", "Pampa Foods", "FOOD_PRODUCTION", 320, "Argentina"),
    CrmCompany("rivetline.example", "Rivetline", "MACHINERY", 150, "France", OWNERS[3]),
)


@dataclass(frozen=True)
class Habits:
    """What somebody will ever do; see the top of the module for what a prospect may not combine."""

    activates: bool
    takes_trial: bool
    uploads: bool
    invitation_count: int


@dataclass(frozen=True)
class Place:
    """Where somebody of the crowd works, or nowhere with a private address."""

    domain: str
    company_id: str = ""
    is_customer: bool = False
    is_private: bool = False


def crowd(chance: Chance, user_count: int, as_of: datetime) -> Cast:
    """`user_count` users, a company for every 20 of them and at least 10, and contacts who never signed up."""
    company_count = max(10, user_count // 20)
    companies = [_company(chance, number) for number in range(company_count)]
    places = [Place(company.domain, company.company_id, _is_customer(company)) for company in companies]
    addresses = _Addresses()
    people = [_user(chance, number, _place(chance, places), addresses, as_of) for number in range(1, user_count + 1)]
    for place in places:
        if place.is_customer:
            _subscribe([person for person in people if person.company_id == place.company_id])
    in_crm = [*(same_in_crm(company) for company in companies if chance.happens(0.9)), *PROSPECTS_ONLY]
    contacts = [_contact(chance, chance.pick(in_crm).domain, addresses) for _ in range(user_count // 2)]
    return Cast(companies, people + contacts, in_crm)


def _subscribe(colleagues: list[Person]) -> None:
    """Who of a customer looked at the prices first did not just look."""
    looks = [
        (did.ago, person.did, did)
        for person in colleagues
        for did in person.did
        if did.event_type == "pricing_page_viewed"
    ]
    if looks:
        _, of_person, first = max(looks, key=lambda look: look[0])
        paid = replace(first, event_type="subscription_started", properties=USUAL_PROPERTIES["subscription_started"])
        of_person[of_person.index(first)] = paid


def _company(chance: Chance, number: int) -> Company:
    # Every pair of words once, then again with a number.
    lap, place = divmod(number, len(COMPANY_FIRST) * len(COMPANY_SECOND))
    first = COMPANY_FIRST[place % len(COMPANY_FIRST)]
    second = COMPANY_SECOND[(7 * place + place // len(COMPANY_FIRST)) % len(COMPANY_SECOND)]
    name = f"{first} {second} {lap + 1}" if lap else f"{first} {second}"
    is_customer = number % 5 in (0, 2)
    return Company(
        f"c_{number + 1:05}",
        name,
        f"{plain(name).replace(' ', '')}.example",
        chance.weighted(EMPLOYEE_COUNTS),
        chance.weighted(INDUSTRIES),
        chance.weighted(COUNTRIES) or "Italy",
        "business" if is_customer else "free",
        # Only customers come near their limit.
        (3_000 + chance.below(6_500)) if is_customer else 200 + chance.below(6_800),
        10_000,
        3_000 + 500 * chance.below(50) if is_customer else None,
    )


def _is_customer(company: Company) -> bool:
    return company.plan == "business"


def _place(chance: Chance, places: list[Place]) -> Place:
    kind = chance.weighted({"company": 70, "private": 22, "domain": 8})
    if kind == "private":
        return Place(chance.pick(FREE_MAIL), is_private=True)
    if kind == "domain":
        return Place(chance.pick(DOMAIN_ONLY))
    return places[chance.zipf(len(places)) - 1]


class _Addresses:
    """Names with an address that nobody has yet."""

    def __init__(self) -> None:
        self._taken: dict[str, int] = {}

    def new(self, chance: Chance, domain: str, prefix: str = "") -> tuple[str, str, str]:
        first, last = chance.pick(FIRST_NAMES), chance.pick(LAST_NAMES)
        local = f"{prefix}{first}.{last}".lower()
        count = self._taken[f"{local}@{domain}"] = self._taken.get(f"{local}@{domain}", 0) + 1
        return first, last, f"{local}{count if count > 1 else ''}@{domain}"


def _user(chance: Chance, number: int, place: Place, addresses: _Addresses, as_of: datetime) -> Person:
    first, last, email = addresses.new(chance, place.domain, "sample-" if place.is_private else "")
    country = chance.weighted(COUNTRIES)
    habits = _habits(chance, place)
    signed_up_at = _signing_up(chance, country, as_of)
    did = [Did("signed_up", as_of - signed_up_at, USUAL_PROPERTIES["signed_up"])]
    did += _sessions(chance, habits, place, country, signed_up_at, as_of)
    return Person(
        user_id=f"u_{number:06}",
        email=email,
        first_name=first,
        last_name=last,
        job_title=chance.weighted(JOB_TITLES),
        country=country,
        company_id=place.company_id,
        since=as_of - signed_up_at,
        did=did,
        crm=_in_crm(chance, place),
        # The export of users lags behind the events.
        in_users_file=chance.happens(0.97),
    )


def _habits(chance: Chance, place: Place) -> Habits:
    activates = chance.happens(0.8 if place.is_customer else 0.35)
    is_held_back = activates and not place.is_customer and not place.is_private
    takes_trial = chance.happens(0.3)
    invitation_count = chance.below(5) if chance.happens(0.3) else 0
    return Habits(
        activates=activates,
        takes_trial=takes_trial and not is_held_back,
        uploads=activates or chance.happens(0.3),
        invitation_count=min(invitation_count, 1) if is_held_back else invitation_count,
    )


def _in_crm(chance: Chance, place: Place) -> InCrm | None:
    if place.is_customer:
        stage = chance.weighted({"customer": 8, "opportunity": 2})
        return InCrm(stage, chance.pick(OWNERS)) if chance.happens(0.9) else None
    if not chance.happens(0.4 if place.is_private else 0.75):
        return None
    stage = chance.weighted({"subscriber": 4, "lead": 4, "marketingqualifiedlead": 2})
    return InCrm(stage, chance.pick(OWNERS) if chance.happens(0.2) else "")


def _contact(chance: Chance, domain: str, addresses: _Addresses) -> Person:
    """Somebody whom marketing knows and the product does not."""
    first, last, email = addresses.new(chance, domain)
    stage = chance.weighted({"subscriber": 6, "lead": 6, "marketingqualifiedlead": 2, "evangelist": 1, "other": 1})
    return Person(
        user_id="",
        email=email,
        first_name=first,
        last_name=last,
        job_title=chance.weighted(JOB_TITLES),
        country=chance.weighted(COUNTRIES),
        company_id="",
        since=timedelta(0),
        crm=InCrm(stage, chance.pick(OWNERS) if chance.happens(0.15) else ""),
        in_product=False,
    )


def _signing_up(chance: Chance, country: str, as_of: datetime) -> datetime:
    """On a working day mostly, and more often lately."""
    while True:
        days_before = 1 + chance.below(DAYS)
        on = as_of - timedelta(days=days_before)
        is_likely = 1 - days_before / (2 * DAYS)
        if chance.happens(is_likely * (1 if on.weekday() < 5 else 0.2)):
            return _at_work(chance, on, country)


def _at_work(chance: Chance, on: datetime, country: str) -> datetime:
    """A moment of that day's working hours where the person is."""
    hour = (7 + chance.below(11) + WORKDAY_SHIFT.get(country, 0)) % 24
    return datetime.combine(on.date(), time(hour, chance.below(60), chance.below(60)), UTC)


def _sessions(
    chance: Chance, habits: Habits, place: Place, country: str, signed_up_at: datetime, as_of: datetime
) -> list[Did]:
    stay = chance.weighted(DAYS_OF_STAY)
    starts = []
    for _ in range(chance.zipf(MOST_SESSIONS)):
        # Squared, since most of what somebody does, they do at first.
        share = chance.share()
        on = signed_up_at + timedelta(days=int(stay * share * share))
        if on.weekday() >= 5 and not chance.happens(0.2):
            on += timedelta(days=2 + chance.below(3))
        start = _at_work(chance, on, country)
        if signed_up_at < start < as_of - timedelta(hours=1):
            starts.append(start)
    did = _first_session(chance, habits, signed_up_at, as_of)
    invitations_left = habits.invitation_count
    for start in sorted(starts):
        moment = start
        did.append(_did(chance, "logged_in", moment, as_of))
        for _ in range(chance.below(5)):
            moment += timedelta(minutes=1 + chance.below(12), seconds=chance.below(60))
            event_type = chance.weighted(ACTIONS)
            if event_type == "file_uploaded" and not habits.uploads:
                continue
            if event_type == "page_viewed" and invitations_left:
                event_type, invitations_left = "teammate_invited", invitations_left - 1
            did.append(_did(chance, event_type, moment, as_of, place.domain))
    return did


def _first_session(chance: Chance, habits: Habits, signed_up_at: datetime, as_of: datetime) -> list[Did]:
    steps = [
        ("onboarding_completed", habits.activates),
        ("file_uploaded", habits.activates),
        ("trial_started", habits.takes_trial),
        ("dashboard_viewed", True),
    ]
    moment, did = signed_up_at, []
    for event_type, is_taken in steps:
        moment += timedelta(minutes=1 + chance.below(9), seconds=chance.below(60))
        if is_taken:
            did.append(_did(chance, event_type, moment, as_of))
    return did


def _did(chance: Chance, event_type: str, at: datetime, as_of: datetime, domain: str = "") -> Did:
    if event_type == "teammate_invited":
        # A private person invites into a company that is not known otherwise.
        host = "friendsoforbit.example" if domain in FREE_MAIL else domain
        properties = {"invitee_email": f"{chance.pick(FIRST_NAMES).lower()}@{host}"}
    elif event_type in ("report_created", "report_shared"):
        properties = {"report_id": f"r_{chance.below(100_000):05}"}
    elif event_type == "file_uploaded":
        properties = {"file_type": chance.pick(("csv", "xlsx", "pdf")), "size_kb": 1 + chance.below(9_000)}
    else:
        properties = USUAL_PROPERTIES[event_type]
    # Some telephones are without a network for a day or two.
    delay = timedelta(days=2) if chance.happens(0.01) else RECEIVED_AFTER + timedelta(seconds=chance.below(7))
    received_in_time = min(at + delay, as_of - timedelta(seconds=1))
    return Did(event_type, as_of - at, properties, delay=max(received_in_time - at, timedelta(0)))
