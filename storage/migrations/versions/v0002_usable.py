"""A first plan can be made once everything open is read, while the past still is."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Connections that were read already are usable since then."""
    op.add_column("connection", sa.Column("usable_at", sa.BigInteger(), nullable=True))
    op.execute("UPDATE connection SET usable_at = first_pull_done_at")
