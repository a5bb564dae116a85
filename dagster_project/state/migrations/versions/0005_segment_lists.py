"""Segment lists: which list in HubSpot holds each segment, who is in it, and how large segments were."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "segment_lists",
        sa.Column("segment_id", sa.String(128), primary_key=True),
        sa.Column("object_type", sa.String(32), nullable=False),
        sa.Column("name", sa.String(256), nullable=False),
        sa.Column("list_id", sa.String(64)),
        sa.Column("run_id", sa.String(64), nullable=False),
        sa.Column("claimed_at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "list_log",
        sa.Column("id", ROW_NUMBER, primary_key=True, autoincrement=True),
        sa.Column("list_id", sa.String(64), nullable=False),
        sa.Column("hubspot_id", sa.String(64), nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("run_id", sa.String(64), nullable=False),
        sa.Column("as_of", sa.DateTime, nullable=False),
        sa.Column("acknowledged_at", sa.DateTime, nullable=False),
    )
    op.create_index("list_log_by_member", "list_log", ["list_id", "hubspot_id", "id"])
    op.create_table(
        "segment_sizes",
        sa.Column("segment_id", sa.String(128), primary_key=True),
        sa.Column("as_of", sa.DateTime, primary_key=True),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("run_id", sa.String(64), nullable=False),
    )
