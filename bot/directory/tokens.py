"""The tokens of the clinic's programs: made, shown once, revoked; each leaves its trace."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection

from trajectory import clinic_audit, staff_tokens
from trajectory.clinic_audit import Action
from trajectory.ids import Ids
from trajectory.staff_tokens import Role

LONGEST_NAME = 60


def make(
    connection: Connection,
    ids: Ids,
    token: str,
    now: datetime,
    *,
    name: str,
    roles: Collection[Role],
    actor: str,
) -> int:
    """Keep a new token's hash; its number. Nobody can show the token again."""
    number = staff_tokens.create(
        connection, ids, name=name[:LONGEST_NAME], token=token, roles=roles, now=now
    )
    subject = f"token:{number} {','.join(sorted(roles))}"
    clinic_audit.append(
        connection, ids, actor=actor, action=Action.TOKEN_MADE, subject=subject, at=now
    )
    return number


def revoke(connection: Connection, ids: Ids, number: int, now: datetime, *, actor: str) -> bool:
    """Let this token do nothing any more, at once; False: there is none, or it was before."""
    if not staff_tokens.revoke(connection, number, now):
        return False
    subject = f"token:{number}"
    clinic_audit.append(
        connection, ids, actor=actor, action=Action.TOKEN_REVOKED, subject=subject, at=now
    )
    return True
