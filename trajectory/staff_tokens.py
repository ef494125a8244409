"""Tokens that the clinic's programs and desks show, and what each may do.

Only a hash is kept: a token is shown once. It has 256 random bits, so a plain hash does, and no
key of the ring is needed to find it.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from trajectory import tables
from trajectory.ids import Ids

USED_AGAIN = timedelta(hours=1)
"""A token's last use is noted no more often than this."""

_token = tables.core(tables.StaffToken)


class Role(StrEnum):
    """What whoever shows a token may do."""

    ENROL = "enrol"
    """A program that enrols, and does nothing else."""
    SECRETARY = "secretary"
    """The clinic's desk: enrols, and looks after how patients are reached."""
    CLINICIAN = "clinician"
    """Treats patients: also enrols."""
    OPERATOR = "operator"
    """Keeps the machine running; sees no patient."""


@dataclass(frozen=True, slots=True)
class StaffToken:
    """One token as it is listed; nobody can show it again."""

    id: int
    name: str
    roles: frozenset[Role]
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None

    def may(self, roles: Collection[Role]) -> bool:
        """Whether one of these roles is among its own."""
        return not self.roles.isdisjoint(roles)


def create(
    connection: Connection,
    ids: Ids,
    *,
    name: str,
    token: str,
    roles: Collection[Role],
    now: datetime,
) -> int:
    """Keep a new token's hash; its id."""
    token_id = ids.take(connection)
    row = {
        "id": token_id,
        "name": name,
        "hash": _hash(token),
        "roles": ",".join(sorted(roles)),
        "created_at": now,
    }
    connection.execute(insert(_token), row)
    return token_id


def find(connection: Connection, token: str) -> StaffToken | None:
    """Whose token this is; None where it is nobody's, or was revoked: no caller can tell which.

    Asked for by its hash, and compared in constant time.
    """
    wanted = _hash(token)
    asked = select(_token).where(_token.c.hash == wanted, _token.c.revoked_at.is_(None))
    row = connection.execute(asked).one_or_none()
    if row is None or not hmac.compare_digest(bytes(row.hash), wanted):
        return None
    return _opened(row)


def touch(connection: Connection, token_id: int, now: datetime) -> None:
    """The token was used now."""
    connection.execute(update(_token).where(_token.c.id == token_id).values(last_used_at=now))


def revoke(connection: Connection, token_id: int, now: datetime) -> bool:
    """Let this token do nothing any more; False: there is no such token, or it was before."""
    revoked = (
        update(_token)
        .where(_token.c.id == token_id, _token.c.revoked_at.is_(None))
        .values(revoked_at=now)
        .returning(_token.c.id)
    )
    return connection.execute(revoked).first() is not None


def listed(connection: Connection) -> Sequence[StaffToken]:
    """All tokens that there ever were, oldest first."""
    return [_opened(row) for row in connection.execute(select(_token).order_by(_token.c.id))]


def _opened(row: Row[*tuple[Any, ...]]) -> StaffToken:
    return StaffToken(
        id=row.id,
        name=row.name,
        roles=frozenset(Role(each) for each in row.roles.split(",")),
        created_at=row.created_at,
        last_used_at=row.last_used_at,
        revoked_at=row.revoked_at,
    )


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
