"""What somebody of the directory may do at the clinic's desk."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.add_column(
        "professional",
        sa.Column("desk_roles", sa.String(), server_default="", nullable=False),
    )
