"""Pages about work, frozen when they are shared; and who opened a shared page, for what."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.create_table(
        "work_page",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("patient_id", sa.BigInteger(), nullable=False),
        sa.Column("grant_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name="fk_work_page_patient_id"),
        sa.ForeignKeyConstraint(["grant_id"], ["access_grant.id"], name="fk_work_page_grant_id"),
        sa.PrimaryKeyConstraint("id", name="pk_work_page"),
    )
    op.create_index("ix_work_page_patient_id", "work_page", ["patient_id"])
    op.create_index("ix_work_page_grant_id", "work_page", ["grant_id"])
    op.add_column("viewing", sa.Column("opener", sa.LargeBinary(), nullable=True))
    op.add_column("viewing", sa.Column("purpose", sa.LargeBinary(), nullable=True))
