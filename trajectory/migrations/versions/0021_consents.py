"""What finds who agrees to what, without reading all that they have answered."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    condition = sa.text("kind = 'consent'")
    op.create_index(
        "ix_entry_consent",
        "entry",
        ["patient_id", "sequence"],
        postgresql_where=condition,
        sqlite_where=condition,
    )
