"""What people changed of ours in HubSpot, and which contacts were associated with which companies."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "drift",
        sa.Column("object_type", sa.String(32), primary_key=True),
        sa.Column("hubspot_id", sa.String(64), primary_key=True),
        sa.Column("property", sa.String(128), primary_key=True),
        sa.Column("record_key", sa.String(512), nullable=False),
        sa.Column("acknowledged_value", sa.Text),
        sa.Column("found_value", sa.Text),
        sa.Column("times_rewritten", sa.Integer, nullable=False),
        sa.Column("found_at", sa.DateTime, nullable=False),
        sa.Column("settled_at", sa.DateTime),
    )
    op.create_table(
        "associations_made",
        sa.Column("hubspot_id", sa.String(64), primary_key=True),
        sa.Column("company_id", sa.String(64), primary_key=True),
        sa.Column("record_key", sa.String(512), nullable=False),
        sa.Column("company_key", sa.String(512), nullable=False),
        sa.Column("run_id", sa.String(64), nullable=False),
        sa.Column("as_of", sa.DateTime, nullable=False),
        sa.Column("acknowledged_at", sa.DateTime, nullable=False),
    )
