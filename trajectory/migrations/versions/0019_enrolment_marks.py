"""By what a patient is known again who is to be enrolled a second time."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.create_table(
        "enrolment_mark",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("patient_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name="fk_enrolment_mark_patient_id_patient"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_enrolment_mark"),
        sa.UniqueConstraint("hash", name="uq_enrolment_mark_hash"),
    )
    op.create_index("ix_enrolment_mark_patient_id", "enrolment_mark", ["patient_id"])
    op.create_index("ix_enrolment_request_created_at", "enrolment_request", ["created_at"])
