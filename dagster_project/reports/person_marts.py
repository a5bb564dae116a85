"""What the published marts, and the rules published with them, say of one person."""

from collections.abc import Sequence
from dataclasses import dataclass
from unicodedata import normalize

import duckdb

from dagster_project.counting import counted
from dagster_project.landing.domains import ascii_domain
from dagster_project.publish.snapshot import Snapshot
from dagster_project.reports.what_next import Rules

RULE_TABLES = (
    "engagement_rules",
    "score_groups",
    "negative_rules",
    "score_weights",
    "score_bands",
    "score_settings",
)


class NobodyFound(Exception):
    """No scored user has this address."""


@dataclass(frozen=True)
class PersonMarts:
    """All rows of one person, each kind in the order in which it is told."""

    person: dict
    reasons: list[dict]
    signals: list[dict]
    conditions: list[dict]
    handoffs: list[dict]
    returns: list[dict]
    changes: list[dict]


def read_people(snapshot: Snapshot, email: str) -> list[PersonMarts]:
    """Everybody with this address, the best scored first.

    Raises:
        NobodyFound: Nobody has it; the message says in which snapshot it was looked for.
    """
    with duckdb.connect() as connection:
        people = _rows(
            connection,
            "select * from read_parquet($table) where contact_email = $email order by combined_score desc, user_id",
            {"table": str(snapshot.path("score.contact_scores")), "email": _as_scored(email)},
        )
        if not people:
            raise NobodyFound(
                f"Nobody has the address {email} among the "
                f"{counted(snapshot.row_counts['score.contact_scores'], 'person', 'people')} scored as of "
                f"{snapshot.as_of:%Y-%m-%d %H:%M} UTC."
            )
        return [_read_person(connection, snapshot, person) for person in people]


def read_published_rules(snapshot: Snapshot) -> Rules | None:
    """The rules that the snapshot was made with; one of an earlier version has none beside it."""
    with duckdb.connect() as connection:
        tables = {}
        for name in RULE_TABLES:
            path = snapshot.path(f"rules.{name}")
            if not path.exists():
                return None
            tables[name] = _rows(connection, "select * from read_parquet($table)", {"table": str(path)})
    return Rules(
        engagement=_by(tables["engagement_rules"], "rule_id"),
        groups=_by(tables["score_groups"], "score_group"),
        negative=tables["negative_rules"],
        weights=_by(tables["score_weights"], "profile"),
        bands=tables["score_bands"],
        settings={row["setting_id"]: row["value"] for row in tables["score_settings"]},
    )


def _read_person(connection: duckdb.DuckDBPyConnection, snapshot: Snapshot, person: dict) -> PersonMarts:
    def of_person(table: str, key: str, order: Sequence[str]) -> list[dict]:
        path = snapshot.path(table)
        # Marts that came later than a snapshot are not in it.
        if not path.exists():
            return []
        return _rows(
            connection,
            f"select * from read_parquet($table) where {key} = $user_id order by {', '.join(order)}",
            {"table": str(path), "user_id": person["user_id"]},
        )

    return PersonMarts(
        person=person,
        reasons=[
            {"is_met": None} | reason
            for reason in of_person(
                "score.contact_score_reasons", "user_id", ("score_name desc", "points desc", "rule_id")
            )
        ],
        signals=of_person("score.contact_signals", "user_id", ("is_live desc", "strength", "signal_id")),
        conditions=of_person("decide.sales_qualifications", "user_id", ("condition_id",)),
        handoffs=of_person("decide.handoffs", "record_key", ("episode",)),
        returns=of_person("decide.returns", "record_key", ("episode",)),
        changes=of_person("score.score_changes", "user_id", ("changed_at desc",)),
    )


def _as_scored(email: str) -> str:
    """An address as the scores have it: trimmed, lower-cased, composed, its domain as DNS writes it."""
    local, at, domain = normalize("NFC", email.strip().lower()).rpartition("@")
    return f"{local}{at}{ascii_domain(domain) or domain}"


def _by(rows: list[dict], key: str) -> dict[str, dict]:
    return {row[key]: row for row in rows}


def _rows(connection: duckdb.DuckDBPyConnection, query: str, parameters: dict) -> list[dict]:
    relation = connection.sql(query, params=parameters)
    return [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]
