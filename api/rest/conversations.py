"""A person answers: conversations that want one, taken over, written in, and handed back.

What is written goes out as a person of the desk, who is named by their number; the audit names
the token as well.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from api.context import web_of
from api.rest.door import by_token
from api.rest.keys import Key, done_once
from api.rest.paging import LARGEST_NUMBER, Page, WhichPage, page_of
from api.rest.parts import NOBODY, Number
from api.rest.problems import Refused, Told, answers, telling
from bot.deployment import Deployment
from bot.desk import talking, talks
from bot.desk.permissions import Task, may
from bot.desk.talk_place import Barrier
from bot.desk.talking import LONGEST, CannotWrite, HeldBySomebody, NewMessages, NotUnderWay
from bot.desk.thread import Line, State
from bot.desk.worker import Worker
from bot.once import Done
from trajectory import professionals

router = APIRouter(tags=["conversations"])

_Talks = Annotated[Worker, Depends(by_token(Task.TALK))]
_TOLD: Told = {
    **NOBODY,
    CannotWrite: Refused(409, "nothing reaches the patient now: `barrier` says why"),
    HeldBySomebody: Refused(409, "somebody else holds it: take it over first"),
    NewMessages: Refused(409, "the patient has written meanwhile: read it first", ("body", "seen")),
    NotUnderWay: Refused(409, "the assistant has the conversation"),
    talking.BadReply: Refused(422, "write something", ("body", "text")),
}
_HERE = "/patients/{number}/conversation"


class Wanting(BaseModel):
    """Somebody who wants a person, or writes with one."""

    patient: int
    name: str
    since: datetime
    holder: str
    """Who holds it; empty: nobody yet."""
    waits_since: datetime | None


class Message(BaseModel):
    """One message between the patient and the desk."""

    number: int
    at: datetime
    from_patient: bool
    text: str
    edited: bool
    state: State | None
    """What became of one that the desk wrote."""


class Conversation(BaseModel):
    """How it stands, without its messages."""

    patient: int
    under_way: bool
    """Somebody at the desk holds it."""
    holder: str
    barrier: Barrier | None
    """Why nothing can be written to the patient now."""
    channel: str
    goes_at: datetime | None
    """When a reply would go out, where that is not at once."""
    seen: int
    """Given back with a reply: the number of the patient's newest message."""


class Speaker(BaseModel):
    """Who speaks: the number in the directory of somebody who may do so at the desk."""

    speaker: Annotated[int, Field(ge=1, le=LARGEST_NUMBER)]


class Reply(Speaker):
    """What is written to the patient, signed with the speaker's name."""

    text: Annotated[str, Field(min_length=1, max_length=LONGEST)]
    seen: Annotated[int, Field(ge=0, le=LARGEST_NUMBER)]
    """`seen` of the conversation as it was read before."""


@router.get("/conversations", responses=answers())
def listed(request: Request, worker: _Talks, place: WhichPage) -> Page[Wanting]:
    """Everybody who waits for a person or writes with one, by the patient's number."""
    found = talks.listed(web_of(request).deployment)
    rows, following = page_of(found, place, lambda each: each.patient_id)
    shown = [
        Wanting(
            patient=each.patient_id,
            name=each.name,
            since=each.since,
            holder=each.holder,
            waits_since=each.waits_since,
        )
        for each in rows
    ]
    return Page(items=shown, next=following)


@router.get(_HERE, responses=answers(404))
def read(request: Request, worker: _Talks, number: Number) -> Conversation:
    """How a conversation stands."""
    with telling(_TOLD):
        return _shown(talks.conversation(web_of(request).deployment, number))


@router.get(f"{_HERE}/messages", responses=answers(404))
def messages(request: Request, worker: _Talks, number: Number, place: WhichPage) -> Page[Message]:
    """What was said between patient and desk; the patient's audit says that it was read."""
    deployment = web_of(request).deployment
    with telling(_TOLD):
        found = talks.conversation(deployment, number)
    talks.note_opened(deployment, worker, number)
    rows, following = page_of(found.lines, place, lambda each: each.id)
    return Page(items=[_line(each) for each in rows], next=following)


@router.post(f"{_HERE}/take-over", responses=answers(404, 409))
def take_over(request: Request, worker: _Talks, number: Number, who: Speaker) -> Conversation:
    """What the patient writes from now on goes to the desk; check-ins wait, safety does not."""
    deployment = web_of(request).deployment
    with telling(_TOLD):
        talking.take_over(deployment, _speaking(request, worker, who), number)
        return _shown(talks.conversation(deployment, number))


@router.post(f"{_HERE}/messages", status_code=201, responses=answers(404, 409))
def say(request: Request, worker: _Talks, number: Number, reply: Reply, key: Key) -> Conversation:
    """Send a reply in the patient's channel; with a key the same twice is sent once."""
    deployment = web_of(request).deployment
    speaking = _speaking(request, worker, reply)

    def act(within: Deployment) -> Done:
        talking.say(within, speaking, number, reply.text, seen=reply.seen)
        return Done(number, {})

    with telling(_TOLD):
        done_once(request, worker, key, reply.model_dump(mode="json"), act)
        return _shown(talks.conversation(deployment, number))


@router.post(f"{_HERE}/hand-back", responses=answers(404, 409))
def hand_back(request: Request, worker: _Talks, number: Number, who: Speaker) -> Conversation:
    """The assistant is back: the patient hears so, and what has waited is asked."""
    deployment = web_of(request).deployment
    with telling(_TOLD):
        talking.hand_back(deployment, _speaking(request, worker, who), number)
        return _shown(talks.conversation(deployment, number))


def _speaking(request: Request, worker: Worker, who: Speaker) -> Worker:
    """The person in whose name the token speaks."""
    deployment = web_of(request).deployment
    with deployment.database.read() as connection:
        person = professionals.by_id(connection, deployment.ring, who.speaker)
    if person is None or not may(person.desk, Task.TALK):
        advice = "nobody with this number may talk with patients at the desk"
        raise Refused(422, advice, ("body", "speaker"))
    return replace(worker, id=person.id, name=person.name)


def _shown(found: talks.Conversation) -> Conversation:
    return Conversation(
        patient=found.patient_id,
        under_way=found.under_way,
        holder=found.talk.name if found.talk and found.under_way else "",
        barrier=found.barrier,
        channel=found.channel,
        goes_at=found.goes_at,
        seen=found.seen,
    )


def _line(line: Line) -> Message:
    return Message(
        number=line.id,
        at=line.at,
        from_patient=line.from_patient,
        text=line.text,
        edited=line.edited,
        state=line.delivery.state if line.delivery else None,
    )
