"""What Postgres or its driver says, in one line with what to do; no password is ever in it."""

import re
from typing import Any

from dagster_project.engines.engine import EngineUnusable

OLDEST_VERSION = 13
MAKE_DATABASE = (
    "create database pql template template0 encoding 'UTF8' lc_collate 'C' lc_ctype 'C.UTF-8' "
    "(where the server has no C.UTF-8: any locale in UTF-8)"
)
# What is said, and what to do about it; the first that fits.
ADVICE = (
    (r"password authentication failed", "User or password is wrong: see PQL_POSTGRES_USER and PQL_POSTGRES_PASSWORD"),
    (r"no password supplied", "The server wants a password: set PQL_POSTGRES_PASSWORD"),
    (r"no pg_hba\.conf entry", "The pg_hba.conf of the server lets nobody in from this machine; add a line for it"),
    (r"database \".*\" does not exist", f"Name another one in PQL_POSTGRES_DBNAME, or make it: {MAKE_DATABASE}"),
    (r"role \".*\" does not exist", "Make the user, or name another one in PQL_POSTGRES_USER"),
    (r"permission denied", "Make the user of PQL_POSTGRES_USER the owner of the database, so that it may make schemas"),
    (r"invalid port number", "PQL_POSTGRES_PORT is a number from 1 to 65535"),
    (r"SSL|sslmode", "Say in PQL_POSTGRES_SSLMODE what the server wants: disable, prefer, require, verify-full"),
    (r"No space left", "Make room on the disk of the server, and run again"),
    (r"terminating connection|closed the connection|connection already closed|cursor already closed|shutting down",
     "The server went away while it was working. Start it and run again; what was built is not lost"),
    (r"refused|could not translate|timeout|timed out|unreachable|No such file|starting up",
     "Nobody answers there: look at PQL_POSTGRES_HOST and PQL_POSTGRES_PORT, and whether the server runs"),
)  # fmt: skip


def told(error: BaseException, place: str) -> EngineUnusable:
    """In one line what is wrong with the database at `place` (host:port/name) and what to do."""
    said = " ".join(str(error).split()) or type(error).__name__
    advice = next((advice for pattern, advice in ADVICE if re.search(pattern, said)), None)
    what = said.rstrip(".")
    return EngineUnusable(
        f"The Postgres of PQL_TARGET ({place}) cannot be used: {what}." + (f" {advice}." if advice else "")
    )


def refuse_unfit(connection: Any, place: str) -> None:
    """Raises:
    EngineUnusable: The database is too old, or sorts texts or knows letters otherwise than DuckDB does.
    """
    with connection, connection.cursor() as cursor:
        cursor.execute("show server_encoding")
        [(encoding,)] = cursor.fetchall()
        # Without a locale, Postgres knows no letters but those of ASCII; and languages sort a before B.
        is_utf8 = encoding == "UTF8"
        cursor.execute(
            "select 'a' > 'B' and 'a b' < 'aa', lower('\u00c9') = '\u00e9'" if is_utf8 else "select false, false"
        )
        [(by_bytes, knows_letters)] = cursor.fetchall()
    version = connection.server_version // 10000
    wrong = None
    if version < OLDEST_VERSION:
        raise EngineUnusable(
            f"The Postgres of PQL_TARGET ({place}) is version {version}; {OLDEST_VERSION} or later is needed."
        )
    if not is_utf8:
        wrong = f"has the encoding {encoding}"
    elif not by_bytes:
        wrong = "sorts texts by the rules of a language, and models and DuckDB by their bytes"
    elif not knows_letters:
        wrong = "knows no letters but those of ASCII (its lc_ctype is C)"
    if wrong:
        raise EngineUnusable(
            f"The Postgres database of PQL_TARGET ({place}) {wrong}. Make another one: {MAKE_DATABASE}."
        )
