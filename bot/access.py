"""A professional's way to a patient's summary: link, mailed code and spoken words, open page.

Nothing here knows HTTP. The grant is asked for at every step, so what the patient has ended
shows nothing from the next request on, also behind an open page.
"""

from __future__ import annotations

import hmac
import re
import unicodedata
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from bot.answering import NotAllowed
from bot.deployment import Deployment
from bot.handling import NoSuchFlag, handle_flag
from bot.held import Held
from bot.letters import LONGEST_LETTER, SECTORS, BadLetter, keep_letter
from bot.note import LONGEST_FIELD, LONGEST_NOTE, BadNote, Fields, write_note
from bot.opening import open_for
from bot.permission import (
    Ended,
    FromList,
    NotSignedIn,
    PageKey,
    find_link,
    find_page,
    holding,
    subject_of,
)
from bot.view import View, active_grant, read_view
from trajectory import grants, patients
from trajectory.grants import Attempt, Grant, GrantRef, Opener, TooManyCodes
from trajectory.said import author_of
from trajectory.views import Page, scope_of

__all__ = [
    "CODE_MINUTES",
    "COPIED",
    "EXPORTED",
    "LONGEST_FIELD",
    "LONGEST_LETTER",
    "LONGEST_NOTE",
    "LONGEST_SAID",
    "PRINTED",
    "SECTORS",
    "VIEWED",
    "BadLetter",
    "BadNote",
    "CodeSpent",
    "Ended",
    "Fields",
    "FromList",
    "Invitation",
    "NoSuchFlag",
    "NotAllowed",
    "NotSignedIn",
    "Opener",
    "PageKey",
    "TooManyCodes",
    "View",
    "WhoAsks",
    "WrongWords",
    "handle_flag",
    "keep_letter",
    "leave",
    "look",
    "open_page",
    "read_summary",
    "request_code",
    "write_note",
]

CODE_MINUTES = int(grants.CODE_LIFE.total_seconds() // 60)
LONGEST_SAID = 120
"""Characters of a name or a purpose; more is left out."""
NOBODY = Opener("", "")
_SYSTEM = "system"

VIEWED, COPIED, PRINTED, EXPORTED = "viewed", "copied", "printed", "exported"
"""How a summary is looked at, for the audit: on the page, as text, as a PDF, as data."""


class WhoAsks(Exception):
    """Whoever opens this must say their name and what for, and has not; nothing was counted."""


class CodeSpent(Exception):
    """No code works now: none was sent, or it was used, is too old or was tried too often."""


class WrongWords(Exception):
    """The code or the patient's words are wrong; nobody learns which of the two."""


@dataclass(frozen=True, slots=True)
class Invitation:
    """Whom a link is for, and the language of the patient who sent it."""

    recipient: str
    language: str
    page: Page
    says_who: bool
    """Whether opening it asks for a name and a purpose."""


def look(deployment: Deployment, token: str, now: datetime) -> Invitation:
    """What may be shown to whoever holds the link; changes nothing. Raises Ended."""
    with deployment.database.read() as connection:
        ref = find_link(connection, deployment, token, now)
        rows = patients.read(connection, [ref.patient_id])
        if not rows:
            raise Ended
        (row,) = rows
        sealer = row.sealer(deployment.ring)
        grant = active_grant(connection, sealer, ref.patient_id, ref.id, now)
        scope = scope_of(grant)
        return Invitation(grant.member.name, row.language, scope.page, scope.says_who)


def request_code(deployment: Deployment, token: str, now: datetime) -> None:
    """Mail a new code to the address that the link went to, and to no other.

    A second press within a minute sends nothing: the first code still works.

    Raises:
        Ended: the link opens nothing.
        TooManyCodes: five were sent within the hour.
    """
    with deployment.database.read() as connection:
        ref = find_link(connection, deployment, token, now)
    deployment.database.run(lambda connection: _mail_code(connection, deployment, ref, now))


def open_page(
    deployment: Deployment,
    token: str,
    code: str,
    word: str,
    now: datetime,
    opener: Opener = NOBODY,
) -> str:
    """Open the page for whoever has the mailed code and the patient's words; its cookie.

    The patient is told at the first look under this grant. `opener` is what whoever opens it
    says of themselves; it is asked and kept only where a mailbox has several readers.

    Raises:
        Ended: the link opens nothing, from now on if words were guessed at too often.
        WhoAsks: name or purpose is missing where both are asked.
        WrongWords: code or words are wrong; the try counts.
        CodeSpent: a new code is needed.
    """
    with deployment.database.read() as connection:
        ref = find_link(connection, deployment, token, now)
    cookie = deployment.chance.token()
    attempt = deployment.database.run(
        lambda connection: _try(connection, deployment, ref, (code, word), cookie, now, opener)
    )
    match attempt:
        case Attempt.RIGHT:
            return cookie
        case Attempt.SPENT:
            raise CodeSpent
        case Attempt.WRONG:
            raise WrongWords
        case Attempt.GUESSED:
            raise Ended


def read_summary(deployment: Deployment, cookie: PageKey, now: datetime, how: str = VIEWED) -> View:
    """The summary behind an open page; this look is audited before anything is read.

    `how` is one of the ways to look above.

    Raises:
        Ended: the grant has ended.
        NotSignedIn: no page is open under this cookie.
        NotAllowed: who does not treat the patient takes nothing along.
    """
    deployment.database.run(lambda connection: _note_look(connection, deployment, cookie, how, now))
    with deployment.database.read() as connection:
        viewing = find_page(connection, deployment, cookie, now)
        return read_view(connection, deployment, viewing, now)


def leave(deployment: Deployment, cookie: PageKey, now: datetime) -> None:
    """Close the page of this cookie; a grant for one look ends with it. No page: nothing."""
    database = deployment.database
    try:
        database.run(lambda connection: _leave(connection, deployment, cookie, now))
    except Ended:
        # There is nothing to read any more, but the role may change again.
        database.run(lambda connection: _close(connection, deployment, cookie, now))


def _mail_code(
    connection: Connection, deployment: Deployment, ref: GrantRef, now: datetime
) -> None:
    with holding(connection, deployment, ref, now) as (held, grant):
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
        held.audit(_SYSTEM, "code-sent", subject_of(grant))


def _try(
    connection: Connection,
    deployment: Deployment,
    ref: GrantRef,
    given: tuple[str, str],
    cookie: str,
    now: datetime,
    opener: Opener,
) -> Attempt:
    code, word = given
    with holding(connection, deployment, ref, now) as (held, grant):
        said = _said_of_themselves(grant, opener)
        attempt = grants.try_code(
            connection,
            deployment.ring,
            grant.id,
            code.replace(" ", ""),
            now,
            words_right=_same_words(word, grant.word),
        )
        if attempt is Attempt.RIGHT:
            open_for(held, grant, cookie, opener=said)
        elif attempt is not Attempt.SPENT:
            held.audit(_SYSTEM, "code-refused", subject_of(grant))
        if attempt is Attempt.GUESSED:
            _close_to_guessers(held, grant)
        return attempt


def _close_to_guessers(held: Held, grant: Grant) -> None:
    """Whoever has the mails does not have the patient's words: perhaps not the one who is meant."""
    grants.end(held.connection, grant.id, held.now)
    held.record("grant-ended", _SYSTEM, detail={"member": grant.member.id, "reason": "guessed"})
    held.audit(_SYSTEM, "sharing-stopped", subject_of(grant))
    held.tell(held.words.say("receipt.guessed", name=grant.member.name))


def _said_of_themselves(grant: Grant, opener: Opener) -> Opener | None:
    if not scope_of(grant).says_who:
        return None
    name, purpose = (
        " ".join(each.split())[:LONGEST_SAID] for each in (opener.name, opener.purpose)
    )
    if not name or not purpose:
        raise WhoAsks
    return Opener(name, purpose)


def _note_look(
    connection: Connection, deployment: Deployment, cookie: PageKey, how: str, now: datetime
) -> None:
    viewing = find_page(connection, deployment, cookie, now)
    with holding(connection, deployment, viewing, now) as (held, grant):
        if how != VIEWED and scope_of(grant).page is not Page.WHOLE:
            raise NotAllowed
        grants.touch(connection, viewing, now)
        held.audit(author_of(grant.member.id), how, subject_of(grant))


def _leave(connection: Connection, deployment: Deployment, cookie: PageKey, now: datetime) -> None:
    try:
        viewing = find_page(connection, deployment, cookie, now)
    except (Ended, NotSignedIn):
        return
    with holding(connection, deployment, viewing, now) as (held, grant):
        grants.close_viewing(connection, viewing, now)
        held.audit(author_of(grant.member.id), "signed-out", subject_of(grant))
        if grants.ONCE in grant.purposes:
            grants.shorten(connection, grant.id, now)


def _close(connection: Connection, deployment: Deployment, cookie: PageKey, now: datetime) -> None:
    with suppress(Ended, NotSignedIn):
        grants.close_viewing(connection, find_page(connection, deployment, cookie, now), now)


def _same_words(said: str, agreed: str) -> bool:
    return hmac.compare_digest(_spoken(said), _spoken(agreed))


def _spoken(words: str) -> bytes:
    """Words as they sound: without case, marks between them, or how they were composed."""
    return " ".join(re.findall(r"\w+", unicodedata.normalize("NFKC", words).casefold())).encode()
