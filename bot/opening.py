"""Opening a patient's page for whoever may read: noted, audited, told at the first look."""

from __future__ import annotations

from bot.conversation.receipts import look_words
from bot.held import Held
from bot.permission import subject_of
from trajectory import grants
from trajectory.grants import Grant
from trajectory.said import author_of


def open_for(held: Held, grant: Grant, cookie: str, session_id: int | None = None) -> None:
    """Open the page under this cookie, or at this sign-in; the patient hears of the first look."""
    begin(held, grant, cookie, session_id)
    if grant.first_seen_at is None:
        person = held.person
        held.tell(look_words(held.words, grant.member, held.now, person.zone, person.language))


def begin(held: Held, grant: Grant, cookie: str, session_id: int | None = None) -> None:
    """As `open_for`, where the patient is told in other words."""
    connection, now, deployment = held.connection, held.now, held.deployment
    grants.open_viewing(
        connection, deployment.ids, deployment.ring, grant.id, cookie, now, session_id
    )
    held.audit(author_of(grant.member.id), "opened", subject_of(grant))
    if grants.ONCE in grant.purposes:
        grants.shorten(connection, grant.id, now + grants.VIEWING_LIFE)
