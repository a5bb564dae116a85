"""Whom new rows concern: those who did something, and everybody whose scores and decisions hang together with theirs.

People hang together by a company, an address, a record of HubSpot, a domain, an anonymous id or another user id. All
that hang together are looked at together, so that what comes out for them is what a build of everybody gives.
"""

from dataclasses import dataclass
from datetime import datetime

import duckdb

from dagster_project.concerned.statements import STAGING
from dagster_project.instants import naive

PART = "concerned"
SCOPE = f"{PART}.scope"
# Above this a build of everybody is as quick.
MOST_PEOPLE = 5_000


class TooManyConcerned(Exception):
    """New rows concern so many that everybody may as well be looked at; the message says how many."""


@dataclass(frozen=True)
class Tie:
    """Two columns of a table whose values belong together, and what they are values of."""

    table: str
    one: str
    one_kind: str
    other: str
    other_kind: str
    condition: str = "true"


TIES = (
    Tie("intermediate.int_users", "user_id", "user", "company_id", "company"),
    Tie("intermediate.int_users", "user_id", "user", "contact_email", "email"),
    Tie("intermediate.int_users", "user_id", "user", "email_domain", "domain", "not is_personal_email_domain"),
    Tie("intermediate.int_people", "user_id", "user", "hubspot_id", "contact"),
    Tie("intermediate.int_user_aliases", "alias_user_id", "user", "user_id", "user"),
    Tie("intermediate.int_event_actors", "user_id", "user", "anonymous_id", "visitor"),
    Tie("intermediate.int_event_actors", "user_id", "user", "company_id", "company"),
    Tie("intermediate.int_event_actors", "anonymous_id", "visitor", "company_id", "company"),
    Tie("intermediate.int_anonymous_users", "anonymous_id", "visitor", "user_id", "user"),
    Tie("intermediate.int_companies_named", "company_id", "company", "domain", "domain"),
    Tie("intermediate.int_company_matches", "company_id", "company", "hubspot_id", "crm_company"),
)
# What a row of these staging models is about, by the end of their names.
NAMED_IN_ROWS = (
    (
        "__events",
        (("user_id", "user"), ("anonymous_id", "visitor"), ("company_id", "company"), ("email", "email")),
        "or occurred_at > (select as_of from warehouse.decide.build_info) and occurred_at <= $as_of",
    ),
    ("__users", (("user_id", "user"), ("company_id", "company"), ("email", "email")), ""),
    ("__companies", (("company_id", "company"),), ""),
)
OF_HUBSPOT = f"{STAGING}.stg_hubspot__"


def start(connection: duckdb.DuckDBPyConnection, staging: dict[str, str], since: int, as_of: datetime) -> int:
    """Begin with what is named in rows that came after the write `since` and that the last build of everybody did not
    know: it had not read them, or they happened after its clock. How many ids that are.

    Args:
        staging: SQL by staging model.
    """
    connection.execute(f"create schema {SCOPE}")
    connection.execute(f"create table {SCOPE}.reached (kind varchar, id varchar, round integer)")
    connection.execute(
        f"create table {SCOPE}.loads as select load_id, coalesce(write_id, load_id) > "
        "(select coalesce(max(read_until), 0) from warehouse.intermediate.int_events_repeated) as is_unread "
        "from warehouse.raw.landing_files where coalesce(write_id, load_id) > $since",
        {"since": since},
    )
    looks = [
        f"select '{kind}' as kind, {column} as id from ({sql}) as rows "
        f"inner join {SCOPE}.loads as loads on loads.load_id = rows.load_id where loads.is_unread {also}"
        for model, sql in staging.items()
        for end, columns, also in NAMED_IN_ROWS
        if model.endswith(end) and not model.startswith(OF_HUBSPOT)
        for column, kind in columns
    ]
    if looks:
        connection.execute(
            f"insert into {SCOPE}.reached select distinct kind, id, 0 from ({' union all '.join(looks)}) as named "
            "where id is not null",
            {"as_of": naive(as_of)},
        )
    return _count(connection, "true")


def spread(connection: duckdb.DuckDBPyConnection, databases: tuple[str, ...]) -> int:
    """Go on to everything that hangs together with what was reached so far; how many ids that adds.

    Raises:
        TooManyConcerned: More people than it makes sense to look at apart.
    """
    before = _count(connection, "true")
    ((last,),) = connection.execute(f"select coalesce(max(round), 0) from {SCOPE}.reached").fetchall()
    # All that was reached is new to another database.
    since, this = 0, last + 1
    while True:
        looks = " union ".join(
            _look(database, tie, *direction, since)
            for database in databases
            for tie in TIES
            for direction in (
                (tie.one, tie.one_kind, tie.other, tie.other_kind),
                (tie.other, tie.other_kind, tie.one, tie.one_kind),
            )
        )
        connection.execute(
            f"insert into {SCOPE}.reached select kind, id, {this} from ({looks}) as found where id is not null "
            f"and (kind, id) not in (select (kind, id) from {SCOPE}.reached)"
        )
        added = _count(connection, f"round = {this}")
        people = _count(connection, "kind = 'user'")
        if people > MOST_PEOPLE:
            raise TooManyConcerned(f"what is new concerns more than {MOST_PEOPLE:,} people")
        if not added:
            return _count(connection, "true") - before
        since, this = this, this + 1


def reached(kind: str) -> str:
    """SQL: the ids of this kind that were reached."""
    return f"select id from {SCOPE}.reached where kind = '{kind}'"


def forget(connection: duckdb.DuckDBPyConnection) -> None:
    """Nobody is reached any more."""
    connection.execute(f"delete from {SCOPE}.reached")


def _look(database: str, tie: Tie, known: str, known_kind: str, wanted: str, wanted_kind: str, since: int) -> str:
    return (
        f"select '{wanted_kind}' as kind, {wanted} as id from {database}.{tie.table} where {tie.condition} "
        f"and {known} in (select id from {SCOPE}.reached where kind = '{known_kind}' and round >= {since})"
    )


def _count(connection: duckdb.DuckDBPyConnection, condition: str) -> int:
    ((count,),) = connection.execute(f"select count(*) from {SCOPE}.reached where {condition}").fetchall()
    return count
