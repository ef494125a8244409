"""When a patient's line was shown in a professional's list: each showing stands in the audit."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, bindparam, literal_column, select

from trajectory import care_team, tables
from trajectory.grants import Look
from trajectory.keys import Sealer
from trajectory.said import member_of
from trajectory.sql import Among

LISTED = "listed"
"""What the audit calls it."""

_audit = tables.core(tables.AuditRecord)
_member = tables.core(tables.CareTeamMember)
# Written out, so that both databases find its own small index.
_IS_LISTED = _audit.c.action == literal_column(f"'{LISTED}'")
_SHOWN = select(_audit.c.patient_id).where(
    Among(_audit.c.patient_id, "patients"), _IS_LISTED, _audit.c.subject == bindparam("subject")
)
_NEWEST = (
    select(_audit.c.actor, _audit.c.at)
    .where(_audit.c.patient_id == bindparam("patient_id"), _IS_LISTED)
    .order_by(_audit.c.n.desc())
    .limit(bindparam("most"))
)
_MEMBERS = select(*care_team.FIELDS).where(_member.c.patient_id == bindparam("patient_id"))


def shown(connection: Connection, patient_ids: Collection[int], subject: str) -> set[int]:
    """Those of these patients whose line was shown already at this sign-in."""
    asked = {"patients": sorted(patient_ids), "subject": subject}
    return set(connection.execute(_SHOWN, asked).scalars())


def looks(connection: Connection, sealer: Sealer, patient_id: int, most: int) -> list[Look]:
    """Who has seen this patient's line and when, newest first. Raises WrongKey."""
    rows = connection.execute(_NEWEST, {"patient_id": patient_id, "most": most}).all()
    if not rows:
        return []
    members = connection.execute(_MEMBERS, {"patient_id": patient_id})
    names = {row.id: care_team.opened(sealer, row).name for row in members}
    seen = ((member_of(row.actor), row.at) for row in rows)
    return [Look(names[who], at, listed=True) for who, at in seen if who in names]
