"""Whoever holds the mailbox but not the patient's words cannot go on guessing them."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column(
        "access_grant",
        sa.Column("wrong_words", sa.Integer(), server_default="0", nullable=False),
    )
