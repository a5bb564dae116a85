"""Sent occurrences: which custom events HubSpot took, and how many a month."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "sent_occurrences",
        sa.Column("id", ROW_NUMBER, primary_key=True, autoincrement=True),
        sa.Column("run_id", sa.String(64), nullable=False),
        sa.Column("sent_at", sa.DateTime, nullable=False),
        sa.Column("last_occurred_at", sa.DateTime, nullable=False),
        sa.Column("occurrence_count", sa.Integer, nullable=False),
        sa.Column("occurrence_ids", sa.LargeBinary),
    )
    op.create_index("sent_occurrences_by_time", "sent_occurrences", ["last_occurred_at"])
