"""What a professional does beside reading: bounds, leave, and what came twice.

Whoever answers treats the patient: nobody else writes into the trajectory.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import Connection

from bot.deployment import Deployment
from bot.held import Held
from bot.permission import PageKey, find_page, holding
from trajectory import entries, grants, views
from trajectory.grants import Grant


class NotAllowed(Exception):
    """The grant is not for this."""


@contextmanager
def answering(
    connection: Connection, deployment: Deployment, cookie: PageKey, now: datetime
) -> Iterator[tuple[Held, Grant]]:
    """Hold the patient behind an open page, for somebody who may write.

    Raises:
        Ended: the grant has ended.
        NotSignedIn: no page is open under this cookie.
        NotAllowed: only those who treat the patient write.
    """
    viewing = find_page(connection, deployment, cookie, now)
    with holding(connection, deployment, viewing, now) as (held, grant):
        if not views.scope_of(grant).may_answer:
            raise NotAllowed
        grants.touch(connection, viewing, now)
        yield held, grant


def tidied(text: str) -> str:
    """Without blanks at the ends of lines or lines at the ends of the text."""
    return "\n".join(line.rstrip() for line in text.splitlines()).strip()


def key_of(form_id: str) -> str:
    """Stored in the clear, so whatever the browser made is hashed first."""
    return hashlib.sha256(form_id.encode()).hexdigest()[:24] if form_id else ""


def is_written(held: Held, kind: str, author: str, field: str, key: str) -> bool:
    """Whether this author's form has come before: a second press."""
    rows = entries.timeline(held.connection, held.sealer, held.patient_id, kinds={kind})
    return any(row.author == author and (row.detail or {}).get(field) == key for row in rows)
