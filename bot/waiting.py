"""What waits in the outbox and what was given up: for the operator, without a word of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, bindparam, func, or_, select, update

from bot import outbox
from bot.deployment import Deployment
from bot.messages import Priority
from trajectory import audit, care_team, clinic_audit, patients, tables
from trajectory.clinic_audit import Action
from trajectory.sql import written_out

MOST = 50
"""So many of those that were given up are listed, the newest first."""
MOST_COUNTED = 20_000
"""So many are counted of what waits on a channel, the most urgent, and of all that were given up,
the newest: there are more where it is so many."""
SETTLED = (
    outbox.MOVED,
    outbox.DROPPED,
    outbox.STOPPED,
    f"gone {outbox.STOPPED}",
    "gone erased",
    f"content {outbox.STALE}",
)
"""Nothing is left to be done about these."""

NOT_WANTED = "not-wanted"
"""Why a message was left alone whose patient wants none, or which somebody else has dealt with."""

_outbox = tables.core(tables.Outbox)


def _among(*statuses: str) -> ColumnElement[bool]:
    return written_out(_outbox.c.status, *statuses)


_GIVEN_UP_ONES = (
    _among("dead", "unknown"),
    or_(_outbox.c.error.is_(None), _outbox.c.error.not_in(SETTLED)),
)


def _waiting(status: str) -> tuple[Select[Any], Select[Any]]:
    """The next channel with messages of this status, and what those of one channel wait for.

    Channel by channel, so that the index gives the oldest of very many.
    """
    has = written_out(_outbox.c.status, status)
    some = (
        select(_outbox.c.error, _outbox.c.created_at, _outbox.c.ready_at)
        .where(
            has,
            _outbox.c.channel == bindparam("name"),
            or_(_outbox.c.error.is_not(None), _outbox.c.ready_at <= bindparam("now")),
        )
        .order_by(_outbox.c.priority, _outbox.c.ready_at)
        .limit(MOST_COUNTED)
        .subquery()
    )
    counted = select(
        some.c.error,
        func.count().label("number"),
        func.min(some.c.created_at).label("since"),
        func.max(some.c.created_at).label("newest"),
        func.min(some.c.ready_at).label("next_at"),
    ).group_by(some.c.error)
    return select(func.min(_outbox.c.channel)).where(has, _outbox.c.channel > _AFTER), counted


_AFTER = bindparam("after", type_=_outbox.c.channel.type)
_WAITING = [_waiting(status) for status in outbox.UNSENT]
_GIVEN_UP = (
    select(
        _outbox.c.id,
        _outbox.c.channel,
        _outbox.c.patient_id,
        _outbox.c.member_id,
        _outbox.c.session_id,
        _outbox.c.priority,
        _outbox.c.error,
        _outbox.c.created_at.label("since"),
    )
    .where(*_GIVEN_UP_ONES)
    .order_by(_outbox.c.id.desc())
    .limit(MOST)
)
_newest = (
    select(_outbox.c.channel, _outbox.c.error, _outbox.c.created_at)
    .where(*_GIVEN_UP_ONES)
    .order_by(_outbox.c.id.desc())
    .limit(MOST_COUNTED)
    .subquery()
)
_GIVEN_UP_BY_CAUSE = (
    select(
        _newest.c.channel,
        _newest.c.error,
        func.count().label("number"),
        func.min(_newest.c.created_at).label("since"),
    )
    .group_by(_newest.c.channel, _newest.c.error)
    .order_by(_newest.c.channel, _newest.c.error)
)
_LEFT = (_outbox.c.id == bindparam("message"), *_GIVEN_UP_ONES)
_ONE = select(
    _outbox.c.patient_id, _outbox.c.address_id, _outbox.c.member_id, _outbox.c.channel
).where(*_LEFT)
_ALIKE = (
    select(_outbox.c.id, _outbox.c.error)
    .where(
        *_GIVEN_UP_ONES, _outbox.c.channel == bindparam("name"), _outbox.c.id > bindparam("after")
    )
    .order_by(_outbox.c.id)
    .limit(1000)
)
_RESEND = (
    update(_outbox)
    .where(*_LEFT)
    .values(status="ready", attempts=0, error=None, lease_until=None, ready_at=bindparam("now"))
    .returning(_outbox.c.id)
)
_DROP = (
    update(_outbox)
    .where(*_LEFT)
    .values(status="dead", error=outbox.DROPPED)
    .returning(_outbox.c.id)
)


class Reason(StrEnum):
    """Why a message is given up for good; the audit says which."""

    TOLD = "told"
    """The patient was told in another way."""
    OUTDATED = "outdated"
    """What it says is over."""
    NOT_WANTED = "not-wanted"
    """The patient does not want it, or not there."""
    TRIAL = "trial"
    """It was a trial, or made by mistake."""
    OTHER = "other"


class Kind(StrEnum):
    """What a message was, without a word of it."""

    SAFETY = "safety"
    """It says what to do about a warning sign."""
    QUESTION = "question"
    REPLY = "reply"
    NOTICE = "notice"
    """What falls due by itself and asks nothing."""
    TEAM = "team"
    """Mail to somebody of a patient's care team."""
    STAFF = "staff"
    """Mail to somebody of the clinic's directory."""


class NoSuchMessage(Exception):
    """No message with this number was given up, or its patient wants none any more."""


class NotYet(Exception):
    """Sent again it would fail again; `why` is `gone`, `closed` or `bounced`, on that channel."""

    def __init__(self, channel: str, why: str) -> None:
        super().__init__(f"{channel} {why}")
        self.channel, self.why = channel, why


@dataclass(frozen=True, slots=True)
class Waiting:
    """Messages of one channel that wait for one reason; `trouble` empty: none was tried."""

    channel: str
    trouble: str
    code: str
    count: int
    since: datetime
    """When the oldest of them was decided on, and the newest."""
    newest: datetime | None = None
    next_at: datetime | None = None
    """When the next one may be tried again."""


@dataclass(frozen=True, slots=True)
class GivenUp:
    """One message that is not tried any more."""

    id: int
    channel: str
    patient_id: int | None
    trouble: str
    code: str
    since: datetime
    kind: Kind = Kind.REPLY


def waiting(connection: Connection, now: datetime) -> Sequence[Waiting]:
    """What should have gone out, by channel and reason; of very many the most urgent."""
    found: dict[tuple[str, str | None], Waiting] = {}
    for following, counted in _WAITING:
        for name in _names(connection, following):
            for row in connection.execute(counted, {"name": name, "now": now}):
                place = name, row.error
                found[place] = _together(
                    found.get(place),
                    Waiting(
                        name, *split(row.error), row.number, row.since, row.newest, row.next_at
                    ),
                )
    return sorted(found.values(), key=lambda each: (each.channel, each.since))


def _names(connection: Connection, following: Select[Any]) -> Iterator[str]:
    name = connection.execute(following, {"after": ""}).scalar_one()
    while name is not None:
        yield name
        name = connection.execute(following, {"after": name}).scalar_one()


def _together(one: Waiting | None, other: Waiting) -> Waiting:
    """Of one reason, those that are ready and those that are under way."""
    if one is None or one.newest is None or other.newest is None:
        return other
    return replace(
        other,
        count=one.count + other.count,
        since=min(one.since, other.since),
        newest=max(one.newest, other.newest),
    )


def given_up(connection: Connection) -> Sequence[GivenUp]:
    """The newest that were given up and about which something may still be done."""
    return [
        GivenUp(row.id, row.channel, row.patient_id, *split(row.error), row.since, _kind(row))
        for row in connection.execute(_GIVEN_UP)
    ]


def given_up_by_cause(connection: Connection) -> Sequence[Waiting]:
    """Those that were given up, by channel and reason; of very many the newest."""
    return [
        Waiting(row.channel, *split(row.error), row.number, row.since)
        for row in connection.execute(_GIVEN_UP_BY_CAUSE)
    ]


def _kind(row: Row[*tuple[Any, ...]]) -> Kind:
    if row.patient_id is None:
        return Kind.STAFF
    if row.member_id is not None:
        return Kind.TEAM
    if row.priority == Priority.SAFETY:
        return Kind.SAFETY
    if row.session_id is not None:
        return Kind.QUESTION
    return Kind.REPLY if row.priority == Priority.REPLY else Kind.NOTICE


def resend(connection: Connection, deployment: Deployment, message_id: int, actor: str) -> None:
    """Try a message again that was given up. Raises NoSuchMessage, NotYet."""
    patient_id = _hold(connection, message_id, resending=True)
    now = deployment.clock.now()
    found = connection.execute(_RESEND, {"message": message_id, "now": now}).first()
    _note(connection, deployment, (message_id, patient_id), actor, Action.RESENT, found)


def alike(connection: Connection, channel: str, error: str) -> list[int]:
    """The messages of a channel that were given up for this: a class of trouble, or a code.

    Or both, with a space between, as `given_up_by_cause` tells them apart.
    """
    found: list[int] = []
    after = 0
    while rows := connection.execute(_ALIKE, {"name": channel, "after": after}).all():
        found += [row.id for row in rows if _is_for(error, *split(row.error))]
        after = rows[-1].id
    return found


def _is_for(error: str, trouble: str, code: str) -> bool:
    return error == f"{trouble} {code}" or (error != "" and error in (trouble, code))


def drop(
    connection: Connection,
    deployment: Deployment,
    message_id: int,
    actor: str,
    reason: Reason = Reason.OTHER,
) -> None:
    """Take a message off the list: it is never tried again. Raises NoSuchMessage."""
    patient_id = _hold(connection, message_id, resending=False)
    found = connection.execute(_DROP, {"message": message_id}).first()
    _note(connection, deployment, (message_id, patient_id), actor, Action.DROPPED, found, reason)


@dataclass(frozen=True, slots=True)
class Ended:
    """How it went with many messages."""

    done: int
    found: int
    """How many there were to be done."""
    left: Mapping[str, int]
    """Why the others were not: what `NotYet` says, or `not-wanted`."""


def resend_all(
    deployment: Deployment, channel: str, error: str, actor: str, most: int | None = None
) -> Ended:
    """Try all again that this has ended, `most` of them; as `alike` finds them."""
    return _all(deployment, channel, error, most, partial(resend, actor=actor))


def drop_all(
    deployment: Deployment,
    channel: str,
    error: str,
    actor: str,
    reason: Reason = Reason.OTHER,
    most: int | None = None,
) -> Ended:
    """Take all off the list that this has ended, `most` of them."""
    return _all(deployment, channel, error, most, partial(drop, actor=actor, reason=reason))


def _all(
    deployment: Deployment,
    channel: str,
    error: str,
    most: int | None,
    change: Callable[..., None],
) -> Ended:
    with deployment.database.read() as connection:
        found = alike(connection, channel, error)
    ended = Counter(_ended(deployment, change, message_id) for message_id in found[:most])
    done = ended.pop("", 0)
    return Ended(done, len(found), dict(sorted(ended.items())))


def _ended(deployment: Deployment, change: Callable[..., None], message_id: int) -> str:
    """Why it was not; empty where it was. A transaction each: nobody waits for all of them."""
    try:
        deployment.database.run(lambda connection: change(connection, deployment, message_id))
    except NotYet as error:
        return error.why
    except NoSuchMessage:
        return NOT_WANTED
    return ""


def _hold(connection: Connection, message_id: int, *, resending: bool) -> int | None:
    """Take the conversation before the message; whose it is."""
    row = connection.execute(_ONE, {"message": message_id}).one_or_none()
    if row is None or row.patient_id is None:
        return None
    held = patients.lock_conversations(connection, [row.patient_id])
    if not held or (resending and held[0].status in ("stopped", "ended")):
        raise NoSuchMessage
    if resending:
        _require_address(connection, row)
    return int(row.patient_id)


def _require_address(connection: Connection, row: Any) -> None:
    """Raises NotYet."""
    if row.address_id is not None:
        status = patients.address_status(connection, row.address_id)
        if status != "active":
            raise NotYet(row.channel, status)
    if row.member_id is not None and care_team.bounced(connection, [row.member_id]):
        raise NotYet(row.channel, "bounced")


def _note(
    connection: Connection,
    deployment: Deployment,
    message: tuple[int, int | None],
    actor: str,
    action: Action,
    found: object,
    reason: Reason | None = None,
) -> None:
    """In the audit of the patient whose message it is, or in the clinic's own."""
    if found is None:
        raise NoSuchMessage
    message_id, patient_id = message
    subject = f"message:{message_id}" + (f" {reason}" if reason else "")
    ids, now = deployment.ids, deployment.clock.now()
    if patient_id is None:
        clinic_audit.append(connection, ids, actor=actor, action=action, subject=subject, at=now)
    else:
        audit.append(
            connection, ids, patient_id, actor=actor, action=action.value, subject=subject, at=now
        )


def split(error: str | None) -> tuple[str, str]:
    """The class of trouble and the code that a stored error names; empty where it names none."""
    trouble, _, code = (error or "").partition(" ")
    return trouble, code
