"""By which version of its pathway each patient's questions were planned."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column(
        "patient", sa.Column("planned_by", sa.String(), server_default="", nullable=False)
    )
    op.create_index("ix_patient_plan", "patient", ["pathway", "status", "planned_by", "id"])
