"""Undone values: what was taken back from HubSpot and is not sent again while the warehouse still wants it."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "undone_values",
        sa.Column("id", ROW_NUMBER, primary_key=True, autoincrement=True),
        sa.Column("object_type", sa.String(32), nullable=False),
        sa.Column("hubspot_id", sa.String(64), nullable=False),
        sa.Column("property", sa.String(128), nullable=False),
        sa.Column("record_key", sa.String(512), nullable=False),
        sa.Column("value", sa.Text),
        sa.Column("undone_run_id", sa.String(64), nullable=False),
        sa.Column("run_id", sa.String(64), nullable=False),
        sa.Column("undone_at", sa.DateTime, nullable=False),
    )
    op.create_index("undone_values_by_place", "undone_values", ["object_type", "hubspot_id", "property"])
