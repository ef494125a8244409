"""The clinic's own audit chain, and what finds how the channels run and how patients answer."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.create_table(
        "clinic_audit",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("previous", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_clinic_audit"),
        sa.UniqueConstraint("n", name="uq_clinic_audit_n"),
    )
    _index("gone_out", "sent_at IS NOT NULL", "channel", "sent_at")
    _index("held", "status = 'held'", "channel")
    op.create_index("ix_session_opened", "session", ["opened_at"])


def _index(name: str, where: str, *columns: str) -> None:
    condition = sa.text(where)
    op.create_index(
        f"ix_outbox_{name}",
        "outbox",
        list(columns),
        postgresql_where=condition,
        sqlite_where=condition,
    )
