"""What somebody wrote, and was told, before it was known who they are: by their address only.

Such rows belong to no patient and are sealed with the deployment's key, so that an erasure has to
open them to find those of one person. They are kept for days (`bot.retention`), so they are few;
mails to professionals belong to no patient either, and are not looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Table, delete, select

from bot import kept, outbox
from bot.receiving import UNKNOWN
from bot.refusing import REFUSED
from trajectory import tables
from trajectory.keys import Sealer
from trajectory.sql import Among

EMAIL = "email"
"""Where professionals are written to, and nobody else."""

_inbox = tables.core(tables.Inbox)
_outbox = tables.core(tables.Outbox)
_HEARD = select(_inbox.c.id, _inbox.c.channel, _inbox.c.body).where(
    _inbox.c.patient_id.is_(None),
    _inbox.c.status.in_((UNKNOWN, REFUSED)),
    Among(_inbox.c.channel, "channels"),
)
_TOLD = select(_outbox.c.id, _outbox.c.channel, _outbox.c.body).where(
    _outbox.c.patient_id.is_(None),
    Among(_outbox.c.channel, "channels"),
)


def forget(connection: Connection, own: Sealer, places: Sequence[tuple[str, str]]) -> None:
    """Delete what came from these (channel, address) or went there, and belongs to no patient.

    `own` is the deployment's sealer. Raises WrongKey.
    """
    asked = {"channels": sorted({channel for channel, _ in places})}
    heard = connection.execute(_HEARD, asked).all()
    _delete(connection, _inbox, _among(own, heard, kept.BODY, "address", places))
    told = connection.execute(_TOLD, asked).all()
    _delete(connection, _outbox, _among(own, told, outbox.BODY, "to", places))


def forget_all(connection: Connection) -> None:
    """As `forget`, of everybody: where nobody can tell any more whose words they are."""
    connection.execute(
        delete(_inbox).where(_inbox.c.patient_id.is_(None), _inbox.c.status.in_((UNKNOWN, REFUSED)))
    )
    connection.execute(
        delete(_outbox).where(_outbox.c.patient_id.is_(None), _outbox.c.channel != EMAIL)
    )


def _among(
    own: Sealer,
    rows: Iterable[Any],
    body: str,
    address: str,
    places: Sequence[tuple[str, str]],
) -> Iterator[int]:
    for row in rows:
        opened = own.open_json(body, row.id, row.body)
        if (row.channel, opened[address]) in places:
            yield row.id


def _delete(connection: Connection, table: Table, ids: Iterator[int]) -> None:
    connection.execute(delete(table).where(table.c.id.in_(list(ids))))
