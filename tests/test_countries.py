"""Countries as people write them: what is a country, and what nobody could say."""

import duckdb
import pycountry
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.countries import country_code, country_codes, country_name, country_spellings, similar_countries
from dagster_project.landing.countries import refresh_country_spellings
from dagster_project.landing.tables import create_raw_tables

# HubSpot's own list of countries, as far as it is written otherwise than in ISO 3166.
HUBSPOT_SPELLINGS = {
    "Bolivia": "BO",
    "British Virgin Islands": "VG",
    "Brunei": "BN",
    "Cape Verde": "CV",
    "Cote d'Ivoire": "CI",
    "Czech Republic": "CZ",
    "Democratic Republic of the Congo": "CD",
    "East Timor": "TL",
    "Falkland Islands": "FK",
    "Hong Kong": "HK",
    "Iran": "IR",
    "Kosovo": "XK",
    "Laos": "LA",
    "Macau": "MO",
    "Macedonia": "MK",
    "Micronesia": "FM",
    "Moldova": "MD",
    "Myanmar (Burma)": "MM",
    "North Korea": "KP",
    "Palestine": "PS",
    "Republic of the Congo": "CG",
    "Russia": "RU",
    "Saint Martin": "MF",
    "Sint Maarten": "SX",
    "South Korea": "KR",
    "St. Lucia": "LC",
    "Swaziland": "SZ",
    "Syria": "SY",
    "Taiwan": "TW",
    "Tanzania": "TZ",
    "The Bahamas": "BS",
    "The Netherlands": "NL",
    "Trinidad & Tobago": "TT",
    "Turkey": "TR",
    "U.S. Virgin Islands": "VI",
    "Vatican City": "VA",
    "Venezuela": "VE",
    "Vietnam": "VN",
}


@pytest.mark.parametrize(("text", "code"), HUBSPOT_SPELLINGS.items())
def test_what_hubspot_calls_a_country_is_known(text, code):
    assert country_code(text) == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        *[
            (text, "US")
            for text in ("US", "us", "USA", "U.S.", "u.s.a.", "United States", "the United States", "EE.UU.")
        ],
        *[(text, "US") for text in ("United States of America", "Vereinigte Staaten", "États-Unis", "Etats Unis")],
        *[(text, "DE") for text in ("DE", "DEU", "Germany", " germany ", "Deutschland", "Allemagne", "ドイツ")],
        *[(text, "GB") for text in ("GB", "UK", "U.K.", "United Kingdom", "Great Britain", "England", "Scotland")],
        *[(text, "AT") for text in ("Österreich", "Osterreich", "O\u0308sterreich", "AUSTRIA", "Autriche")],
        ("Korea, Republic of", "KR"),
        ("Republic of Korea", "KR"),
        ("Bosnia and Herzegovina", "BA"),
        ("Россия", "RU"),
        ("日本", "JP"),
        # ISO's own names of countries that share a word.
        ("Congo", "CG"),
        ("Guinea", "GN"),
        ("Niger", "NE"),
        ("Dominica", "DM"),
    ],
)
def test_one_country_has_many_spellings(text, code):
    assert country_code(text) == code


@pytest.mark.parametrize("text", ["Narnia", "", " ", "—", "EU", "Europe", "Earth", "N/A", "unknown", "12345", "Texas"])
def test_what_is_no_country_is_unknown(text):
    assert country_code(text) is None


def test_every_country_is_known_by_each_name_and_code_that_iso_gives_it():
    for country in pycountry.countries:
        for name in (country.alpha_2, country.alpha_3, country.name, getattr(country, "official_name", country.name)):
            assert country_code(name) == country.alpha_2, name


def test_every_spelling_is_one_countrys_and_every_country_has_an_english_name():
    assert set(country_spellings().values()) == country_codes()
    assert {country_code(country_name(code)) for code in country_codes()} == country_codes()


@given(st.sampled_from(sorted(country_spellings())))
def test_a_spelling_is_known_however_it_is_typed(spelling):
    code = country_spellings()[spelling]
    assert country_code(f" {spelling.replace(' ', ', ')}.") == code


def test_a_misspelled_country_is_near_the_right_one():
    assert similar_countries("Germny")[0] == "DE"
    assert similar_countries("Unites States")[0] == "US"
    assert similar_countries("qqqq") == []


def test_the_spellings_become_a_table_that_is_made_anew():
    with duckdb.connect() as connection:
        create_raw_tables(connection)
        connection.execute("insert into raw.country_spellings values ('narnia', 'NA')")
        count = refresh_country_spellings(connection)
        assert refresh_country_spellings(connection) == count
        rows = connection.sql("select spelling, country_code from raw.country_spellings").fetchall()
        assert dict(rows) == country_spellings()
