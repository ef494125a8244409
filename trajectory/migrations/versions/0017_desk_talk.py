"""What becomes of a message that a person at the clinic wrote: outbox rows name its entry."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.add_column("outbox", sa.Column("entry_id", sa.BigInteger(), nullable=True))
    where = sa.text("entry_id IS NOT NULL")
    op.create_index(
        "ix_outbox_entry_id", "outbox", ["entry_id"], postgresql_where=where, sqlite_where=where
    )
