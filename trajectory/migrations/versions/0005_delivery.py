"""What sending looks for does not grow with what was sent; rates hold over all processes."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "send_rate",
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("sender", sa.String(), nullable=False),
        sa.Column("tokens", sa.Float(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paused_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("channel", "sender", name="pk_send_rate"),
    )
    for name in ("ready", "provider", "member_id"):
        op.drop_index(f"ix_outbox_{name}", table_name="outbox")
    _index("ready", "status = 'ready'", "channel", "priority", "ready_at")
    _index("sending", "status = 'sending'", "channel", "lease_until")
    _index("unsent", "status IN ('ready', 'sending')", "patient_id", "priority", "sequence")
    _index("given_up", "status IN ('dead', 'unknown')", "id")
    _index("provider", "provider_id IS NOT NULL", "channel", "provider_id")
    _index("member_id", "member_id IS NOT NULL", "member_id")


def _index(name: str, where: str, *columns: str) -> None:
    op.create_index(
        f"ix_outbox_{name}",
        "outbox",
        list(columns),
        postgresql_where=sa.text(where),
        sqlite_where=sa.text(where),
    )
