"""Which patient a tablet of the clinic's is handed to, for one questionnaire, and how it is handed.

Somebody at the desk has a code made and types it on the tablet, which then shows that
questionnaire and nothing else. Eight characters as patients say them in the room, good once and
for ten minutes: one in 17 thousand million. Codes and tablets stand beside the links into the
web chat, and open nothing there; what closes those closes these.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, insert, select, update

from trajectory import tables
from trajectory.ids import Ids
from trajectory.keys import Ring
from trajectory.room_codes import ALPHABET

CODE_LIFE = timedelta(minutes=10)
PAGE_LIFE = timedelta(hours=1)
"""How long a tablet that was handed over stays with its questionnaire."""
LENGTH = 8
_HALF = LENGTH // 2
_TABLET = "tablet"
_CODE, _COOKIE = "tablet.code", "tablet.cookie"
_link = tables.core(tables.WebLink)
_patient = tables.core(tables.Patient)


class Page(NamedTuple):
    """A questionnaire that is open on a tablet, for a patient, and who handed it over."""

    link_id: int
    patient_id: int
    worker_id: int
    flow_id: str


def draw(random: Random) -> str:
    """A code that nobody can guess in the time."""
    return "".join(random.choices(ALPHABET, k=LENGTH))


def shown(code: str) -> str:
    """As it is typed: K7M4 2PXW."""
    return f"{code[:_HALF]} {code[_HALF:]}"


def create(
    connection: Connection, ids: Ids, ring: Ring, page: Page, code: str, now: datetime
) -> None:
    """Store a code for this page, which has no id yet; the patient's conversation is held.

    Codes and tablets of the same patient that are still out open nothing any more.
    """
    connection.execute(
        update(_link)
        .where(_link.c.patient_id == page.patient_id, _link.c.purpose.startswith(f"{_TABLET}:"))
        .values(used_at=now, cookie_hash=None)
    )
    row = {
        "id": ids.take(connection),
        "patient_id": page.patient_id,
        "token_hash": ring.find_hash(_CODE, code)[1],
        "address_id": None,
        "purpose": _purpose(page.worker_id, page.flow_id),
        "created_at": now,
        "expires_at": now + CODE_LIFE,
    }
    connection.execute(insert(_link), row)


def find_code(connection: Connection, ring: Ring, code: str, now: datetime) -> Page | None:
    """What this code is for; None: it opens nothing, and nobody learns why."""
    hashes = [digest for _, digest in ring.find_hashes(_CODE, code)]
    return _page(
        connection,
        _link.c.token_hash.in_(hashes),
        _link.c.used_at.is_(None),
        _link.c.expires_at > now,
    )


def hand_over(connection: Connection, ring: Ring, link_id: int, cookie: str, now: datetime) -> bool:
    """Use the code up for the tablet with this cookie; False: somebody was faster."""
    digest = ring.find_hash(_COOKIE, cookie)[1]
    used = connection.execute(
        update(_link)
        .where(_link.c.id == link_id, _link.c.used_at.is_(None))
        .values(used_at=now, cookie_hash=digest)
        .returning(_link.c.id)
    )
    return used.first() is not None


def find_page(connection: Connection, ring: Ring, cookie: str, now: datetime) -> Page | None:
    """What the tablet with this cookie shows; None: nothing, or its hour is over."""
    if not cookie:
        return None
    hashes = [digest for _, digest in ring.find_hashes(_COOKIE, cookie)]
    return _page(connection, _link.c.cookie_hash.in_(hashes), _link.c.used_at > now - PAGE_LIFE)


def turn(connection: Connection, page: Page, flow_id: str) -> None:
    """The tablet goes on with another questionnaire, which the answers have asked for."""
    purpose = _purpose(page.worker_id, flow_id)
    connection.execute(update(_link).where(_link.c.id == page.link_id).values(purpose=purpose))


def close(connection: Connection, link_id: int) -> None:
    """The tablet shows nothing any more."""
    connection.execute(update(_link).where(_link.c.id == link_id).values(cookie_hash=None))


def _purpose(worker_id: int, flow_id: str) -> str:
    return f"{_TABLET}:{worker_id}:{flow_id}"


def _page(connection: Connection, *where: ColumnElement[bool]) -> Page | None:
    row = connection.execute(
        select(_link.c.id, _link.c.patient_id, _link.c.purpose).where(
            _link.c.purpose.startswith(f"{_TABLET}:"), *where
        )
    ).one_or_none()
    if row is None:
        return None
    _, worker, flow_id = row.purpose.split(":", 2)
    return Page(row.id, row.patient_id, int(worker), flow_id)
