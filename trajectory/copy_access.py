"""Who may read a patient's copy of everything: whoever has used a link, with the cookie it gave.

The link is stored as those to the web chat are (`trajectory.web_access`).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, select, update

from trajectory import tables
from trajectory.keys import Ring
from trajectory.web_access import COPY, Link

LINK_LIFE = timedelta(hours=24)
PAGE_LIFE = timedelta(hours=1)
"""How long the page stays open on the device that has used the link."""

_PURPOSE = "web.copy"
_link = tables.core(tables.WebLink)
_patient = tables.core(tables.Patient)


class Page(NamedTuple):
    """A copy that is open on a device."""

    link_id: int
    patient_id: int
    language: str
    timezone: str
    closes_at: datetime


def open_page(connection: Connection, ring: Ring, link: Link, cookie: str, now: datetime) -> None:
    """Use the link up; the device with this cookie may read. The conversation is held."""
    digest = ring.find_hash(_PURPOSE, cookie)[1]
    connection.execute(
        update(_link).where(_link.c.id == link.id).values(used_at=now, cookie_hash=digest)
    )


def find_page(connection: Connection, ring: Ring, cookie: str, now: datetime) -> Page | None:
    """The open page of this cookie; None: there is none, or its hour is over."""
    hashes = [digest for _, digest in ring.find_hashes(_PURPOSE, cookie)]
    row = connection.execute(
        select(
            _link.c.id,
            _link.c.patient_id,
            _link.c.used_at,
            _patient.c.language,
            _patient.c.timezone,
        )
        .join(_patient, _patient.c.id == _link.c.patient_id)
        .where(
            _link.c.cookie_hash.in_(hashes),
            _link.c.purpose == COPY,
            _link.c.used_at > now - PAGE_LIFE,
        )
    ).one_or_none()
    return row and Page(row.id, row.patient_id, row.language, row.timezone, row.used_at + PAGE_LIFE)


def close_page(connection: Connection, link_id: int) -> None:
    """The page opens nothing any more."""
    connection.execute(update(_link).where(_link.c.id == link_id).values(cookie_hash=None))
