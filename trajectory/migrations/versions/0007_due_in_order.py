"""What is due is read by time and id: at a full hour a whole country falls due at once."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.drop_index("ix_due_at", "due")
    op.create_index("ix_due_at", "due", ["at", "id"])
