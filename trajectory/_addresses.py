"""Addresses: where patients are reached, and who is behind a message that comes in.

Stored sealed; found by a keyed hash of each ring key, so that a key rotation loses nobody.
One address belongs to one patient.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Select, bindparam, delete, select, update

from trajectory import tables
from trajectory.erasure import ERASED
from trajectory.ids import Ids
from trajectory.keys import Ring, Sealer
from trajectory.sql import Among, insert_all_once

_address = tables.core(tables.Address)
_patient = tables.core(tables.Patient)
VALUE = "address.value"
LOCKED = "locked"
"""The clinic has closed an address whose phone is lost: nothing goes there or comes from there."""
FAILURES = 2
"""So many doubtful failures in a row, and an address is gone."""


class AddressTaken(Exception):
    """The address belongs to somebody already."""


class PatientRef(NamedTuple):
    """Whose address it is. `status` is active, gone or locked; `failures` are the doubtful ones."""

    patient_id: int
    address_id: int
    status: str = "active"
    failures: int = 0


@dataclass(frozen=True, slots=True)
class Address:
    """One address of a patient, in the clear. `status` is active, gone, closed or locked."""

    id: int
    channel: str
    value: str
    preferred: bool
    status: str


class NewAddress(NamedTuple):
    """An address to be, in the clear, with the sealer of its patient."""

    sealer: Sealer
    patient_id: int
    channel: str
    address: str
    preferred: bool = True


_FIND = select(
    _address.c.id,
    _address.c.patient_id,
    _address.c.channel,
    _address.c.hash,
    _address.c.status,
    _address.c.failures,
).where(
    Among(_address.c.channel, "channels"),
    Among(_address.c.hash, "hashes"),
)
_FIND_WITH_KEYS = (
    _FIND.add_columns(_patient.c.key_id, _patient.c.wrapped_key)
    .join_from(_address, _patient)
    .where(_patient.c.status != ERASED)
)
_OF_PATIENT = (
    select(
        _address.c.id,
        _address.c.channel,
        _address.c.value,
        _address.c.preferred,
        _address.c.status,
    )
    .where(_address.c.patient_id == bindparam("patient_id"))
    .order_by(_address.c.id)
)
_OF_PATIENTS = select(_address).where(Among(_address.c.patient_id, "patients"))
_DOUBT = (
    update(_address)
    .where(_address.c.id == bindparam("doubted"))
    .values(failures=_address.c.failures + 1)
    .returning(_address.c.failures)
)
_LOSE = (
    update(_address)
    .where(_address.c.id == bindparam("lost"), _address.c.status == "active")
    .values(status="gone")
)
_FORGIVE = (
    update(_address)
    .where(_address.c.id == bindparam("reached"), _address.c.failures > 0)
    .values(failures=0)
)
_REACH = (
    update(_address)
    .where(_address.c.id == bindparam("reached"), _address.c.status.not_in(("closed", LOCKED)))
    .values(status="active", failures=0)
)
_LOCK = (
    update(_address)
    .where(_address.c.id == bindparam("lost"), _address.c.status != "closed")
    .values(status=LOCKED, refused_at=None)
)
_UNLOCK = (
    update(_address)
    .where(_address.c.id == bindparam("found"), _address.c.status == LOCKED)
    .values(status="active", failures=0)
)
_REFUSE = (
    update(_address)
    .where(
        _address.c.id == bindparam("refused"),
        _address.c.status == LOCKED,
        _address.c.refused_at.is_(None),
    )
    .values(refused_at=bindparam("now", type_=_address.c.refused_at.type))
    .returning(_address.c.id)
)
_HOLD = (
    select(_address.c.id)
    .where(Among(_address.c.id, "wanted"))
    .order_by(_address.c.id)
    .with_for_update(key_share=True)
)
_HOLD_ALL = (
    select(_address.c.id)
    .where(Among(_address.c.patient_id, "patient_ids"))
    .order_by(_address.c.id)
    .with_for_update(key_share=True)
)
_STATUS = select(_address.c.status).where(_address.c.id == bindparam("asked"))


def find_by_address(
    connection: Connection, ring: Ring, pairs: Collection[tuple[str, str]]
) -> Mapping[tuple[str, str], PatientRef]:
    """Who is behind these (channel, address) pairs; unknown and closed ones are left out."""
    return {pair: ref for pair, ref, _ in _found(connection, _FIND, ring, pairs)}


def senders(
    connection: Connection, ring: Ring, pairs: Collection[tuple[str, str]]
) -> tuple[Mapping[tuple[str, str], PatientRef], Mapping[int, Sealer]]:
    """As `find_by_address`, with the patients' sealers by their ids, but for locked addresses.

    Raises WrongKey.
    """
    found = list(_found(connection, _FIND_WITH_KEYS, ring, pairs))
    sealers = {
        ref.patient_id: ring.unwrap(row.key_id, row.wrapped_key, ref.patient_id)
        for _, ref, row in found
        if ref.status != LOCKED
    }
    return {pair: ref for pair, ref, _ in found}, sealers


def _found(
    connection: Connection,
    statement: Select[Any],
    ring: Ring,
    pairs: Collection[tuple[str, str]],
) -> Iterator[tuple[tuple[str, str], PatientRef, Row[Any]]]:
    asked = {
        (pair[0], digest): pair
        for pair in pairs
        for _, digest in ring.find_hashes(hash_purpose(pair[0]), pair[1])
    }
    if not asked:
        return
    for row in connection.execute(statement, _parameters(asked)).all():
        if row.status != "closed":
            ref = PatientRef(row.patient_id, row.id, row.status, row.failures)
            yield asked[row.channel, bytes(row.hash)], ref, row


def is_closed(connection: Connection, ring: Ring, channel: str, address: str) -> bool:
    """Whether this was a patient's address and is nobody's now."""
    hashes = ring.find_hashes(hash_purpose(channel), address)
    asked = {(channel, digest): None for _, digest in hashes}
    return any(row.status == "closed" for row in connection.execute(_FIND, _parameters(asked)))


def add_address(
    connection: Connection,
    ids: Ids,
    ring: Ring,
    sealer: Sealer,
    *,
    patient_id: int,
    channel: str,
    address: str,
    now: datetime,
    preferred: bool = True,
) -> int:
    """The id of a patient's new address; a closed one of somebody else is taken over.

    Raises AddressTaken.
    """
    newcomer = NewAddress(sealer, patient_id, channel, address, preferred)
    (address_id,) = add_addresses(connection, ids, ring, [newcomer], now)
    return address_id


def add_addresses(
    connection: Connection,
    ids: Ids,
    ring: Ring,
    newcomers: Sequence[NewAddress],
    now: datetime,
) -> list[int]:
    """As `add_address`, for many at once and in their order. Raises AddressTaken for any."""
    hashes = [ring.find_hashes(hash_purpose(each.channel), each.address) for each in newcomers]
    for channel in sorted({each.channel for each in newcomers}):
        found = zip(newcomers, hashes, strict=True)
        same = [digest for each, known in found if each.channel == channel for _, digest in known]
        _release_closed(connection, channel, same)
    pairs = [(each.channel, each.address) for each in newcomers]
    if find_by_address(connection, ring, pairs):
        raise AddressTaken
    rows = [
        _row(ids.take(connection), newcomer, known[0], now)
        for newcomer, known in zip(newcomers, hashes, strict=True)
    ]
    if not insert_all_once(connection, _address, rows):
        raise AddressTaken
    return [row["id"] for row in rows]


def _row(
    address_id: int, newcomer: NewAddress, found_by: tuple[str, bytes], now: datetime
) -> dict[str, Any]:
    key_id, digest = found_by
    return {
        "id": address_id,
        "patient_id": newcomer.patient_id,
        "channel": newcomer.channel,
        "hash": digest,
        "hash_key_id": key_id,
        "value": newcomer.sealer.seal_text(VALUE, address_id, newcomer.address),
        "preferred": newcomer.preferred,
        "status": "active",
        "created_at": now,
    }


def addresses(connection: Connection, sealer: Sealer, patient_id: int) -> list[Address]:
    """A patient's addresses, oldest first. Raises WrongKey."""
    rows = connection.execute(_OF_PATIENT, {"patient_id": patient_id})
    return [
        Address(
            row.id,
            row.channel,
            sealer.open_text(VALUE, row.id, row.value),
            row.preferred,
            row.status,
        )
        for row in rows
    ]


def statuses(connection: Connection, patient_id: int) -> list[tuple[str, str]]:
    """Channel and status of each of a patient's addresses, oldest first."""
    rows = connection.execute(_OF_PATIENT, {"patient_id": patient_id})
    return [(row.channel, row.status) for row in rows]


def addresses_of(
    connection: Connection, sealers: Mapping[int, Sealer]
) -> Mapping[int, list[Address]]:
    """The same of several patients, by their ids; their sealers are given. Raises WrongKey."""
    found: dict[int, list[Address]] = {}
    asked = {"patients": sorted(sealers)}
    for row in connection.execute(_OF_PATIENTS.order_by(_address.c.id), asked) if sealers else ():
        value = sealers[row.patient_id].open_text(VALUE, row.id, row.value)
        address = Address(row.id, row.channel, value, row.preferred, row.status)
        found.setdefault(row.patient_id, []).append(address)
    return found


def set_address_status(connection: Connection, address_id: int, status: str) -> None:
    """`gone`: cannot be reached now; `closed`: not this patient's; `active`: in use again."""
    connection.execute(update(_address).where(_address.c.id == address_id).values(status=status))


def hold_addresses(connection: Connection, address_ids: Collection[int]) -> None:
    """Hold these until the end of the transaction, before any message to them is held."""
    if address_ids:
        connection.execute(_HOLD, {"wanted": sorted(set(address_ids))})


def hold_addresses_of(connection: Connection, patient_ids: Collection[int]) -> None:
    """Hold all addresses of these patients, as `hold_addresses` does."""
    connection.execute(_HOLD_ALL, {"patient_ids": sorted(patient_ids)})


def note_doubt(connection: Connection, address_id: int) -> bool:
    """Count a failure that may be the address's; whether it is gone now, the second in a row."""
    failures = connection.execute(_DOUBT, {"doubted": address_id}).scalar_one_or_none() or 0
    return failures >= FAILURES


def lose_address(connection: Connection, address_id: int) -> None:
    """The address cannot be reached any more; what is closed stays so."""
    connection.execute(_LOSE, {"lost": address_id})


def note_arrival(connection: Connection, address_id: int) -> None:
    """Something has arrived there: earlier failures count no more."""
    connection.execute(_FORGIVE, {"reached": address_id})


def reach_again(connection: Connection, address_id: int) -> None:
    """The patient has written from an address that had failed: it is in use again."""
    connection.execute(_REACH, {"reached": address_id})


def lock_address(connection: Connection, address_id: int) -> None:
    """Nothing goes to this address or comes from it, until it is unlocked; what is closed stays."""
    connection.execute(_LOCK, {"lost": address_id})


def unlock_address(connection: Connection, address_id: int) -> None:
    """A locked address is in use again."""
    connection.execute(_UNLOCK, {"found": address_id})


def note_refused(connection: Connection, address_id: int, now: datetime) -> bool:
    """Whoever writes from a locked address is told so; False: they were told since the lock."""
    asked = {"refused": address_id, "now": now}
    return connection.execute(_REFUSE, asked).first() is not None


def address_status(connection: Connection, address_id: int) -> str:
    """Active, gone, locked or closed; an address that exists no more is closed."""
    return connection.execute(_STATUS, {"asked": address_id}).scalar_one_or_none() or "closed"


def prefer_address(connection: Connection, patient_id: int, address_id: int) -> None:
    """Send scheduled messages to this address of the patient from now on."""
    connection.execute(
        update(_address)
        .where(_address.c.patient_id == patient_id)
        .values(preferred=_address.c.id == address_id)
    )


def _release_closed(connection: Connection, channel: str, hashes: Sequence[bytes]) -> None:
    connection.execute(
        delete(_address).where(
            _address.c.channel == channel,
            _address.c.hash.in_(hashes),
            _address.c.status == "closed",
        )
    )


def _parameters(asked: Mapping[tuple[str, bytes], object]) -> dict[str, list[str] | list[bytes]]:
    return {
        "channels": sorted({channel for channel, _ in asked}),
        "hashes": sorted(digest for _, digest in asked),
    }


def hash_purpose(channel: str) -> str:
    """What the keyed hash of an address is for: the same number differs between channels."""
    return f"address.{channel}"
