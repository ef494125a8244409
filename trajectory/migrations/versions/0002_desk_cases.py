"""The clinic's list of what a person must look at."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "desk_case",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("patient_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("urgency", sa.String(), nullable=True),
        sa.Column("entry_id", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name="fk_desk_case_patient_id_patient"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_desk_case"),
    )
    op.create_index("ix_desk_case_open", "desk_case", ["state", "opened_at"], unique=False)
    op.create_index("ix_desk_case_patient_id", "desk_case", ["patient_id"], unique=False)
