"""Patients are found by name; a lost phone is locked, and told so at most once."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.create_table(
        "find_heap",
        sa.Column("heap", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("patient_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name="fk_find_heap_patient_id_patient"
        ),
        sa.PrimaryKeyConstraint("heap", "patient_id", name="pk_find_heap"),
    )
    op.create_index("ix_find_heap_patient_id", "find_heap", ["patient_id"])
    op.add_column("address", sa.Column("refused_at", sa.DateTime(timezone=True), nullable=True))
