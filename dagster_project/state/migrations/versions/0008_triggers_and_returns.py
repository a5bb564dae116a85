"""Episodes of triggers, turns of the sales team, and contacts that went back to marketing."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

# What was a trigger of its own for each reader is one trigger with several actions by now.
ONE_BY_NOW = {"sql_handoff_owner": "sql_handoff", "sql_handoff_channel": "sql_handoff"}


def upgrade() -> None:
    for name, kind in (
        ("pool", sa.String(128)),
        ("track", sa.String(32)),
        ("route_id", sa.String(128)),
        ("turn", sa.Integer),
        ("reason", sa.Text),
    ):
        op.add_column("handoffs", sa.Column(name, kind))
    op.create_table(
        "returns",
        sa.Column("return_id", sa.String(64), primary_key=True),
        sa.Column("handoff_id", sa.String(64)),
        sa.Column("record_key", sa.String(512), nullable=False),
        sa.Column("episode", sa.Integer, nullable=False),
        sa.Column("rule_id", sa.String(128), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("owner_id", sa.String(64)),
        sa.Column("returned_at", sa.DateTime, nullable=False),
        sa.Column("run_id", sa.String(64), nullable=False),
        sa.Column("claimed_at", sa.DateTime, nullable=False),
        sa.Column("acknowledged_as_of", sa.DateTime),
        sa.Column("acknowledged_at", sa.DateTime),
    )
    for name, kind in (
        ("subject_key", sa.String(512)),
        ("episode", sa.Integer),
        ("moment_at", sa.DateTime),
        ("owner_id", sa.String(64)),
        ("pool", sa.String(128)),
        ("turn", sa.Integer),
        ("priority", sa.String(16)),
        ("due_at", sa.DateTime),
        ("sent_as", sa.String(64)),
    ):
        op.add_column("outbox", sa.Column(name, kind))
    op.create_index("outbox_by_episode", "outbox", ["trigger_id", "subject_key"])
    outbox = sa.table(
        "outbox", sa.column("trigger_id"), sa.column("subject_key"), sa.column("record_key"), sa.column("episode")
    )
    for before, after in ONE_BY_NOW.items():
        # Until now a contact was handed off once at most.
        op.execute(
            outbox.update()
            .where(outbox.c.trigger_id == before)
            .values(trigger_id=after, subject_key=outbox.c.record_key, episode=1)
        )
