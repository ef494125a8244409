"""A letter that a professional pastes: into the trajectory, with where it comes from and when."""

from __future__ import annotations

from datetime import date, datetime, time

from sqlalchemy import Connection

from bot.answering import answering, is_written, key_of, tidied
from bot.conversation.receipts import letter_words
from bot.deployment import Deployment
from bot.held import Held
from bot.permission import PageKey, subject_of
from bot.schedule import at_local
from trajectory.said import author_of

LONGEST_LETTER = 4000
"""Characters."""
SECTORS = (
    "gp",
    "hospital",
    "physiotherapy",
    "chiropractic",
    "imaging",
    "municipality",
    "psychology",
    "other",
)
"""Where a letter may come from."""
SOURCE = "letter"
"""How `detail.source` marks a contact that was pasted."""
_FIRST_YEAR = 1950
_NOON = time(12)


class BadLetter(Exception):
    """A letter that cannot be kept; `problem` is `empty`, `too-long`, `sector` or `day`."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


def keep_letter(
    deployment: Deployment,
    cookie: PageKey,
    sector: str,
    day: str,
    text: str,
    now: datetime,
    letter_id: str = "",
) -> None:
    """Put a letter into the trajectory as a contact; the patient is told.

    `day` is the ISO date of the letter. The same `letter_id` again writes nothing.

    Raises:
        Ended: the grant has ended; nothing was kept.
        NotSignedIn: no page is open under this cookie.
        NotAllowed: only those who treat the patient do this.
        BadLetter: it cannot be kept as it is.
    """
    deployment.database.run(
        lambda connection: _keep(
            connection, deployment, cookie, (sector, day, text), letter_id, now
        )
    )


def _keep(
    connection: Connection,
    deployment: Deployment,
    cookie: PageKey,
    typed: tuple[str, str, str],
    letter_id: str,
    now: datetime,
) -> None:
    with answering(connection, deployment, cookie, now) as (held, grant):
        sector, day, text = _read(held, *typed)
        author, key = author_of(grant.member.id), key_of(letter_id)
        if key and is_written(held, "contact", author, SOURCE, key):
            return
        at = at_local(day, _NOON, held.person.zone)
        detail = {"source": SOURCE} | ({SOURCE: key} if key else {})
        held.record("contact", author, text, detail, code=sector, at=at)
        held.audit(author, "letter-kept", subject_of(grant))
        held.tell(letter_words(held.words, grant.member, sector, at, held.person))


def _read(held: Held, sector: str, day: str, text: str) -> tuple[str, date, str]:
    letter = tidied(text)
    if not letter:
        raise BadLetter("empty")
    if len(letter) > LONGEST_LETTER:
        raise BadLetter("too-long")
    if sector not in SECTORS:
        raise BadLetter("sector")
    try:
        dated = date.fromisoformat(day)
    except ValueError:
        raise BadLetter("day") from None
    if not date(_FIRST_YEAR, 1, 1) <= dated <= held.now.astimezone(held.person.zone).date():
        raise BadLetter("day")
    return sector, dated, letter
