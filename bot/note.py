"""A professional's note: into the trajectory, and into the patient's chat."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection

from bot.conversation.receipts import note_words
from bot.deployment import Deployment
from bot.held import Held
from bot.permission import PageKey, find_page, holding, subject_of
from bot.view import may_see_all
from trajectory import entries, grants
from trajectory.said import author_of

LONGEST_NOTE = 2000
"""Characters."""


class NotAllowed(Exception):
    """The grant is not for this."""


class BadNote(Exception):
    """A note that cannot be kept; `problem` is `empty` or `too-long`."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


def write_note(
    deployment: Deployment,
    cookie: PageKey,
    text: str,
    now: datetime,
    note_id: str = "",
    flags: Collection[int] = (),
) -> None:
    """Put a professional's note into the trajectory and into the patient's chat.

    `flags` are the ids of the warning signs that it is about. The same `note_id` again (a
    second press) writes nothing.

    Raises:
        Ended: the grant has ended; nothing was kept.
        NotSignedIn: no page is open under this cookie.
        NotAllowed: only those who treat the patient write notes.
        BadNote: empty, or longer than LONGEST_NOTE.
    """
    deployment.database.run(
        lambda connection: _write_note(connection, deployment, cookie, text, note_id, flags, now)
    )


def _write_note(
    connection: Connection,
    deployment: Deployment,
    cookie: PageKey,
    text: str,
    note_id: str,
    flags: Collection[int],
    now: datetime,
) -> None:
    viewing = find_page(connection, deployment, cookie, now)
    with holding(connection, deployment, viewing, now) as (held, grant):
        if not may_see_all(grant):
            raise NotAllowed
        note = _tidy(text)
        author, key = author_of(grant.member.id), _key(note_id)
        grants.touch(connection, viewing, now)
        if key and _is_written(held, author, key):
            return
        about = {"flags": sorted(flags)} if flags else {}
        held.record("note", author, note, ({"note": key} if key else {}) | about)
        held.audit(author, "noted", subject_of(grant))
        held.tell(note_words(held.words, grant.member, note))


def _tidy(text: str) -> str:
    note = "\n".join(line.rstrip() for line in text.splitlines()).strip()
    if not note:
        raise BadNote("empty")
    if len(note) > LONGEST_NOTE:
        raise BadNote("too-long")
    return note


def _key(note_id: str) -> str:
    """Stored in the clear, so whatever the browser made is hashed first."""
    return hashlib.sha256(note_id.encode()).hexdigest()[:24] if note_id else ""


def _is_written(held: Held, author: str, key: str) -> bool:
    notes = entries.timeline(held.connection, held.sealer, held.patient_id, kinds={"note"})
    return any(note.author == author and (note.detail or {}).get("note") == key for note in notes)
