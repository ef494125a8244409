"""A list of who was erased, and indexes by which what is old is found and deleted."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_OLD = (
    ("access_code", "expires_at"),
    ("viewing", "expires_at"),
    ("web_link", "expires_at"),
    ("web_session", "last_seen_at"),
    ("enrolment_code", "expires_at"),
    ("address_check", "expires_at"),
)


def upgrade() -> None:
    op.create_table(
        "erased",
        sa.Column("patient_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("patient_id", name="pk_erased"),
    )
    # Without a record of the erasure the day they came is the only time that is known.
    op.execute(
        "INSERT INTO erased (patient_id, at) SELECT id, coalesce((SELECT max(audit.at) FROM audit"
        " WHERE audit.patient_id = patient.id AND audit.action = 'erased'), created_at)"
        " FROM patient WHERE status = 'erased'"
    )
    op.create_index("ix_inbox_old", "inbox", ["status", "received_at"])
    for table, column in _OLD:
        op.create_index(f"ix_{table}_{column}", table, [column])
