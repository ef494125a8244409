"""A professional's note: into the trajectory, and into the patient's chat."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from bot.answering import answering, is_written, key_of, tidied
from bot.conversation.receipts import note_words
from bot.deployment import Deployment
from bot.held import Held
from bot.permission import PageKey, subject_of
from trajectory.notes import AGREED, FIELDS, PLAIN
from trajectory.said import author_of

LONGEST_NOTE = 2000
"""Characters of a note without fields."""
LONGEST_FIELD = 500
"""Characters of one field."""


class BadNote(Exception):
    """A note that cannot be kept; `problem` is `empty` or `too-long`."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Fields:
    """A note as it is typed: at least one of the four says something."""

    found: str = ""
    agreed: str = ""
    who: str = ""
    by: str = ""


def write_note(
    deployment: Deployment,
    cookie: PageKey,
    note: Fields | str,
    now: datetime,
    note_id: str = "",
    flags: Collection[int] = (),
) -> None:
    """Put a professional's note into the trajectory and into the patient's chat.

    What was agreed is the patient's plan from now on. `flags` are the ids of the warning signs
    that the note is about. The same `note_id` again (a second press) writes nothing.

    Raises:
        Ended: the grant has ended; nothing was kept.
        NotSignedIn: no page is open under this cookie.
        NotAllowed: only those who treat the patient write notes.
        BadNote: empty, or longer than LONGEST_FIELD (without fields: LONGEST_NOTE).
    """
    deployment.database.run(
        lambda connection: _write_note(connection, deployment, cookie, note, note_id, flags, now)
    )


def _write_note(
    connection: Connection,
    deployment: Deployment,
    cookie: PageKey,
    note: Fields | str,
    note_id: str,
    flags: Collection[int],
    now: datetime,
) -> None:
    with answering(connection, deployment, cookie, now) as (held, grant):
        said = _said(note)
        author, key = author_of(grant.member.id), key_of(note_id)
        if key and is_written(held, "note", author, "note", key):
            return
        _record(held, author, said, key or str(deployment.ids.take(connection)), flags)
        held.audit(author, "noted", subject_of(grant))
        held.tell(note_words(held.words, grant.member, said))


def _said(note: Fields | str) -> Mapping[str, str]:
    """What was typed, by field, in the order of the fields."""
    if isinstance(note, str):
        typed, longest = {PLAIN: tidied(note)}, LONGEST_NOTE
    else:
        typed, longest = {name: tidied(getattr(note, name)) for name in FIELDS}, LONGEST_FIELD
    said = {field: words for field, words in typed.items() if words}
    if not said:
        raise BadNote("empty")
    if any(len(words) > longest for words in said.values()):
        raise BadNote("too-long")
    return said


def _record(
    held: Held, author: str, said: Mapping[str, str], key: str, flags: Collection[int]
) -> None:
    """The field that comes first says which warning signs the note is about."""
    about = {"flags": sorted(flags)} if flags else {}
    for field, words in said.items():
        held.record("note", author, words, {"note": key} | about, item=field or None)
        about = {}
    if AGREED in said:
        held.record("plan", author, said[AGREED], {"note": key})
