"""A professional's way to a patient's summary: link, mailed code and spoken words, open page.

Nothing here knows HTTP. The grant is asked for at every step, so what the patient has ended
shows nothing from the next request on, also behind an open page.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from bot.conversation.dates import day_name
from bot.deployment import Deployment
from bot.held import Held, NoSuchPatient, hold
from bot.view import View, active_grant, author_of, may_see_all, read_view
from trajectory import entries, grants, patients
from trajectory.grants import Attempt, Grant, GrantEnded, GrantRef, TooManyCodes, Viewing

__all__ = [
    "CODE_MINUTES",
    "LONGEST_NOTE",
    "BadNote",
    "CodeSpent",
    "Ended",
    "Invitation",
    "NotAllowed",
    "NotSignedIn",
    "TooManyCodes",
    "View",
    "WrongWords",
    "leave",
    "look",
    "open_page",
    "read_summary",
    "request_code",
    "write_note",
]

CODE_MINUTES = int(grants.CODE_LIFE.total_seconds() // 60)
LONGEST_NOTE = 2000
"""Characters."""

_SYSTEM = "system"

Ended = GrantEnded
"""The link or page opens nothing: unknown, expired or ended by the patient; nobody learns which."""


class CodeSpent(Exception):
    """No code works now: none was sent, or it was used, is too old or was tried too often."""


class WrongWords(Exception):
    """The code or the patient's words are wrong; nobody learns which of the two."""


class NotSignedIn(Exception):
    """No page is open under this cookie; after 30 idle minutes or 8 hours none is any more."""


class NotAllowed(Exception):
    """The grant is not for this."""


class BadNote(Exception):
    """A note that cannot be kept; `problem` is `empty` or `too-long`."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Invitation:
    """Whom a link is for, and the language of the patient who sent it."""

    recipient: str
    language: str


def look(deployment: Deployment, token: str, now: datetime) -> Invitation:
    """What may be shown to whoever holds the link; changes nothing. Raises Ended."""
    with deployment.database.read() as connection:
        ref = _find(connection, deployment, token, now)
        rows = patients.read(connection, [ref.patient_id])
        if not rows:
            raise Ended
        (row,) = rows
        sealer = row.sealer(deployment.ring)
        grant = active_grant(connection, sealer, ref.patient_id, ref.id, now)
        return Invitation(grant.member.name, row.language)


def request_code(deployment: Deployment, token: str, now: datetime) -> None:
    """Mail a new code to the address that the link went to, and to no other.

    A second press within a minute sends nothing: the first code still works.

    Raises:
        Ended: the link opens nothing.
        TooManyCodes: five were sent within the hour.
    """
    with deployment.database.read() as connection:
        ref = _find(connection, deployment, token, now)
    deployment.database.run(lambda connection: _mail_code(connection, deployment, ref, now))


def open_page(deployment: Deployment, token: str, code: str, word: str, now: datetime) -> str:
    """Open the page for whoever has the mailed code and the patient's words; its cookie.

    The patient is told at the first look under this grant.

    Raises:
        Ended: the link opens nothing.
        WrongWords: code or words are wrong; the try counts.
        CodeSpent: a new code is needed.
    """
    with deployment.database.read() as connection:
        ref = _find(connection, deployment, token, now)
    cookie = deployment.chance.token()
    attempt = deployment.database.run(
        lambda connection: _try(connection, deployment, ref, (code, word), cookie, now)
    )
    if attempt is Attempt.SPENT:
        raise CodeSpent
    if attempt is Attempt.WRONG:
        raise WrongWords
    return cookie


def read_summary(deployment: Deployment, cookie: str, now: datetime) -> View:
    """The summary behind an open page; this look is audited before anything is read.

    Raises:
        Ended: the grant has ended.
        NotSignedIn: no page is open under this cookie.
    """
    deployment.database.run(lambda connection: _note_look(connection, deployment, cookie, now))
    with deployment.database.read() as connection:
        viewing = _viewing(connection, deployment, cookie, now)
        return read_view(connection, deployment, viewing, now)


def write_note(
    deployment: Deployment, cookie: str, text: str, now: datetime, note_id: str = ""
) -> None:
    """Put a professional's note into the trajectory and into the patient's chat.

    The same `note_id` again (a second press) writes nothing.

    Raises:
        Ended: the grant has ended; nothing was kept.
        NotSignedIn: no page is open under this cookie.
        NotAllowed: relatives write no notes.
        BadNote: empty, or longer than LONGEST_NOTE.
    """
    deployment.database.run(
        lambda connection: _write_note(connection, deployment, cookie, text, note_id, now)
    )


def leave(deployment: Deployment, cookie: str, now: datetime) -> None:
    """Close the page of this cookie; a grant for one look ends with it. No page: nothing."""
    deployment.database.run(lambda connection: _leave(connection, deployment, cookie, now))


def _find(connection: Connection, deployment: Deployment, token: str, now: datetime) -> GrantRef:
    ref = grants.by_token(connection, deployment.ring, token, now)
    if ref is None or not ref.active:
        raise Ended
    return ref


@contextmanager
def _holding(
    connection: Connection,
    deployment: Deployment,
    behind: GrantRef | Viewing,
    now: datetime,
) -> Iterator[tuple[Held, Grant]]:
    """Hold the patient of a link or page, with the grant as it is under the lock."""
    grant_id = behind.grant_id if isinstance(behind, Viewing) else behind.id
    try:
        with hold(connection, deployment, behind.patient_id, now) as held:
            yield held, active_grant(connection, held.sealer, held.patient_id, grant_id, now)
    except NoSuchPatient:
        raise Ended from None


def _mail_code(
    connection: Connection, deployment: Deployment, ref: GrantRef, now: datetime
) -> None:
    with _holding(connection, deployment, ref, now) as (held, grant):
        if grants.was_just_sent(connection, grant.id, now):
            return
        code = grants.new_code(
            connection,
            deployment.ids,
            deployment.ring,
            grant.id,
            now,
            draw=lambda: deployment.chance.digits(6),
        )
        text = held.words.say(
            "mail.code.text",
            name=grant.member.name,
            clinic=deployment.clinic.name,
            code=code,
            minutes=CODE_MINUTES,
        )
        held.mail(grant.member, held.words.say("mail.code.subject"), text)
        held.audit(_SYSTEM, "code-sent", _subject(grant))


def _try(
    connection: Connection,
    deployment: Deployment,
    ref: GrantRef,
    given: tuple[str, str],
    cookie: str,
    now: datetime,
) -> Attempt:
    code, word = given
    with _holding(connection, deployment, ref, now) as (held, grant):
        # With wrong words no code is right: it is not used up, and the answer tells nothing.
        typed = code.replace(" ", "") if _same_words(word, grant.word) else ""
        attempt = grants.try_code(connection, deployment.ring, grant.id, typed, now)
        if attempt is Attempt.RIGHT:
            _open(held, grant, cookie)
        elif attempt is Attempt.WRONG:
            held.audit(_SYSTEM, "code-refused", _subject(grant))
        return attempt


def _open(held: Held, grant: Grant, cookie: str) -> None:
    connection, now = held.connection, held.now
    grants.open_viewing(
        connection, held.deployment.ids, held.deployment.ring, grant.id, cookie, now
    )
    held.audit(author_of(grant.member.id), "opened", _subject(grant))
    if grants.ONCE in grant.purposes:
        grants.shorten(connection, grant.id, now + grants.VIEWING_LIFE)
    if grant.first_seen_at is None:
        held.tell(_receipt(held, grant))


def _receipt(held: Held, grant: Grant) -> str:
    person = held.person
    return held.words.say(
        "receipt.looked",
        name=grant.member.name,
        day=day_name(held.now, person.zone, person.language),
        clock=held.now.astimezone(person.zone).strftime("%H:%M"),
    )


def _viewing(connection: Connection, deployment: Deployment, cookie: str, now: datetime) -> Viewing:
    viewing = grants.by_cookie(connection, deployment.ring, cookie, now)
    if viewing is not None:
        return viewing
    grant_id = grants.grant_behind(connection, deployment.ring, cookie)
    ref = None if grant_id is None else grants.by_id(connection, grant_id, now)
    if ref is None or ref.active:
        raise NotSignedIn
    raise Ended


def _note_look(connection: Connection, deployment: Deployment, cookie: str, now: datetime) -> None:
    viewing = _viewing(connection, deployment, cookie, now)
    with _holding(connection, deployment, viewing, now) as (held, grant):
        grants.touch(connection, viewing, now)
        held.audit(author_of(grant.member.id), "viewed", _subject(grant))


def _write_note(
    connection: Connection,
    deployment: Deployment,
    cookie: str,
    text: str,
    note_id: str,
    now: datetime,
) -> None:
    viewing = _viewing(connection, deployment, cookie, now)
    with _holding(connection, deployment, viewing, now) as (held, grant):
        if not may_see_all(grant):
            raise NotAllowed
        note = _tidy(text)
        author, key = author_of(grant.member.id), _key(note_id)
        grants.touch(connection, viewing, now)
        if key and _is_written(held, author, key):
            return
        held.record("note", author, note, {"note": key} if key else None)
        held.audit(author, "noted", _subject(grant))
        held.tell(_announcement(held, grant, note))


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


def _announcement(held: Held, grant: Grant, note: str) -> str:
    name, role = grant.member.name, f"receipt.role.{grant.member.role}"
    if not held.words.has(role):
        return held.words.say("receipt.note.from", name=name, text=note)
    return held.words.say("receipt.note.from-role", name=name, role=held.words.say(role), text=note)


def _leave(connection: Connection, deployment: Deployment, cookie: str, now: datetime) -> None:
    viewing = grants.by_cookie(connection, deployment.ring, cookie, now)
    if viewing is None:
        return
    with _holding(connection, deployment, viewing, now) as (held, grant):
        grants.close_viewing(connection, viewing, now)
        held.audit(author_of(grant.member.id), "signed-out", _subject(grant))
        if grants.ONCE in grant.purposes:
            grants.shorten(connection, grant.id, now)


def _same_words(said: str, agreed: str) -> bool:
    return hmac.compare_digest(_spoken(said), _spoken(agreed))


def _spoken(words: str) -> bytes:
    """Words as they sound: without case, marks between them, or how they were composed."""
    return " ".join(re.findall(r"\w+", unicodedata.normalize("NFKC", words).casefold())).encode()


def _subject(grant: Grant) -> str:
    return f"grant:{grant.id}"
