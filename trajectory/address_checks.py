"""Six digits sent to a new address, to see whether the patient reads there."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, select, update

from trajectory import tables
from trajectory._addresses import find_by_address
from trajectory.ids import Ids
from trajectory.keys import Ring, Sealer

LIFE = timedelta(minutes=15)
ATTEMPTS = 5
A_DAY = timedelta(days=1)
MOST_A_DAY = 5
"""So many checks may be sent in a day: each is a message to somebody who has not asked."""
DIGITS = 6
VALUE = "address_check.address"

_PURPOSE = "address_check"
_check = tables.core(tables.AddressCheck)


@dataclass(frozen=True, slots=True)
class Check:
    """A check that was sent within a day, newest first where there are several."""

    id: int
    channel: str
    address: str
    expires_at: datetime
    attempts: int
    used: bool
    taken: bool
    """Somebody else is reached there."""
    hash: bytes = field(repr=False)
    ring: Ring = field(repr=False)

    def is_open(self, now: datetime) -> bool:
        """Whether its digits still count."""
        return not self.used and self.attempts < ATTEMPTS and now < self.expires_at

    def is_right(self, digits: str) -> bool:
        """Whether these are the digits that were sent."""
        typed = self.ring.find_hashes(_PURPOSE, _bound(self.id, digits))
        # Every hash is compared, so that the time tells nothing.
        return sum(hmac.compare_digest(self.hash, digest) for _, digest in typed) > 0


def create(
    connection: Connection,
    ids: Ids,
    ring: Ring,
    sealer: Sealer,
    *,
    patient_id: int,
    channel: str,
    address: str,
    digits: str,
    now: datetime,
) -> None:
    """Keep a check that is sent now."""
    row_id = ids.take(connection)
    row = {
        "id": row_id,
        "patient_id": patient_id,
        "channel": channel,
        "address": sealer.seal_text(VALUE, row_id, address),
        "hash": ring.find_hash(_PURPOSE, _bound(row_id, digits))[1],
        "created_at": now,
        "expires_at": now + LIFE,
        "attempts": 0,
    }
    connection.execute(insert(_check), row)


def recent(
    connection: Connection, ring: Ring, sealer: Sealer, patient_id: int, now: datetime
) -> Sequence[Check]:
    """The patient's checks of the last day, newest first. Raises WrongKey."""
    rows = connection.execute(
        select(_check)
        .where(_check.c.patient_id == patient_id, _check.c.created_at > now - A_DAY)
        .order_by(_check.c.id.desc())
    ).all()
    places = {row.id: (row.channel, sealer.open_text(VALUE, row.id, row.address)) for row in rows}
    owners = find_by_address(connection, ring, set(places.values()))
    return [
        Check(
            row.id,
            *places[row.id],
            row.expires_at,
            row.attempts,
            row.used_at is not None,
            places[row.id] in owners and owners[places[row.id]].patient_id != patient_id,
            bytes(row.hash),
            ring,
        )
        for row in rows
    ]


def count_attempt(connection: Connection, check_id: int) -> None:
    """Somebody has typed six digits; the caller holds the conversation."""
    connection.execute(
        update(_check).where(_check.c.id == check_id).values(attempts=_check.c.attempts + 1)
    )


def use(connection: Connection, check_id: int, now: datetime) -> None:
    """Its digits were right: they count no more."""
    connection.execute(update(_check).where(_check.c.id == check_id).values(used_at=now))


def _bound(check_id: int, digits: str) -> str:
    return f"{check_id}:{digits}"
