"""Texts of any length in Postgres, as SQLite has had them all along: a value that HubSpot took must find its place."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

COLUMNS = {
    "associations_made": ("hubspot_id", "company_id", "record_key", "company_key", "run_id"),
    "drift": ("object_type", "hubspot_id", "property", "record_key"),
    "erased_names": ("kind", "digest"),
    "erasures": ("run_id",),
    "handoffs": ("handoff_id", "record_key", "owner_id", "owner_reason", "run_id", "pool", "track", "route_id"),
    "identities": ("object_type", "record_key", "hubspot_id", "matched_by"),
    "ledger_log": ("object_type", "record_key", "hubspot_id", "property", "run_id"),
    "list_log": ("list_id", "hubspot_id", "outcome", "run_id"),
    "outbox": (
        "action_id",
        "trigger_id",
        "kind",
        "target",
        "record_key",
        "state",
        "claimed_by",
        "subject_key",
        "owner_id",
        "pool",
        "priority",
        "sent_as",
    ),
    "portal": ("portal_id", "base_url"),
    "privacy_salt": ("salt",),
    "rejections": ("object_type", "record_key", "hubspot_id", "category", "run_id"),
    "returns": ("return_id", "handoff_id", "record_key", "rule_id", "owner_id", "run_id"),
    "rule_versions": ("digest",),
    "runs": ("run_id", "step"),
    "segment_lists": ("segment_id", "object_type", "name", "list_id", "run_id"),
    "segment_sizes": ("segment_id", "run_id"),
    "sent_occurrences": ("run_id",),
    "suppressions": ("record_key", "email", "reason", "run_id"),
    "undone_values": ("object_type", "hubspot_id", "property", "record_key", "undone_run_id", "run_id"),
}


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for table, columns in COLUMNS.items():
            for column in columns:
                op.alter_column(table, column, type_=sa.Text)
