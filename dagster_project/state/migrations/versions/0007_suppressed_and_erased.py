"""Suppressed and erased people: who is never written to HubSpot, and by which hashes erased people are known again."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "suppressions",
        sa.Column("record_key", sa.String(512), primary_key=True),
        sa.Column("email", sa.String(320)),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("run_id", sa.String(64), nullable=False),
        sa.Column("recorded_at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "privacy_salt",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("salt", sa.String(64), nullable=False),
    )
    op.create_table(
        "erased_names",
        sa.Column("kind", sa.String(16), primary_key=True),
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("erased_at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "erasures",
        sa.Column("id", ROW_NUMBER, primary_key=True, autoincrement=True),
        sa.Column("run_id", sa.String(64), nullable=False),
        sa.Column("begun_at", sa.DateTime, nullable=False),
        sa.Column("finished_at", sa.DateTime),
        sa.Column("names", sa.JSON, nullable=False),
        sa.Column("files", sa.JSON, nullable=False),
    )
