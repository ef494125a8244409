"""An index by which old messages of the outbox are found and deleted."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_FINAL = sa.text("status IN ('sent', 'delivered', 'read', 'dead', 'unknown')")


def upgrade() -> None:
    op.create_index(
        "ix_outbox_old", "outbox", ["ready_at"], postgresql_where=_FINAL, sqlite_where=_FINAL
    )
