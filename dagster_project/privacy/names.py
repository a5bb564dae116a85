"""By what a person is known: user ids, addresses and HubSpot ids, each in the one form that is compared and hashed."""

import hashlib
import secrets
from collections.abc import Iterable
from unicodedata import normalize

from sqlalchemy import Engine, insert, select

from dagster_project.landing.domains import ascii_domain
from dagster_project.state.tables import privacy_salt

USER, EMAIL, HUBSPOT = "user_id", "email", "hubspot_id"
# A name and what kind of one it is.
Name = tuple[str, str]


def normalised(kind: str, value: str) -> str:
    """Addresses as the models compare them: trimmed, lower-cased, composed, the domain as DNS writes it."""
    if kind != EMAIL:
        return value
    address = normalize("NFC", value.strip().lower())
    before, at, domain = address.rpartition("@")
    return f"{before}@{ascii_domain(domain) or domain}" if at else address


def digest(salt: str, kind: str, value: str) -> str:
    """A hash that tells a name again and cannot be read; DuckDB's `sha256` makes the same of the same text.

    Args:
        value: As `normalised` has it.
    """
    return hashlib.sha256(f"{salt}:{kind}:{value}".encode()).hexdigest()


def digests(salt: str, names: Iterable[Name]) -> set[Name]:
    return {(kind, digest(salt, kind, value)) for kind, value in names}


def salt_of(engine: Engine) -> str:
    """The salt of this state, made when it is first asked for."""
    query = select(privacy_salt.c.salt)
    with engine.connect() as connection:
        found = connection.execute(query).scalar()
    if found is not None:
        return found
    with engine.begin() as connection:
        # Somebody else may have been quicker.
        if connection.execute(query).scalar() is None:
            connection.execute(insert(privacy_salt).values(id=1, salt=secrets.token_hex(32)))
        return connection.execute(query).scalar_one()
