"""How people write countries, and the code each stands for (ISO 3166-1 alpha-2)."""

from collections.abc import Iterator
from difflib import get_close_matches
from functools import cache
from gettext import translation
from unicodedata import combining, normalize

import pycountry

from dagster_project.wording import words_of

# In these languages a form or a CRM is likely to be filled in. A name that is two countries' is none's.
LANGUAGES = (
    *("de", "fr", "es", "it", "pt", "pt_BR", "nl", "sv", "da", "nb_NO", "fi", "is", "pl", "cs", "sk", "sl", "hr", "hu"),
    *("ro", "bg", "el", "et", "lv", "lt", "ca", "ga", "tr", "ru", "uk", "he", "ar", "ja", "ko", "zh_CN", "zh_TW"),
)
# What neither ISO nor pycountry has: everyday English, HubSpot's lists of countries, and codes that others use.
OTHERWISE = {
    "AE": ("UAE", "Emirates"),
    "BN": ("Brunei",),
    "CD": ("DR Congo", "DRC", "Democratic Republic of the Congo", "Democratic Republic of Congo", "Congo Kinshasa"),
    "CG": ("Republic of the Congo", "Congo Republic", "Congo Brazzaville"),
    "CI": ("Ivory Coast", "Cote d'Ivoire"),
    "CV": ("Cape Verde",),
    "CZ": ("Czech Republic",),
    "FK": ("Falkland Islands", "Falklands"),
    "FM": ("Micronesia",),
    "GB": ("UK", "U.K.", "Great Britain", "Großbritannien", "England", "Scotland", "Wales", "Northern Ireland"),
    "GR": ("EL", "Hellas"),
    "HK": ("Hong Kong SAR", "Hong Kong S.A.R.", "Hong Kong, China"),
    "IE": ("Republic of Ireland", "Eire"),
    "IR": ("Iran",),
    "KP": ("North Korea", "DPRK"),
    "KR": ("South Korea", "Korea", "Korea, South", "Korea (South)"),
    "LA": ("Laos",),
    "MF": ("Saint Martin", "St. Martin"),
    "MK": ("Macedonia", "FYROM"),
    "MM": ("Burma", "Myanmar (Burma)"),
    "MO": ("Macau", "Macau SAR", "Macao SAR"),
    "NL": ("Holland", "The Netherlands"),
    "PS": ("Palestine", "Palestinian Territories"),
    "RU": ("Russia", "Россия"),
    "SX": ("Sint Maarten", "St. Maarten"),
    "SZ": ("Swaziland",),
    "TL": ("East Timor",),
    "TR": ("Turkey", "Turkiye"),
    "TW": ("Taiwan", "Taiwan, Republic of China"),
    "US": ("U.S.", "U.S.A.", "USA", "United States of America", "the US", "the USA", "America", "EEUU", "EE.UU."),
    "VA": ("Vatican", "Vatican City"),
    "VG": ("British Virgin Islands",),
    "VI": ("U.S. Virgin Islands", "US Virgin Islands", "United States Virgin Islands"),
    "VN": ("Viet Nam", "Vietnam"),
    # Not in ISO 3166; the code that the European Union, banks and HubSpot use.
    "XK": ("Kosovo",),
}


def country_code(text: str) -> str | None:
    """`United States`, `u.s.a.`, `Vereinigte Staaten` → `US`; None where the text names no country we know."""
    return country_spellings().get(_in_words(text))


@cache
def country_codes() -> frozenset[str]:
    return frozenset(country.alpha_2 for country in pycountry.countries) | OTHERWISE.keys()


def country_name(code: str) -> str:
    """What most people call it in English."""
    country = pycountry.countries.get(alpha_2=code)
    return OTHERWISE[code][0] if country is None else getattr(country, "common_name", country.name)


def similar_countries(text: str) -> list[str]:
    """Codes of the countries whose English names look most like a text."""
    names = {_in_words(country_name(code)): code for code in sorted(country_codes())}
    return [names[name] for name in get_close_matches(_in_words(text), names, n=3, cutoff=0.7)]


@cache
def country_spellings() -> dict[str, str]:
    """Every spelling we know, in small letters and with blanks between words, and its code.

    Source: ISO 3166-1 and its translations as packaged by `pycountry`.
    """
    known: dict[str, str] = {}
    for code, name in (*_codes(), *_english()):
        # What comes first counts: no name takes a code away, and no translation a name.
        known.setdefault(name, code)
    translated: dict[str, set[str]] = {}
    for code, name in _translated():
        translated.setdefault(name, set()).add(code)
    return known | {name: min(codes) for name, codes in translated.items() if len(codes) == 1 and name not in known}


def _codes() -> Iterator[tuple[str, str]]:
    for code in sorted(country_codes()):
        yield code, code.lower()
    for country in pycountry.countries:
        yield country.alpha_2, country.alpha_3.lower()


def _english() -> Iterator[tuple[str, str]]:
    for country in pycountry.countries:
        for name in _names(country):
            yield from ((country.alpha_2, spelling) for spelling in _spellings(name))
            # `Korea, Republic of` is `Republic of Korea`.
            first, comma, rest = name.partition(", ")
            if comma:
                yield country.alpha_2, _in_words(f"{rest} {first}")
    for code, names in OTHERWISE.items():
        for name in names:
            yield from ((code, spelling) for spelling in _spellings(name))


def _translated() -> Iterator[tuple[str, str]]:
    for language in LANGUAGES:
        translate = translation("iso3166-1", pycountry.LOCALES_DIR, languages=[language]).gettext
        for country in pycountry.countries:
            for name in _names(country):
                if translate(name) != name:
                    yield from ((country.alpha_2, spelling) for spelling in _spellings(translate(name)))


def _names(country: object) -> Iterator[str]:
    names = (getattr(country, field, None) for field in ("name", "common_name", "official_name"))
    return (name for name in names if name is not None)


def _spellings(name: str) -> set[str]:
    """A name as it is, and as it is typed in a hurry: without accents, with `&`, with `St.`, without its article."""
    names = {name, _without_accents(name)}
    names |= {other.replace(" and ", " & ") for other in names}
    names |= {other.replace("Saint ", "St. ") for other in names}
    names |= {f"the {name}"} if name.endswith(("s", "Republic", "Kingdom", "Gambia")) else set()
    return {words for words in map(_in_words, names) if words}


def _without_accents(text: str) -> str:
    letters = "".join(letter for letter in normalize("NFD", text) if not combining(letter))
    return normalize("NFC", letters)


def _in_words(text: str) -> str:
    """As the macro `words` of the dbt project has it, without the blanks around."""
    return " ".join(words_of(normalize("NFC", text)))
