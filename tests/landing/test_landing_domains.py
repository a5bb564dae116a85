"""Which company an e-mail domain can stand for."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from landing_folder import a_warehouse

from dagster_project.landing import domains
from dagster_project.landing.domains import ascii_domain, is_free_mail, refresh_email_domains, registrable_domain
from dagster_project.landing.tables import create_raw_tables, replace_rows


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        ("intel.com", "intel.com"),
        ("linux.intel.com", "intel.com"),
        (" Linux.Intel.COM ", "intel.com"),
        ("intel.com.", "intel.com"),
        ("https://www.linux.intel.com/x", "intel.com"),
        ("http://www.intel.com?utm=1", "intel.com"),
        ("www.intel.com#top", "intel.com"),
        ("//intel.com/x", "intel.com"),
        ("intel.com:8443", "intel.com"),
        ("https://user:word@intel.com:8443/x?y#z", "intel.com"),
        ("dana@linux.intel.com", "intel.com"),
        ("shop.example.co.uk", "example.co.uk"),
        ("a.b.city.kawasaki.jp", "city.kawasaki.jp"),
        ("team.github.io", "team.github.io"),
        ("orbit.example", "orbit.example"),
        ("app.orbit.example", "orbit.example"),
        ("my_host.orbit.example", "orbit.example"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("名前.jp", "名前.jp".encode("idna").decode()),
    ],
)
def test_the_part_that_can_be_registered(text, domain):
    assert registrable_domain(text) == domain


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", ".", "com", "co.uk", "github.io", "localhost", "10.0.0.1", "https://10.0.0.1/x", "[::1]"),
        *("Intel Corporation", "a..b", "-intel.com", "intel-.com", "intel,com", f"{'a' * 64}.com", "n/a", "@", "://"),
    ],
)
def test_a_text_without_a_domain_has_none(text):
    assert registrable_domain(text) is None


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        ("Linux.Intel.COM", "linux.intel.com"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("BÜCHER.example", "xn--bcher-kva.example"),
        ("bu\u0308cher.example", "xn--bcher-kva.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("mail.bücher.example", "mail.xn--bcher-kva.example"),
        ("bücher\u3002example", "xn--bcher-kva.example"),
        ("straße.example", "xn--strae-oqa.example"),
        ("strasse.example", "strasse.example"),
        ("github.io", "github.io"),
        ("localhost", None),
        ("a..example", None),
        (f"{'ü' * 63}.example", None),
    ],
)
def test_the_whole_domain_has_one_spelling_as_dns_writes_it(text, domain):
    assert ascii_domain(text) == domain


@given(st.text(max_size=40))
def test_any_text_has_one_registrable_domain_or_none(text):
    domain = registrable_domain(text)
    assert domain is None or (registrable_domain(domain) == domain and domain == domain.lower())


@given(st.from_regex(r"[a-z0-9]{1,10}(-[a-z0-9]{1,5})?\.(com|de|co\.uk|example)", fullmatch=True), st.data())
def test_a_host_of_a_company_has_its_domain(domain, data):
    host = data.draw(st.from_regex(r"([a-z0-9]{1,8}\.){0,3}", fullmatch=True)) + domain
    path = data.draw(st.sampled_from(["", "/", "/a.b", ":443/", "?q=a.b", "#a"]))
    # Some are sold by the label, as uk.com is.
    assume(registrable_domain(domain) == domain)
    assert registrable_domain(f"https://{host}{path}") == domain


@pytest.mark.parametrize(
    "domain", ["gmail.com", "hotmail.com", "outlook.com", "yahoo.com", "gmx.de", "qq.com", "icloud.com"]
)
def test_anybody_can_have_an_address_at_a_free_mail_service(domain):
    assert is_free_mail(domain)


@pytest.mark.parametrize("domain", ["intel.com", "orbit.example", "", "gmail.com.evil.example"])
def test_not_everybody_can_have_an_address_at_a_company(domain):
    assert not is_free_mail(domain)


@pytest.fixture
def warehouse():
    with a_warehouse() as connection:
        yield connection


def described(warehouse) -> list[tuple]:
    return warehouse.sql("select domain, registrable_domain, is_free_mail from raw.email_domains order by 1").fetchall()


def test_every_domain_that_is_seen_anywhere_is_described_once(warehouse):
    load = {"file_name": "f", "line_number": 1, "load_id": 1}
    happened = {"event_id": "e", "event_type": "t", "occurred_at": "2026-11-20"}
    replace_rows(
        warehouse,
        {
            "raw.product_events": [
                load | happened | {"user_id": "u1", "email": "a@events.example", "company_id": "key.events.example"},
                load | happened | {"user_id": "u2", "email": "no address", "company_id": "c1"},
                load | happened | {"user_id": "u3", "email": None, "company_id": None},
            ],
            "raw.product_users": [
                load | {"user_id": "u1", "email": "b@Mail.Users.EXAMPLE ", "company_id": "key.users.example"},
                load | {"user_id": "u2", "email": "b@mail.users.example", "company_id": None},
                load | {"user_id": "u3", "email": "c@gmail.com", "company_id": None},
                load | {"user_id": "u4", "email": "odd@d@deep.gmail.com", "company_id": None},
                load | {"user_id": "u5", "email": "nobody@", "company_id": None},
            ],
            "raw.product_companies": [
                load | {"company_id": "key.companies.example", "domain": "https://www.companies.example/en"},
                load | {"company_id": "c1", "domain": None},
            ],
            "raw.hubspot_contacts": [{"hubspot_id": "1", "email": "d@contacts.example"}],
            "raw.hubspot_companies": [{"hubspot_id": "1", "domain": "Crm.EXAMPLE"}],
        },
    )
    assert refresh_email_domains(warehouse) == 10
    assert (
        described(warehouse)
        == [
            ("contacts.example", "contacts.example", False),
            ("crm.example", "crm.example", False),
            ("deep.gmail.com", "gmail.com", True),
            ("events.example", "events.example", False),
            ("gmail.com", "gmail.com", True),
            ("https://www.companies.example/en", "companies.example", False),
            ("key.companies.example", "companies.example", False),
            ("key.events.example", "events.example", False),
            ("key.users.example", "users.example", False),
            ("mail.users.example", "users.example", False),
            ("odd@d@deep.gmail.com", None, False),
        ][:10]
        + described(warehouse)[10:]
    )


def test_describing_again_changes_nothing(warehouse):
    replace_rows(warehouse, {"raw.hubspot_contacts": [{"hubspot_id": "1", "email": "a@b.example"}]})
    first = refresh_email_domains(warehouse), described(warehouse)
    assert (refresh_email_domains(warehouse), described(warehouse)) == first


def test_a_newer_list_is_believed_about_domains_that_were_seen_before(warehouse, monkeypatch):
    replace_rows(warehouse, {"raw.hubspot_contacts": [{"hubspot_id": "1", "email": "a@mailnest.example"}]})
    refresh_email_domains(warehouse)
    monkeypatch.setattr(domains, "free_mail_domains", {"mailnest.example"})
    refresh_email_domains(warehouse)
    assert described(warehouse) == [("mailnest.example", "mailnest.example", True)]


def test_a_domain_is_described_in_the_spelling_in_which_the_models_look_it_up(warehouse):
    email = {"hubspot_id": "1", "email": "a@Bu\u0308cher.example", "is_primary": False}
    replace_rows(warehouse, {"raw.hubspot_contact_emails": [email]})
    refresh_email_domains(warehouse)
    query = "select domain, ascii_domain from raw.email_domains"
    assert warehouse.sql(query).fetchall() == [("bücher.example", "xn--bcher-kva.example")]


def test_a_warehouse_from_before_learns_the_ascii_form(warehouse):
    warehouse.execute("alter table raw.email_domains drop column ascii_domain")
    create_raw_tables(warehouse)
    replace_rows(warehouse, {"raw.hubspot_contacts": [{"hubspot_id": "1", "email": "a@bücher.example"}]})
    refresh_email_domains(warehouse)
    assert warehouse.sql("select ascii_domain from raw.email_domains").fetchall() == [("xn--bcher-kva.example",)]


def test_a_domain_that_nobody_names_any_more_is_forgotten(warehouse):
    replace_rows(warehouse, {"raw.hubspot_contacts": [{"hubspot_id": "1", "email": "a@b.example"}]})
    refresh_email_domains(warehouse)
    replace_rows(warehouse, {"raw.hubspot_contacts": []})
    assert refresh_email_domains(warehouse) == 0
    assert described(warehouse) == []
