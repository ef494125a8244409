"""Who may write in a patient's web chat: one-time links, and the devices they let in.

A link is used once and sets a cookie; the cookie leads to the patient and to the patient's
address on channel `web`. Links to the patient's copy of everything stand beside them, and open
nothing here (`trajectory.copy_access`). Only keyed hashes of tokens and cookies are stored.
Whether a link needs a code beside it is decided where it is used (`trajectory.web_codes`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from trajectory import room_codes, tables
from trajectory._addresses import LOCKED, VALUE, add_address
from trajectory.ids import Ids
from trajectory.keys import Ring, Sealer
from trajectory.sql import Among, without_index

CHANNEL = "web"
CHAT, COPY = "chat", "copy"
"""What a link opens."""
IDLE = timedelta(days=90)
"""A device that nobody used for so long is not let in any more."""

_LINK_PURPOSE = "web.link"
_COOKIE_PURPOSE = "web.session"

_link = tables.core(tables.WebLink)
_session = tables.core(tables.WebSession)
_code = tables.core(tables.WebCode)
_patient = tables.core(tables.Patient)
_address = tables.core(tables.Address)


class Link(NamedTuple):
    """An unused link; `address_id` is where it was sent, None where the clinic handed it over."""

    id: int
    patient_id: int
    address_id: int | None
    language: str


class NewLink(NamedTuple):
    """A link to be stored; one to the chat for a patient who has an address on channel `web`."""

    patient_id: int
    token: str
    address_id: int | None = None
    purpose: str = CHAT


class Visitor(NamedTuple):
    """The patient behind a cookie, and what a page needs to know of them."""

    session_id: int
    patient_id: int
    address_id: int
    address: str
    language: str
    timezone: str
    last_seen_at: datetime
    sealer: Sealer


_MAY_WRITE = (
    _session.c.closed_at.is_(None),
    _session.c.last_seen_at > bindparam("used_since"),
    _address.c.channel == CHANNEL,
    _address.c.status.not_in(("closed", LOCKED)),
)
_FROM = _session.join(_patient, _patient.c.id == _session.c.patient_id).join(
    _address, _address.c.patient_id == _session.c.patient_id
)
_VISITOR = (
    select(
        _session.c.id,
        _session.c.patient_id,
        _address.c.id.label("address_id"),
        _address.c.value,
        _patient.c.language,
        _patient.c.timezone,
        _session.c.last_seen_at,
        _patient.c.key_id,
        _patient.c.wrapped_key,
    )
    .select_from(_FROM)
    .where(Among(_session.c.cookie_hash, "hashes"), *_MAY_WRITE)
    .order_by(_address.c.id)
    .limit(1)
)
_SPOKEN = (
    select(_patient.c.language)
    .select_from(_FROM)
    .where(_session.c.id == bindparam("session"), *_MAY_WRITE)
    .limit(1)
)
_OPEN_LINK = (
    _link.c.purpose == bindparam("opens"),
    Among(_link.c.token_hash, "hashes"),
    _link.c.used_at.is_(None),
    _link.c.expires_at > bindparam("now"),
)
_FIND_LINK = (
    select(_link.c.id, _link.c.patient_id, _link.c.address_id, _patient.c.language)
    .join(_patient, _patient.c.id == _link.c.patient_id)
    .where(*_OPEN_LINK)
    .limit(1)
)
_PLACES = (
    select(_address.c.patient_id, _address.c.id)
    .where(
        Among(_address.c.patient_id, "patients"),
        without_index(_address.c.channel) == CHANNEL,
        _address.c.status != "closed",
    )
    .order_by(_address.c.id.desc())
)
_USE_LINK = (
    update(_link).where(*_OPEN_LINK).values(used_at=bindparam("now")).returning(_link.c.patient_id)
)


def create_link(
    connection: Connection,
    ids: Ids,
    ring: Ring,
    sealer: Sealer,
    *,
    patient_id: int,
    token: str,
    now: datetime,
    lifetime: timedelta,
) -> None:
    """Store a link that lets one device in, once. A patient without a web address gets one."""
    places(connection, ids, ring, {patient_id: sealer}, now)
    create_links(connection, ids, ring, [NewLink(patient_id, token)], now, lifetime)


def create_links(
    connection: Connection,
    ids: Ids,
    ring: Ring,
    links: Sequence[NewLink],
    now: datetime,
    lifetime: timedelta,
) -> None:
    """Store links that each work once."""
    rows = [
        {
            "id": ids.take(connection),
            "patient_id": link.patient_id,
            "token_hash": ring.find_hash(_LINK_PURPOSE, link.token)[1],
            "address_id": link.address_id,
            "purpose": link.purpose,
            "created_at": now,
            "expires_at": now + lifetime,
        }
        for link in links
    ]
    if rows:
        connection.execute(insert(_link), rows)


def places(
    connection: Connection, ids: Ids, ring: Ring, patients: Mapping[int, Sealer], now: datetime
) -> Mapping[int, int]:
    """By patient the id of their address on channel `web`; made where there is none."""
    rows = connection.execute(_PLACES, {"patients": sorted(patients)})
    found: dict[int, int] = {row.patient_id: row.id for row in rows}
    for patient_id in sorted(patients.keys() - found.keys()):
        found[patient_id] = add_address(
            connection,
            ids,
            ring,
            patients[patient_id],
            patient_id=patient_id,
            channel=CHANNEL,
            address=f"patient-{patient_id}",
            now=now,
            preferred=False,
        )
    return found


def find_link(
    connection: Connection, ring: Ring, token: str, now: datetime, purpose: str = CHAT
) -> Link | None:
    """The unused link of this token; None when it opens nothing."""
    asked = {"hashes": _hashes(ring, _LINK_PURPOSE, token), "now": now, "opens": purpose}
    row = connection.execute(_FIND_LINK, asked).one_or_none()
    return None if row is None else Link(*row)


def close_link(connection: Connection, link_id: int, now: datetime) -> None:
    """This link opens nothing any more."""
    connection.execute(update(_link).where(_link.c.id == link_id).values(used_at=now))


def exchange(
    connection: Connection, ids: Ids, ring: Ring, *, token: str, cookie: str, now: datetime
) -> int | None:
    """Use the link up and let the device with this cookie in; the patient's id.

    None when the link is wrong, used or expired: no caller can tell which. Of two exchanges
    at the same moment one succeeds.
    """
    asked = {"hashes": _hashes(ring, _LINK_PURPOSE, token), "now": now, "opens": CHAT}
    patient_id = connection.execute(_USE_LINK, asked).scalar_one_or_none()
    if patient_id is None:
        return None
    row = {
        "id": ids.take(connection),
        "patient_id": patient_id,
        "cookie_hash": ring.find_hash(_COOKIE_PURPOSE, cookie)[1],
        "created_at": now,
        "last_seen_at": now,
    }
    connection.execute(insert(_session), row)
    return int(patient_id)


def find_visitor(connection: Connection, ring: Ring, cookie: str, now: datetime) -> Visitor | None:
    """Whose device this is, in one query; None when it is let in no longer. Raises WrongKey."""
    asked = {"hashes": _hashes(ring, _COOKIE_PURPOSE, cookie), "used_since": now - IDLE}
    row = connection.execute(_VISITOR, asked).one_or_none()
    if row is None:
        return None
    sealer = ring.unwrap(row.key_id, row.wrapped_key, row.patient_id)
    address = sealer.open_text(VALUE, row.address_id, row.value)
    return Visitor(
        row.id,
        row.patient_id,
        row.address_id,
        address,
        row.language,
        row.timezone,
        row.last_seen_at,
        sealer,
    )


def spoken(connection: Connection, session_id: int, now: datetime) -> str | None:
    """The patient's language by now; None where this device may no longer read and write."""
    asked = {"session": session_id, "used_since": now - IDLE}
    return connection.scalar(_SPOKEN, asked)


def touch(connection: Connection, ring: Ring, session_id: int, cookie: str, now: datetime) -> None:
    """The device with this cookie was used now; it is found by the ring's current key from now on.

    So an older key may leave the ring, and whoever uses their device stays let in.
    """
    found_by = ring.find_hash(_COOKIE_PURPOSE, cookie)[1]
    used = update(_session).where(_session.c.id == session_id)
    connection.execute(used.values(last_seen_at=now, cookie_hash=found_by))


def close(connection: Connection, session_id: int, now: datetime) -> None:
    """Let this device in no more."""
    connection.execute(
        update(_session)
        .where(_session.c.id == session_id, _session.c.closed_at.is_(None))
        .values(closed_at=now)
    )


def close_all(connection: Connection, patient_id: int, now: datetime) -> None:
    """Let no device of this patient in, and make links and codes that are out worthless."""
    connection.execute(
        update(_session)
        .where(_session.c.patient_id == patient_id, _session.c.closed_at.is_(None))
        .values(closed_at=now)
    )
    connection.execute(
        update(_link).where(_link.c.patient_id == patient_id).values(cookie_hash=None)
    )
    close_links(connection, patient_id, now)


def close_links(connection: Connection, patient_id: int, now: datetime) -> None:
    """Make this patient's links and codes that are still out worthless."""
    connection.execute(delete(_code).where(_code.c.patient_id == patient_id))
    room_codes.close_all(connection, patient_id, now)
    connection.execute(
        update(_link)
        .where(_link.c.patient_id == patient_id, _link.c.used_at.is_(None))
        .values(used_at=now)
    )


def _hashes(ring: Ring, purpose: str, secret: str) -> Sequence[bytes]:
    return [digest for _, digest in ring.find_hashes(purpose, secret)]
