"""The clinic's directory, how its people sign in, and codes that patients say in the room."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_table(
        "professional",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("email", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=True),
        sa.Column("hash_key_id", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("sector", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("secret", sa.LargeBinary(), nullable=True),
        sa.Column("ready_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_step", sa.BigInteger(), nullable=True),
        sa.Column("invitation_hash", sa.LargeBinary(), nullable=True),
        sa.Column("invited_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("digests", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("digest_day", sa.Integer(), server_default="2", nullable=False),
        sa.Column("digest_hour", sa.Integer(), server_default="7", nullable=False),
        sa.Column("unsubscribe", sa.LargeBinary(), nullable=False),
        sa.Column("digested_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_professional"),
        sa.UniqueConstraint("hash", name="uq_professional_hash"),
        sa.UniqueConstraint("invitation_hash", name="uq_professional_invitation_hash"),
    )
    op.create_table(
        "professional_code",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("professional_id", sa.BigInteger(), nullable=False),
        sa.Column("cookie_hash", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["professional_id"],
            ["professional.id"],
            name="fk_professional_code_professional_id_professional",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_professional_code"),
        sa.UniqueConstraint("cookie_hash", name="uq_professional_code_cookie_hash"),
    )
    op.create_table(
        "professional_session",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("professional_id", sa.BigInteger(), nullable=False),
        sa.Column("cookie_hash", sa.LargeBinary(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["professional_id"],
            ["professional.id"],
            name="fk_professional_session_professional_id_professional",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_professional_session"),
        sa.UniqueConstraint("cookie_hash", name="uq_professional_session_cookie_hash"),
    )
    op.create_table(
        "room_code",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("patient_id", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name="fk_room_code_patient_id_patient"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_room_code"),
    )
    for table, column in (
        ("professional_code", "professional_id"),
        ("professional_code", "expires_at"),
        ("professional_session", "professional_id"),
        ("professional_session", "expires_at"),
        ("room_code", "patient_id"),
        ("room_code", "hash"),
        ("room_code", "expires_at"),
    ):
        op.create_index(f"ix_{table}_{column}", table, [column])
    for table, column in (("care_team_member", "professional_id"), ("viewing", "session_id")):
        op.add_column(table, sa.Column(column, sa.BigInteger(), nullable=True))
        op.create_index(f"ix_{table}_{column}", table, [column])
