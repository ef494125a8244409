"""Seen, handled by whom: a professional answers a warning sign with one press."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from bot.answering import answering
from bot.conversation.receipts import handled_words
from bot.deployment import Deployment
from bot.held import Held
from bot.permission import PageKey
from flows.signs import SELF_HARM
from trajectory import cases, entries
from trajectory.cases import Kind, State
from trajectory.flags import HANDLED, Flag, flags
from trajectory.said import author_of

_STORY = frozenset({"red-flag", "flag-follow-up", "note", HANDLED, "correction"})
"""The kinds of entries that say what has come of a warning sign."""


class NoSuchFlag(Exception):
    """This patient has reported no warning sign of this id."""


def handle_flag(deployment: Deployment, cookie: PageKey, flag_id: int, now: datetime) -> None:
    """Keep that a professional has seen a warning sign and deals with it; the patient is told.

    The clinic's list follows. What has been handled already stays as it is.

    Raises:
        Ended: the grant has ended; nothing was kept.
        NotSignedIn: no page is open under this cookie.
        NotAllowed: only those who treat the patient do this.
        NoSuchFlag: there is none to handle.
    """
    deployment.database.run(
        lambda connection: _handle(connection, deployment, cookie, flag_id, now)
    )


def _handle(
    connection: Connection, deployment: Deployment, cookie: PageKey, flag_id: int, now: datetime
) -> None:
    with answering(connection, deployment, cookie, now) as (held, grant):
        flag = next((each for each in _flags(held) if each.id == flag_id), None)
        if flag is None:
            raise NoSuchFlag
        if flag.handled is not None or flag.mistaken:
            return
        author = author_of(grant.member.id)
        held.record(HANDLED, author, detail={"flags": [flag_id]})
        held.audit(author, HANDLED, f"entry:{flag_id}")
        _settle_cases(held, author)
        member, clinic = grant.member, deployment.clinic
        held.tell(handled_words(held.words, member, flag.at, held.person, clinic))


def _settle_cases(held: Held, by: str) -> None:
    """Take a case off the clinic's list once every sign that it is about has been answered.

    What an emergency holds stays held: that somebody deals with it is not that a doctor has looked.
    """
    found = _flags(held)
    for kind in (Kind.RED_FLAG, Kind.SELF_HARM):
        case = cases.open_of(held.connection, held.patient_id, kind)
        if case is None:
            continue
        since = [flag for flag in found if flag.at >= case.opened_at]
        about = [f for f in since if (f.item == SELF_HARM) == (kind is Kind.SELF_HARM)]
        if about and not any(flag.is_open for flag in about):
            cases.set_state(held.connection, held.patient_id, kind, State.HANDLED, held.now, by)


def _flags(held: Held) -> tuple[Flag, ...]:
    rows = entries.timeline(held.connection, held.sealer, held.patient_id, kinds=_STORY)
    return flags(rows, None)
