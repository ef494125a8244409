"""Codes that let patients in, addresses that are checked, and what providers tell later."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column(
        "address", sa.Column("failures", sa.Integer(), server_default="0", nullable=False)
    )
    op.add_column(
        "care_team_member", sa.Column("bounced_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.create_index("ix_outbox_provider", "outbox", ["channel", "provider_id"])
    op.create_table(
        "enrolment_code",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("patient_id", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claimed_by", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name="fk_enrolment_code_patient_id_patient"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_enrolment_code"),
        sa.UniqueConstraint("hash", name="uq_enrolment_code_hash"),
    )
    op.create_index("ix_enrolment_code_patient_id", "enrolment_code", ["patient_id"])
    op.create_index("ix_enrolment_code_claimed_by", "enrolment_code", ["claimed_by"])
    op.create_table(
        "code_guess",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_code_guess"),
    )
    op.create_index("ix_code_guess_hash", "code_guess", ["hash", "at"])
    op.create_table(
        "address_check",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("patient_id", sa.BigInteger(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("address", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name="fk_address_check_patient_id_patient"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_address_check"),
    )
    op.create_index("ix_address_check_patient_id", "address_check", ["patient_id"])
    op.add_column("web_link", sa.Column("address_id", sa.BigInteger(), nullable=True))
    op.create_table(
        "web_code",
        sa.Column("link_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("patient_id", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["link_id"], ["web_link.id"], name="fk_web_code_link_id_web_link"),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name="fk_web_code_patient_id_patient"
        ),
        sa.PrimaryKeyConstraint("link_id", name="pk_web_code"),
    )
    op.create_index("ix_web_code_patient_id", "web_code", ["patient_id"])
    op.create_table(
        "early_status",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("provider_id", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("trouble", sa.String(), nullable=True),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_early_status"),
    )
    op.create_index("ix_early_status_provider_id", "early_status", ["provider_id"])
    op.create_table(
        "enrolment_request",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("patient_id", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name="fk_enrolment_request_patient_id_patient"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_enrolment_request"),
        sa.UniqueConstraint("hash", name="uq_enrolment_request_hash"),
    )
    op.create_index("ix_enrolment_request_patient_id", "enrolment_request", ["patient_id"])
