"""Where a patient is reached: a lost phone locked, a number moved, a way in for another device."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from api.context import web_of
from api.rest.door import by_token
from api.rest.keys import Key, done_once
from api.rest.parts import NOBODY, Number
from api.rest.problems import Refused, Told, answers, telling
from bot.deployment import Deployment
from bot.desk import addresses, locking
from bot.desk.addresses import (
    AlreadyTheirs,
    ChannelOff,
    CheckOver,
    How,
    LastAddress,
    NotANumber,
    NotWorking,
    TooManyChecks,
    WrongDigits,
)
from bot.desk.locking import NoPhone, NotLocked, NotTheirs
from bot.desk.permissions import Task
from bot.desk.worker import Worker
from bot.once import Done
from trajectory.patients import AddressTaken

router = APIRouter(prefix="/patients/{number}", tags=["addresses"])

_Locks = Annotated[Worker, Depends(by_token(Task.LOCK_PHONE))]
_Moves = Annotated[Worker, Depends(by_token(Task.CHANGE_ADDRESS))]
_PHONE = ("body", "phone")
_TOLD: Told = {
    **NOBODY,
    NoPhone: Refused(409, "there is no phone to lock; all devices and links are closed"),
    NotTheirs: Refused(404, "no address of this patient has this number"),
    NotLocked: Refused(409, "it is not locked"),
    ChannelOff: Refused(422, "nobody is written to there here", ("body", "channel")),
    NotANumber: Refused(422, "write a telephone number, with its country", _PHONE),
    AddressTaken: Refused(409, "another patient is reached there", _PHONE),
    AlreadyTheirs: Refused(409, "the patient is reached there already", _PHONE),
    TooManyChecks: Refused(409, "so many numbers were checked today that no more are"),
    WrongDigits: Refused(422, "not the digits that were sent", ("body", "digits")),
    CheckOver: Refused(409, "these digits count no more: check the number anew"),
    LastAddress: Refused(409, "the patient can be reached nowhere else; `sure` removes it"),
    NotWorking: Refused(409, "nothing arrives there"),
}


class Locked(BaseModel):
    """How many phones are locked now."""

    phones: int


class NewNumber(BaseModel):
    """A number that is to be the patient's."""

    channel: Annotated[str, Field(max_length=20)]
    """sms or whatsapp"""
    phone: Annotated[str, Field(max_length=40)]
    how: How
    """In place of the one before, or beside it."""


class Check(BaseModel):
    """Six digits are on their way to the number; the patient reads them out."""

    check: int
    channel: str
    phone: str
    by_card: bool
    """The patient may answer from there with the four digits of their card instead."""


class Digits(BaseModel):
    """What the patient has read out."""

    digits: Annotated[str, Field(max_length=20)]
    how: How


class WayIn(BaseModel):
    """What lets another device of the patient in, once; shown in this answer only."""

    code: str
    expires_at: datetime
    links: Mapping[str, str]
    ways: Mapping[str, str]


@router.post("/lock", responses=answers(404, 409))
def lock_phone(request: Request, worker: _Locks, number: Number) -> Locked:
    """Lock a lost phone at once: every phone, the web chat, links and codes."""
    with telling(_TOLD):
        return Locked(phones=locking.lock_phone(web_of(request).deployment, worker, number))


@router.post("/addresses/{address}/lock", status_code=204, responses=answers(404))
def lock(request: Request, worker: _Locks, number: Number, address: Number) -> None:
    """Lock one phone, and close the web chat, links and codes."""
    with telling(_TOLD):
        locking.lock(web_of(request).deployment, worker, number, address)


@router.post("/addresses/{address}/unlock", status_code=204, responses=answers(404, 409))
def unlock(request: Request, worker: _Locks, number: Number, address: Number) -> None:
    """The phone is found: messages go there again, first what was held."""
    with telling(_TOLD):
        locking.unlock(web_of(request).deployment, worker, number, address)


@router.post("/checks", status_code=201, responses=answers(404, 409))
def check(request: Request, worker: _Moves, number: Number, wanted: NewNumber, key: Key) -> Check:
    """Send six digits to a new number, to see whether the patient reads there."""

    def act(within: Deployment) -> Done:
        sent = addresses.send_check(
            within, worker, number, wanted.channel, wanted.phone, wanted.how
        )
        return Done(
            number,
            {
                "check": sent.check_id,
                "channel": sent.channel,
                "phone": sent.number,
                "by_card": sent.by_card,
            },
        )

    with telling(_TOLD):
        return Check(**done_once(request, worker, key, wanted.model_dump(mode="json"), act))


@router.post("/checks/{check}/digits", status_code=204, responses=answers(404, 409))
def confirm(request: Request, worker: _Moves, number: Number, check: Number, read: Digits) -> None:
    """The patient has read these digits out: the number is theirs."""
    with telling(_TOLD):
        addresses.confirm(web_of(request).deployment, worker, number, check, read.digits, read.how)


@router.post("/ways-in", status_code=201, responses=answers(404))
def way_in(request: Request, worker: _Moves, number: Number, key: Key) -> WayIn:
    """A code and links with which another device comes in, once, within an hour."""

    def act(within: Deployment) -> Done:
        made = addresses.way_in(within, worker, number)
        answer = {
            "code": made.code,
            "expires_at": made.expires_at,
            "links": dict(made.links),
            "ways": dict(made.ways),
        }
        return Done(number, answer)

    with telling(_TOLD):
        return WayIn(**done_once(request, worker, key, {}, act))


@router.post("/addresses/{address}/prefer", status_code=204, responses=answers(404, 409))
def prefer(request: Request, worker: _Moves, number: Number, address: Number) -> None:
    """Write to the patient there first."""
    with telling(_TOLD):
        addresses.prefer(web_of(request).deployment, worker, number, address)


@router.delete("/addresses/{address}", status_code=204, responses=answers(404, 409))
def remove(
    request: Request, worker: _Moves, number: Number, address: Number, sure: bool = False
) -> None:
    """The address is the patient's no more; `sure`: also where they are reached nowhere else."""
    with telling(_TOLD):
        addresses.remove(web_of(request).deployment, worker, number, address, sure=sure)
