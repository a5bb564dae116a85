"""When an action was put into the outbox, before when it does not leave, and when it was delivered."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    for name in ("enqueued_at", "leaves_at", "delivered_at"):
        op.add_column("outbox", sa.Column(name, sa.DateTime))
