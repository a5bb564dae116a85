"""The state in Postgres: every transaction takes its turn, as in an SQLite file, and is on disk when it is over.

Two machines may write at the same time there, and what is written relies on turns: the ledger is folded up to its last
number, so a smaller number must never become visible after a larger one; what is claimed is looked at and then written.
One lock for the whole state gives both. Its transactions are short, and nothing is sent while one is open.
"""

import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Engine, event

# As SQLAlchemy names it.
POSTGRES = "postgresql"
LOCK = 7_719_240
LOCK_PATIENCE_SECONDS = 30
# A process that was frozen, or cut off from the server, in the middle of its turn: ended before others give up.
IDLE_SECONDS = 20
CONNECT_SECONDS = 10
# Together, so that a turn costs one round trip. The level of isolation is that of a statement: with another one, the
# first look would be at what was there before the turn came.
TAKE_TURN = f"""
set local lock_timeout = '{LOCK_PATIENCE_SECONDS}s';
set local idle_in_transaction_session_timeout = '{IDLE_SECONDS}s';
select set_config('synchronous_commit', 'on', true) where current_setting('synchronous_commit') = 'off';
select pg_advisory_xact_lock({LOCK})
"""
WRONG_OPTION = (
    "an option behind the ? of PQL_STATE_URL has a value that its driver does not take. Correct it or leave it out."
)
# What the server or its driver says, and what to do about it.
NO_SUCH_OPTION = r"invalid connection option|(invalid \w+|bad|invalid) value"
ADVICE = {
    r"password authentication failed": "User or password in PQL_STATE_URL is wrong",
    r"no password supplied": "The server wants a password, and PQL_STATE_URL has none",
    r"no pg_hba\.conf entry": "The pg_hba.conf of the server lets nobody in from this machine; add a line for it",
    r"role \".*\" does not exist": "Make the user with createuser, or name another one in PQL_STATE_URL",
    r"database \".*\" does not exist": "Make it with createdb --encoding UTF8, owned by the user of PQL_STATE_URL",
    r"already exists": "Give the state a database of its own",
    r"permission denied": "Make the user of PQL_STATE_URL the owner of the database: alter database … owner to …",
    r"read-only transaction": "The server takes no writes, as a standby does; name the one that does in PQL_STATE_URL",
    r"lock timeout": f"Another process has held the state for {LOCK_PATIENCE_SECONDS} seconds; wait for it or end it",
    r"too many (clients|connections)|connection slots": "Raise max_connections of the server, or end what it serves",
    r"refused|resolve|translate|timeout|timed out|unreachable|No such file": (
        "Nobody answers there; look at host and port in PQL_STATE_URL, and whether the server runs"
    ),
    r"server closed the connection|terminating connection|connection is lost|SSL SYSCALL": (
        "The connection was lost; a later run goes on where this one stopped"
    ),
}


def options(query: Mapping[str, Any]) -> dict[str, Any]:
    """How an engine on Postgres is made; what stands behind the ? of the URL goes first."""
    patience = {} if "connect_timeout" in query else {"connect_timeout": CONNECT_SECONDS}
    # Asked before it is used, a connection that a restart of the server ended is replaced.
    return {"isolation_level": "READ COMMITTED", "pool_pre_ping": True, "connect_args": patience}


def prepare(engine: Engine) -> None:
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(TAKE_TURN))


def encoding_of(connection: Connection) -> str:
    return connection.exec_driver_sql("show server_encoding").scalar_one()


def in_words(error: BaseException) -> str:
    """What Postgres or its driver says, in one line, and what to do about it."""
    said = " ".join(str(error).split())
    if re.search(NO_SUCH_OPTION, said):
        # The value may be a secret that stands in a wrong place.
        return WRONG_OPTION
    advice = next((advice for pattern, advice in ADVICE.items() if re.search(pattern, said)), None)
    return said if advice is None else f"{said.rstrip('.')}. {advice}."
