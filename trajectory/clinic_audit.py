"""Who did what with the clinic's own things: its directory, its tokens, mail that names no patient.

One hash chain for the whole deployment, made as a patient's is (`trajectory.audit`); where that
counts patients, this is number 0, which no patient has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select

from trajectory import tables
from trajectory.audit import START, Head, Record, hash_of
from trajectory.ids import Ids
from trajectory.sql import insert_once

CLINIC = 0
"""Stands where a chain is called by its patient."""
MOST = 50
"""So many of the newest records are told, unless more are asked for."""

_audit = tables.core(tables.ClinicAudit)
_deployment = tables.core(tables.Deployment)
_TURN = {"key": "clinic-audit", "value": b""}
"""The row that whoever adds a record holds: two at once would take the same number."""
_HOLD = select(_deployment.c.key).where(_deployment.c.key == _TURN["key"]).with_for_update()
_HEAD = select(_audit.c.n, _audit.c.hash).order_by(_audit.c.n.desc()).limit(1)
_NEWEST = select(_audit).order_by(_audit.c.n.desc()).limit(bindparam("most"))


class Action(StrEnum):
    """What was done; the subject says to whom or what."""

    ADDED = "added"
    """Somebody was put into the directory."""
    CHANGED = "changed"
    """Name, role, sector or language of somebody of the directory."""
    ROLES = "roles"
    """What somebody may do at the desk: `directory:42 operator,secretary`."""
    INVITED = "invited"
    """A link that sets an authenticator up was mailed; whatever was set up before has ended."""
    SET_UP = "set-up"
    """Somebody's authenticator was set up."""
    SIGNED_IN = "signed-in"
    REFUSED = "refused"
    """A mailed code was right, and the authenticator was not."""
    SIGNED_OUT = "signed-out"
    REMOVED = "removed"
    TOKEN_MADE = "token-made"  # noqa: S105 - the name of an action
    TOKEN_REVOKED = "token-revoked"  # noqa: S105
    RESENT = "message-resent"
    """Mail that belongs to no patient."""
    DROPPED = "message-dropped"
    EXPORTED = "research-exported"
    """An export for research was begun; whose answers left is told by their own audits."""


def directory(number: int) -> str:
    """How somebody of the directory is called here, as an actor and as a subject."""
    return f"directory:{number}"


def append(
    connection: Connection,
    ids: Ids,
    *,
    actor: str,
    action: Action,
    subject: str = "",
    at: datetime,
) -> None:
    """Add a record; the last thing of a transaction, since nobody else adds one meanwhile."""
    insert_once(connection, _deployment, _TURN)
    connection.execute(_HOLD)
    last = head(connection) or Head(CLINIC, 0, START)
    record = {
        "id": ids.take(connection),
        "n": last.n + 1,
        "at": at,
        "actor": actor,
        "action": action.value,
        "subject": subject,
        "previous": last.hash,
    }
    record["hash"] = hash_of(as_of_clinic(record))
    connection.execute(insert(_audit), record)


def as_of_clinic(record: Mapping[str, Any]) -> dict[str, Any]:
    """A record of this chain as those of patients are hashed."""
    return {**record, "patient_id": CLINIC}


def head(connection: Connection) -> Head | None:
    """The newest record."""
    row = connection.execute(_HEAD).one_or_none()
    return None if row is None else Head(CLINIC, row.n, bytes(row.hash))


def newest(connection: Connection, most: int = MOST) -> Sequence[Record]:
    """The newest records, the newest first."""
    rows = connection.execute(_NEWEST, {"most": most})
    return [Record(row.n, row.at, row.actor, row.action, row.subject) for row in rows]
