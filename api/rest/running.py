"""How it runs: figures by channel, and the messages that were given up."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel

from api.context import web_of
from api.rest.door import by_token
from api.rest.paging import Page, WhichPage, page_of
from api.rest.parts import Number
from api.rest.problems import Refused, Told, answers, telling
from bot import waiting
from bot.desk import running
from bot.desk.causes import Cause
from bot.desk.permissions import Task
from bot.desk.running import ChannelRun, Went
from bot.desk.worker import Worker
from bot.waiting import Kind, NoSuchMessage, NotYet, Reason

router = APIRouter(tags=["running"])

_Sees = Annotated[Worker, Depends(by_token(Task.SEE_RUNNING))]
_Resends = Annotated[Worker, Depends(by_token(Task.RESEND))]
_NOBODY: Told = {NoSuchMessage: Refused(404, "no such message was given up, or it is not wanted")}


class Counted(BaseModel):
    """What became of messages in a while."""

    out: int
    delivered: int
    failed: int


class Wait(BaseModel):
    """Messages that wait for one reason, the most pressing first."""

    cause: Cause
    count: int
    since: datetime
    next_at: datetime | None


class Channel(BaseModel):
    """One channel as it stands."""

    name: str
    stands: bool
    """Nothing goes out, as far as anybody can say."""
    hour: Counted
    day: Counted
    last_out: datetime | None
    heard_at: datetime | None
    waiting: int
    waits: list[Wait]
    paused_until: datetime | None


class Figures(BaseModel):
    """How everything runs at one moment; of nobody by name."""

    at: datetime
    fine: bool
    channels: list[Channel]
    due_since: datetime | None
    """Since when nothing that falls due is done; none: nobody is late."""
    undelivered: int
    unreachable_patients: int
    bounced_mail_patients: int


class Undelivered(BaseModel):
    """One message that is not tried any more; never a word of it."""

    number: int
    channel: str
    patient: int | None
    kind: Kind
    trouble: str
    code: str
    since: datetime


class Dropping(BaseModel):
    """Why a message is given up for good."""

    reason: Reason


@router.get("/running", responses=answers())
def figures(request: Request, worker: _Sees) -> Figures:
    """The figures that the desk shows, and that stand at /metrics."""
    deployment = web_of(request).deployment
    with deployment.database.read() as connection:
        found = running.read(connection, deployment, request.app.state.probe.patience)
    return Figures(
        at=found.at,
        fine=found.fine,
        channels=[_channel(each, found.at) for each in found.channels],
        due_since=found.due_since,
        undelivered=found.dead,
        unreachable_patients=found.unreachable,
        bounced_mail_patients=found.bounced,
    )


@router.get("/messages/undelivered", responses=answers())
def undelivered(request: Request, worker: _Resends, place: WhichPage) -> Page[Undelivered]:
    """The newest messages that were given up and about which something may be done."""
    with web_of(request).deployment.database.read() as connection:
        found = waiting.given_up(connection)
    rows, following = page_of(found, place, lambda each: each.id)
    shown = [
        Undelivered(
            number=each.id,
            channel=each.channel,
            patient=each.patient_id,
            kind=each.kind,
            trouble=each.trouble,
            code=each.code,
            since=each.since,
        )
        for each in rows
    ]
    return Page(items=shown, next=following)


@router.post("/messages/{number}/resend", status_code=204, responses=answers(404, 409))
def resend(request: Request, worker: _Resends, number: Number) -> None:
    """Try a message again that was given up."""
    deployment = web_of(request).deployment
    with telling(_NOBODY):
        try:
            deployment.database.run(
                lambda connection: waiting.resend(connection, deployment, number, worker.actor)
            )
        except NotYet as error:
            raise Refused(409, f"sent again it would fail again: {error.why}") from None


@router.post("/messages/{number}/drop", status_code=204, responses=answers(404))
def drop(request: Request, worker: _Resends, number: Number, why: Dropping) -> None:
    """Take a message off the list: it is never tried again."""
    deployment = web_of(request).deployment
    with telling(_NOBODY):
        deployment.database.run(
            lambda connection: waiting.drop(
                connection, deployment, number, worker.actor, why.reason
            )
        )


def _channel(run: ChannelRun, now: datetime) -> Channel:
    return Channel(
        name=run.name,
        stands=run.stands(now),
        hour=_counted(run.hour),
        day=_counted(run.day),
        last_out=run.last_out,
        heard_at=run.heard_at,
        waiting=run.waiting,
        waits=[
            Wait(cause=each.cause, count=each.count, since=each.since, next_at=each.next_at)
            for each in run.waits
        ],
        paused_until=run.paused_until,
    )


def _counted(went: Went) -> Counted:
    return Counted(out=went.out, delivered=went.delivered, failed=went.failed)
