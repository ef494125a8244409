"""Links to a patient's copy of everything, and what providers are yet to delete of the erased."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column(
        "web_link", sa.Column("purpose", sa.String(), nullable=False, server_default="chat")
    )
    op.add_column("web_link", sa.Column("cookie_hash", sa.LargeBinary(), nullable=True))
    op.create_index("ix_web_link_cookie_hash", "web_link", ["cookie_hash"], unique=True)
    op.create_table(
        "provider_message",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_provider_message"),
    )
    op.create_index("ix_provider_message_due_at", "provider_message", ["due_at"])
