"""Ledger log, identities, rejections, handoffs, outbox, portal and runs."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "ledger_log",
        sa.Column("id", ROW_NUMBER, primary_key=True, autoincrement=True),
        sa.Column("object_type", sa.String(32), nullable=False),
        sa.Column("record_key", sa.String(512), nullable=False),
        sa.Column("hubspot_id", sa.String(64), nullable=False),
        sa.Column("property", sa.String(128), nullable=False),
        sa.Column("value", sa.Text),
        sa.Column("previous_value", sa.Text),
        sa.Column("run_id", sa.String(64), nullable=False),
        sa.Column("as_of", sa.DateTime, nullable=False),
        sa.Column("acknowledged_at", sa.DateTime, nullable=False),
    )
    op.create_index("ledger_log_by_object", "ledger_log", ["object_type", "id"])
    op.create_table(
        "identities",
        sa.Column("object_type", sa.String(32), primary_key=True),
        sa.Column("record_key", sa.String(512), primary_key=True),
        sa.Column("hubspot_id", sa.String(64), nullable=False),
        sa.Column("matched_by", sa.String(32), nullable=False),
        sa.Column("recorded_at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "rejections",
        sa.Column("object_type", sa.String(32), primary_key=True),
        sa.Column("record_key", sa.String(512), primary_key=True),
        sa.Column("hubspot_id", sa.String(64)),
        sa.Column("refused_values", sa.JSON, nullable=False),
        sa.Column("category", sa.String(128), nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("last_try_at", sa.DateTime, nullable=False),
        sa.Column("next_try_at", sa.DateTime, nullable=False),
        sa.Column("run_id", sa.String(64), nullable=False),
    )
    op.create_table(
        "handoffs",
        sa.Column("handoff_id", sa.String(64), primary_key=True),
        sa.Column("record_key", sa.String(512), nullable=False),
        sa.Column("episode", sa.Integer, nullable=False),
        sa.Column("owner_id", sa.String(64)),
        sa.Column("owner_reason", sa.String(32), nullable=False),
        sa.Column("handed_off_at", sa.DateTime, nullable=False),
        sa.Column("run_id", sa.String(64), nullable=False),
        sa.Column("claimed_at", sa.DateTime, nullable=False),
        sa.Column("acknowledged_as_of", sa.DateTime),
        sa.Column("acknowledged_at", sa.DateTime),
    )
    op.create_table(
        "outbox",
        sa.Column("action_id", sa.String(64), primary_key=True),
        sa.Column("trigger_id", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("target", sa.String(128), nullable=False),
        sa.Column("record_key", sa.String(512), nullable=False),
        sa.Column("payload", sa.JSON, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_try_at", sa.DateTime, nullable=False),
        sa.Column("expires_at", sa.DateTime, nullable=False),
        sa.Column("claimed_by", sa.String(64)),
        sa.Column("claimed_until", sa.DateTime),
        sa.Column("receipt", sa.JSON),
        sa.Column("problem", sa.Text),
        sa.Column("as_of", sa.DateTime, nullable=False),
        sa.Column("updated_at", sa.DateTime, nullable=False),
    )
    op.create_index("outbox_by_state", "outbox", ["state"])
    op.create_table(
        "portal",
        sa.Column("portal_id", sa.String(64), primary_key=True),
        sa.Column("base_url", sa.String(512), nullable=False),
        sa.Column("recorded_at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "runs",
        sa.Column("id", ROW_NUMBER, primary_key=True, autoincrement=True),
        sa.Column("run_id", sa.String(64), nullable=False),
        sa.Column("step", sa.String(32), nullable=False),
        sa.Column("as_of", sa.DateTime, nullable=False),
        sa.Column("started_at", sa.DateTime, nullable=False),
        sa.Column("ended_at", sa.DateTime, nullable=False),
        sa.Column("summary", sa.JSON, nullable=False),
    )
    op.create_index("runs_by_run", "runs", ["run_id"])
