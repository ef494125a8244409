"""How it runs: by channel what went out, what waits since when and why; and who else is silent.

Numbers, times and codes of errors; never a person, never a word of a message. Few look-ups by
index, whatever the outbox holds: what is counted is what waits, what was given up, and one day.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    bindparam,
    case,
    func,
    or_,
    select,
)

from bot import lag, restored, waiting
from bot.deployment import Deployment
from bot.desk.causes import CHANNEL_WIDE, FOR_OPERATOR, Cause, cause_of
from bot.lag import Lag, Patience
from bot.restored import Held
from bot.waiting import SETTLED, Waiting
from trajectory import beats, send_rates, tables
from trajectory.beats import Beat
from trajectory.cases import LISTED, Kind
from trajectory.sql import written_out

HOUR = timedelta(hours=1)
STILL = timedelta(minutes=2)
"""A channel on which something has failed and nothing has gone out for so long stands still."""
POLL_PATIENCE = timedelta(minutes=3)
"""Telegram is asked every half minute; after so long without an answer nobody hears patients."""
FETCH_PATIENCE = timedelta(hours=3)
"""The same of the hourly look at Twilio's own list."""
TOLD_FOR = timedelta(hours=12)
"""So long it is told that a channel works again."""
MOST_HEARD = 1000
"""Among so many of the newest messages from patients each channel's last one is looked for."""
MOST_OUT = 200_000
"""So many of the day's newest messages are counted."""

_outbox = tables.core(tables.Outbox)
_inbox = tables.core(tables.Inbox)
_case = tables.core(tables.DeskCase)
_MOMENT = _outbox.c.ready_at.type
_GIVEN_UP = and_(
    _outbox.c.status.in_(("dead", "unknown")),
    or_(_outbox.c.error.is_(None), _outbox.c.error.not_in(SETTLED)),
)
# What has an end has it at `ready_at`: it was ready no more when that was written.
_ended = (
    select(
        _outbox.c.channel,
        _outbox.c.ready_at.label("at"),
        case((_GIVEN_UP, "failed"), else_=_outbox.c.status).label("status"),
    )
    .where(
        written_out(_outbox.c.status, "sent", "delivered", "read", "dead", "unknown"),
        _outbox.c.ready_at >= bindparam("since", type_=_MOMENT),
        _outbox.c.ready_at <= bindparam("now", type_=_MOMENT),
    )
    .order_by(_outbox.c.ready_at.desc())
    .limit(MOST_OUT)
    .subquery()
)


def _number(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))


_ENDED = select(
    _ended.c.channel,
    _ended.c.status,
    _number(_ended.c.at >= bindparam("hour", type_=_MOMENT)).label("hour"),
    _number(_ended.c.at >= bindparam("day", type_=_MOMENT)).label("day"),
).group_by(_ended.c.channel, _ended.c.status)
_LAST_OUT = select(func.max(_outbox.c.sent_at)).where(
    _outbox.c.channel == bindparam("name"), _outbox.c.sent_at.is_not(None)
)
_HEARD = (
    select(_inbox.c.channel, _inbox.c.received_at)
    .where(_inbox.c.status == "done")
    .order_by(_inbox.c.received_at.desc())
    .limit(MOST_HEARD)
)
_CASES = (
    select(_case.c.kind, func.count().label("number"))
    .where(_case.c.state.in_(LISTED), _case.c.kind.in_((Kind.MAIL_BOUNCED, Kind.UNREACHABLE)))
    .group_by(_case.c.kind)
)


class Went(NamedTuple):
    """What became of messages in a while."""

    out: int = 0
    """The provider has them."""
    delivered: int = 0
    """Of those it says that they have arrived."""
    failed: int = 0
    """Given up."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Messages of one channel that wait for one reason."""

    cause: Cause
    count: int
    since: datetime
    newest: datetime
    trouble: str = ""
    code: str = ""
    next_at: datetime | None = None
    """When the next one is tried again."""


@dataclass(frozen=True, slots=True)
class ChannelRun:
    """One channel as it stands."""

    name: str
    hour: Went
    day: Went
    last_out: datetime | None = None
    """When a provider last took something."""
    heard_at: datetime | None = None
    """When a patient's message last came in; None also: not among the newest."""
    waits: Sequence[Wait] = ()
    """The most pressing first."""
    paused_until: datetime | None = None
    recovered: Beat | None = None
    """It stood still and goes on again."""

    @property
    def waiting(self) -> int:
        """How many wait, for whatever reason."""
        return sum(each.count for each in self.waits)

    @property
    def why(self) -> Wait | None:
        """What is most pressing of that which is more than a queue."""
        return next((each for each in self.waits if each.cause is not Cause.QUEUE), None)

    def stands(self, now: datetime) -> bool:
        """Whether nothing goes out, as far as anybody can say."""
        wide = [each for each in self.waits if each.cause in CHANNEL_WIDE - {Cause.SLOW}]
        if not wide:
            return False
        newest = max(each.newest for each in wide)
        return self.last_out is None or self.last_out < newest or now - self.last_out > STILL

    @property
    def needs_operator(self) -> bool:
        """Whether it goes on only when somebody mends something."""
        return any(each.cause in FOR_OPERATOR for each in self.waits)


@dataclass(frozen=True, slots=True)
class Running:
    """How everything runs at one moment."""

    at: datetime
    channels: Sequence[ChannelRun]
    lag: Lag
    due_since: datetime | None = None
    """Since when nothing that falls due is done; None: nobody is late."""
    polled: Beat | None = None
    """How Telegram is asked for what patients write, where it has gone wrong or silent."""
    fetched: Beat | None = None
    """The same of Twilio's list, or what its webhook has not brought."""
    bounced: int = 0
    """Patients with mail to their care team that came back, and with no address that works."""
    unreachable: int = 0
    held: Sequence[Held] = ()
    """What a restore holds back."""
    given_up: Sequence[Waiting] = ()
    """By channel and reason what was given up and nobody has looked at."""

    @property
    def dead(self) -> int:
        """How many were given up."""
        return sum(each.count for each in self.given_up)

    @property
    def fine(self) -> bool:
        """Whether nobody has to know anything."""
        troubled = any(each.why or each.paused_until for each in self.channels)
        silent = self.due_since or self.polled or self.fetched
        return not (troubled or silent or self.bounced or self.unreachable or self.held) and (
            not self.dead
        )


def read(connection: Connection, deployment: Deployment, patience: Patience) -> Running:
    """How everything runs now."""
    now = deployment.clock.now()
    found = lag.read(connection, now, deployment.channels)
    waits, known = waiting.waiting(connection, now), beats.read(connection)
    cases = {row.kind: row.number for row in connection.execute(_CASES)}
    return Running(
        now,
        _channels(connection, deployment, waits, known, _Late.of(found, patience), now),
        found,
        due_since=now - timedelta(seconds=found.due) if found.due > patience.due else None,
        polled=_silent(known.get(beats.POLLED), now, POLL_PATIENCE),
        fetched=_silent(known.get(beats.FETCHED), now, FETCH_PATIENCE),
        bounced=cases.get(Kind.MAIL_BOUNCED, 0),
        unreachable=cases.get(Kind.UNREACHABLE, 0),
        held=restored.held(connection),
        given_up=waiting.given_up_by_cause(connection),
    )


def _silent(beat: Beat | None, now: datetime, patience: timedelta) -> Beat | None:
    """The beat, where somebody has to know of it."""
    if beat is None:
        return None
    last = beat.well_at or beat.failed_at
    return beat if beat.count or (last is not None and now - last > patience) else None


class _Late(NamedTuple):
    channels: Collection[str]
    """Those on which something has waited too long that may go out."""

    @classmethod
    def of(cls, found: Lag, patience: Patience) -> _Late:
        return cls({channel for channel, _ in found.late(patience)})


def _channels(
    connection: Connection,
    deployment: Deployment,
    waits: Sequence[Waiting],
    known: Mapping[str, Beat],
    late: _Late,
    now: datetime,
) -> list[ChannelRun]:
    went, heard = _went(connection, deployment, now), _heard(connection)
    paused = send_rates.paused(connection, now)
    names = sorted({*deployment.channels, *(each.channel for each in waits)})
    runs = []
    for name in names:
        last = connection.execute(_LAST_OUT, {"name": name}).scalar_one()
        hour, day = went.get(name, (Went(), Went()))
        is_on, moves = name in deployment.channels, last is not None and now - last <= STILL
        untried = _untried(is_on=is_on, is_late=name in late.channels, moves=moves)
        run = ChannelRun(
            name,
            hour,
            day,
            last,
            heard.get(name),
            _waits((each for each in waits if each.channel == name), untried),
            paused.get(name),
        )
        runs.append(_with_recovery(run, known.get(beats.recovered(name)), now))
    return runs


def _untried(*, is_on: bool, is_late: bool, moves: bool) -> Cause:
    """Why those wait that have met no trouble."""
    if not is_on:
        return Cause.OFF
    if not is_late:
        return Cause.QUEUE
    return Cause.SLOW if moves else Cause.NOBODY_SENDS


def _waits(found: Iterable[Waiting], untried: Cause) -> Sequence[Wait]:
    waits = [
        Wait(
            cause if (cause := cause_of(each.trouble, each.code)) is not Cause.QUEUE else untried,
            each.count,
            each.since,
            each.newest or each.since,
            each.trouble,
            each.code,
            each.next_at,
        )
        for each in found
    ]
    order = list(Cause)
    return sorted(waits, key=lambda each: (order.index(each.cause), each.since))


def _with_recovery(run: ChannelRun, beat: Beat | None, now: datetime) -> ChannelRun:
    if beat is None or beat.well_at is None or now - beat.well_at > TOLD_FOR or run.stands(now):
        return run
    return replace(run, recovered=beat)


def _went(
    connection: Connection, deployment: Deployment, now: datetime
) -> dict[str, tuple[Went, Went]]:
    """By channel what became of messages in the last hour, and today on the clinic's clock."""
    zone = deployment.clinic.zone
    day, hour = datetime.combine(now.astimezone(zone).date(), time(), zone), now - HOUR
    asked: dict[str, Any] = {"now": now, "day": day, "hour": hour, "since": min(day, hour)}
    counts: dict[str, list[dict[str, int]]] = {}
    for row in connection.execute(_ENDED, asked):
        of_hour, of_day = counts.setdefault(row.channel, [{}, {}])
        of_hour[row.status], of_day[row.status] = row.hour, row.day
    return {
        channel: (_summed(of_hour), _summed(of_day))
        for channel, (of_hour, of_day) in counts.items()
    }


def _summed(counts: Mapping[str, int]) -> Went:
    delivered = counts.get("delivered", 0) + counts.get("read", 0)
    return Went(counts.get("sent", 0) + delivered, delivered, counts.get("failed", 0))


def _heard(connection: Connection) -> dict[str, datetime]:
    found: dict[str, datetime] = {}
    for row in connection.execute(_HEARD):
        found.setdefault(row.channel, row.received_at)
    return found
