"""Finds in whose lists a patient's line was shown, without reading all of the patient's audit."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    where = sa.text("action = 'listed'")
    op.create_index(
        "ix_audit_listed",
        "audit",
        ["patient_id", "subject"],
        postgresql_where=where,
        sqlite_where=where,
    )
