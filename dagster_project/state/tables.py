"""The state database: what HubSpot and Slack acknowledged, and what deciding must remember.

Columns named `as_of` hold the clock of the run that wrote the row (see DESIGN, "The clock"); the other instants are
wall-clock times. A run for an earlier date reads only rows with an earlier `as_of`.
"""

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    DateTime,
    Dialect,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)
from sqlalchemy.types import TypeDecorator

from dagster_project.state.postgres import POSTGRES

# No character in Unicode, which keeps it for uses such as this one.
MARK = "\uffff"


class Instant(TypeDecorator):
    """An aware UTC datetime; stored without a zone, because SQLite has none."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            # Python would take it as the time of whatever zone this machine is in.
            raise ValueError(f"{value!r} has no zone")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


class NullAllowed(TypeDecorator):
    """A text in Postgres, which has no null character in its texts: there it is written with a mark and a digit."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else value.replace(MARK, f"{MARK}1").replace("\0", f"{MARK}0")

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else value.replace(f"{MARK}0", "\0").replace(f"{MARK}1", MARK)


def word(length: int) -> String:
    """A short text. SQLite takes a longer one, too; Postgres would refuse what HubSpot has acknowledged already."""
    return String(length).with_variant(Text(), POSTGRES)


metadata = MetaData()
# SQLite counts rows by itself only in a column of type INTEGER.
RowNumber = BigInteger().with_variant(Integer, "sqlite")
# Whatever was said elsewhere.
Said = Text().with_variant(NullAllowed(), POSTGRES)

ledger_log = Table(
    "ledger_log",
    metadata,
    Column("id", RowNumber, primary_key=True, autoincrement=True),
    Column("object_type", word(32), nullable=False),
    Column("record_key", word(512), nullable=False),
    Column("hubspot_id", word(64), nullable=False),
    Column("property", word(128), nullable=False),
    Column("value", Said),
    Column("previous_value", Said),
    Column("run_id", word(64), nullable=False),
    Column("as_of", Instant, nullable=False),
    Column("acknowledged_at", Instant, nullable=False),
    Index("ledger_log_by_object", "object_type", "id"),
)

identities = Table(
    "identities",
    metadata,
    Column("object_type", word(32), primary_key=True),
    Column("record_key", word(512), primary_key=True),
    Column("hubspot_id", word(64), nullable=False),
    Column("matched_by", word(32), nullable=False),
    Column("recorded_at", Instant, nullable=False),
)

rejections = Table(
    "rejections",
    metadata,
    Column("object_type", word(32), primary_key=True),
    Column("record_key", word(512), primary_key=True),
    Column("hubspot_id", word(64)),
    Column("refused_values", JSON, nullable=False),
    Column("category", word(128), nullable=False),
    Column("message", Said, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("last_try_at", Instant, nullable=False),
    Column("next_try_at", Instant, nullable=False),
    Column("run_id", word(64), nullable=False),
)

handoffs = Table(
    "handoffs",
    metadata,
    Column("handoff_id", word(64), primary_key=True),
    Column("record_key", word(512), nullable=False),
    Column("episode", Integer, nullable=False),
    Column("owner_id", word(64)),
    Column("owner_reason", word(32), nullable=False),
    Column("handed_off_at", Instant, nullable=False),
    Column("run_id", word(64), nullable=False),
    Column("claimed_at", Instant, nullable=False),
    Column("acknowledged_as_of", Instant),
    Column("acknowledged_at", Instant),
    Column("pool", word(128)),
    Column("track", word(32)),
    Column("route_id", word(128)),
    Column("turn", Integer),
    Column("reason", Said),
)

# Contacts that went back to marketing: begun before HubSpot is written, acknowledged when it was read back.
returns = Table(
    "returns",
    metadata,
    Column("return_id", word(64), primary_key=True),
    Column("handoff_id", word(64)),
    Column("record_key", word(512), nullable=False),
    Column("episode", Integer, nullable=False),
    Column("rule_id", word(128), nullable=False),
    Column("reason", Said, nullable=False),
    Column("owner_id", word(64)),
    Column("returned_at", Instant, nullable=False),
    Column("run_id", word(64), nullable=False),
    Column("claimed_at", Instant, nullable=False),
    Column("acknowledged_as_of", Instant),
    Column("acknowledged_at", Instant),
)

# Values that were taken back: a sync leaves them out for as long as the warehouse wants the very same ones. Of one
# property there are several where several runs were taken back, one after the other.
undone_values = Table(
    "undone_values",
    metadata,
    Column("id", RowNumber, primary_key=True, autoincrement=True),
    Column("object_type", word(32), nullable=False),
    Column("hubspot_id", word(64), nullable=False),
    Column("property", word(128), nullable=False),
    Column("record_key", word(512), nullable=False),
    Column("value", Said),
    Column("undone_run_id", word(64), nullable=False),
    Column("run_id", word(64), nullable=False),
    Column("undone_at", Instant, nullable=False),
    Index("undone_values_by_place", "object_type", "hubspot_id", "property"),
)

# What HubSpot was read to hold of ours and did not acknowledge. A row is open until `settled_at`; it stays after that,
# for how often our value was written over the found one.
drift = Table(
    "drift",
    metadata,
    Column("object_type", word(32), primary_key=True),
    Column("hubspot_id", word(64), primary_key=True),
    Column("property", word(128), primary_key=True),
    Column("record_key", word(512), nullable=False),
    Column("acknowledged_value", Said),
    Column("found_value", Said),
    Column("times_rewritten", Integer, nullable=False),
    Column("found_at", Instant, nullable=False),
    Column("settled_at", Instant),
)

# Contacts that were associated with companies; not repeated where a person takes one apart again.
associations_made = Table(
    "associations_made",
    metadata,
    Column("hubspot_id", word(64), primary_key=True),
    Column("company_id", word(64), primary_key=True),
    Column("record_key", word(512), nullable=False),
    Column("company_key", word(512), nullable=False),
    Column("run_id", word(64), nullable=False),
    Column("as_of", Instant, nullable=False),
    Column("acknowledged_at", Instant, nullable=False),
)

# Custom events, a row for each call that HubSpot took: `occurrence_ids` are their UUIDs, 16 bytes each, until they are
# too old to be sent again; then null, and the row stays to be counted.
sent_occurrences = Table(
    "sent_occurrences",
    metadata,
    Column("id", RowNumber, primary_key=True, autoincrement=True),
    Column("run_id", word(64), nullable=False),
    Column("sent_at", Instant, nullable=False),
    Column("last_occurred_at", Instant, nullable=False),
    Column("occurrence_count", Integer, nullable=False),
    Column("occurrence_ids", LargeBinary),
    Index("sent_occurrences_by_time", "last_occurred_at"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("action_id", word(64), primary_key=True),
    Column("trigger_id", word(64), nullable=False),
    Column("kind", word(32), nullable=False),
    Column("target", word(128), nullable=False),
    Column("record_key", word(512), nullable=False),
    Column("payload", JSON, nullable=False),
    Column("state", word(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_try_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("claimed_by", word(64)),
    Column("claimed_until", Instant),
    Column("receipt", JSON),
    Column("problem", Said),
    Column("as_of", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    # Of which episode it is, when that began, and whose turn it took: what deciding must remember.
    Column("subject_key", word(512)),
    Column("episode", Integer),
    Column("moment_at", Instant),
    Column("owner_id", word(64)),
    Column("pool", word(128)),
    Column("turn", Integer),
    Column("priority", word(16)),
    Column("due_at", Instant),
    # One message may tell of several: the id that they went out under.
    Column("sent_as", word(64)),
    # By the clock of the runs: when it was put here, before when it does not leave, when it was delivered.
    Column("enqueued_at", Instant),
    Column("leaves_at", Instant),
    Column("delivered_at", Instant),
    Index("outbox_by_state", "state"),
    Index("outbox_by_episode", "trigger_id", "subject_key"),
)

# One row: the portal that all of this is about.
portal = Table(
    "portal",
    metadata,
    Column("portal_id", word(64), primary_key=True),
    Column("base_url", word(512), nullable=False),
    Column("recorded_at", Instant, nullable=False),
)

runs = Table(
    "runs",
    metadata,
    Column("id", RowNumber, primary_key=True, autoincrement=True),
    Column("run_id", word(64), nullable=False),
    Column("step", word(32), nullable=False),
    Column("as_of", Instant, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("ended_at", Instant, nullable=False),
    Column("summary", JSON, nullable=False),
    Index("runs_by_run", "run_id"),
)

# A row whenever a build was made with other rule files than the one before it: their whole contents, by file name.
rule_versions = Table(
    "rule_versions",
    metadata,
    Column("id", RowNumber, primary_key=True, autoincrement=True),
    Column("digest", word(64), nullable=False),
    Column("in_force_from", Instant, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("files", JSON, nullable=False),
)

# Contacts of whom HubSpot said that they were deleted there under the GDPR: nothing about them is written any more.
suppressions = Table(
    "suppressions",
    metadata,
    Column("record_key", word(512), primary_key=True),
    Column("email", word(320)),
    Column("reason", word(32), nullable=False),
    Column("run_id", word(64), nullable=False),
    Column("recorded_at", Instant, nullable=False),
)

# One row: what the names of erased people are hashed with.
privacy_salt = Table(
    "privacy_salt",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("salt", word(64), nullable=False),
)

# By what an erased person would be known again, as salted hashes: user ids, addresses, HubSpot ids.
erased_names = Table(
    "erased_names",
    metadata,
    Column("kind", word(16), primary_key=True),
    Column("digest", word(64), primary_key=True),
    Column("erased_at", Instant, nullable=False),
)

# One row a person; `names` and `files` are what is still to be erased, and empty once everything is.
erasures = Table(
    "erasures",
    metadata,
    Column("id", RowNumber, primary_key=True, autoincrement=True),
    Column("run_id", word(64), nullable=False),
    Column("begun_at", Instant, nullable=False),
    Column("finished_at", Instant),
    Column("names", JSON, nullable=False),
    Column("files", JSON, nullable=False),
)

# The list in HubSpot that holds each segment; without an id while it is being made.
segment_lists = Table(
    "segment_lists",
    metadata,
    Column("segment_id", word(128), primary_key=True),
    Column("object_type", word(32), nullable=False),
    Column("name", word(256), nullable=False),
    Column("list_id", word(64)),
    Column("run_id", word(64), nullable=False),
    Column("claimed_at", Instant, nullable=False),
)

# Who is in the lists in HubSpot, append-only: `outcome` is asked (a call is about to leave, what it did is not known
# yet), then member, removed or missing.
list_log = Table(
    "list_log",
    metadata,
    Column("id", RowNumber, primary_key=True, autoincrement=True),
    Column("list_id", word(64), nullable=False),
    Column("hubspot_id", word(64), nullable=False),
    Column("outcome", word(16), nullable=False),
    Column("run_id", word(64), nullable=False),
    Column("as_of", Instant, nullable=False),
    Column("acknowledged_at", Instant, nullable=False),
    Index("list_log_by_member", "list_id", "hubspot_id", "id"),
)

# How many were in each segment at the clock of each build that was looked at.
segment_sizes = Table(
    "segment_sizes",
    metadata,
    Column("segment_id", word(128), primary_key=True),
    Column("as_of", Instant, primary_key=True),
    Column("size", Integer, nullable=False),
    Column("run_id", word(64), nullable=False),
)
