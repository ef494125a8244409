"""Who looks after what stands on the clinic's list, and why it was done."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    for name in ("cause", "owner", "closed_by", "reason"):
        op.add_column("desk_case", sa.Column(name, sa.String(), nullable=True))
    op.add_column("desk_case", sa.Column("owned_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("desk_case", sa.Column("note", sa.LargeBinary(), nullable=True))
