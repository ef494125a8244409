"""Opening a patient's page for whoever may read: noted, audited, told at the first look."""

from __future__ import annotations

from bot.conversation.receipts import look_words
from bot.held import Held
from bot.permission import subject_of
from trajectory import grants
from trajectory.grants import Grant, Opener
from trajectory.said import author_of
from trajectory.views import scope_of


class SaysNotWho(Exception):
    """Each opening of this page asks for a name and a purpose, and neither was given."""


def open_for(
    held: Held,
    grant: Grant,
    cookie: str,
    session_id: int | None = None,
    opener: Opener | None = None,
) -> None:
    """Open the page under this cookie, or at this sign-in; the patient hears of the first look.

    `opener`: who opens it and what for, where that is asked. Raises SaysNotWho.
    """
    begin(held, grant, cookie, session_id, opener)
    if grant.first_seen_at is None:
        person = held.person
        zone, language = person.zone, person.language
        held.tell(look_words(held.words, grant.member, held.now, zone, language, opener))


def begin(
    held: Held,
    grant: Grant,
    cookie: str,
    session_id: int | None = None,
    opener: Opener | None = None,
) -> None:
    """As `open_for`, where the patient is told in other words. Raises SaysNotWho."""
    if scope_of(grant).says_who and opener is None:
        raise SaysNotWho
    connection, now, deployment = held.connection, held.now, held.deployment
    grants.open_viewing(
        connection,
        deployment.ids,
        deployment.ring,
        grant.id,
        cookie,
        now,
        session_id=session_id,
        said=None if opener is None else (held.sealer, opener),
    )
    held.audit(author_of(grant.member.id), "opened", subject_of(grant))
    if grants.ONCE in grant.purposes:
        grants.shorten(connection, grant.id, now + grants.VIEWING_LIFE)
