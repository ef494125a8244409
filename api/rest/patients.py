"""Patients: found, and how they are reached and where their course stands; never an answer."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from api.context import web_of
from api.rest.door import by_token
from api.rest.parts import NOBODY, Number
from api.rest.problems import Refused, Told, answers, telling
from bot.asked_enrolment import Wrong
from bot.desk import finding, identity, patient
from bot.desk.finding import LONGEST, TooLittle
from bot.desk.patient import Contact, Standing
from bot.desk.permissions import Task
from bot.desk.worker import Worker

router = APIRouter(prefix="/patients", tags=["patients"])

_Finds = Annotated[Worker, Depends(by_token(Task.FIND_PATIENT))]
_Corrects = Annotated[Worker, Depends(by_token(Task.CORRECT_IDENTITY))]
_LITTLE = "write a birth date, a number, or two letters of a name at least"


class Search(BaseModel):
    """Who is looked for: beginnings of names, a birth date, a phone or a patient's number."""

    text: Annotated[str, Field(min_length=1, max_length=LONGEST)]


class Found(BaseModel):
    """A patient who may be meant."""

    patient: int
    name: str
    birth_date: date | None
    status: str
    phones: int
    locked_phones: int


class Hits(BaseModel):
    """Who was found; `more`: there are others, and more letters would tell them apart."""

    found: list[Found]
    more: bool


class Called(BaseModel):
    """What a patient is called and when they were born; null where it is not known."""

    name: Annotated[str, Field(max_length=200)]
    birth_date: date | None


class Address(BaseModel):
    """Where a patient is reached; `status` is active, gone, closed or locked."""

    number: int
    channel: str
    value: str
    preferred: bool
    status: str


class Consented(BaseModel):
    """What the patient agrees to, and since when."""

    purpose: str
    version: str
    since: datetime


class Patient(BaseModel):
    """How a patient is reached and where their course stands."""

    patient: int
    name: str
    birth_date: date | None
    language: str
    timezone: str
    hour: time
    weekday: int
    """Of the check-in, Monday 0."""
    pathway: str | None
    standing: Standing
    paused_until: datetime | None
    in_doubt: bool
    """It is asked just now who reads at the patient's address."""
    addresses: list[Address]
    held_back: int
    """Messages that wait for a lock's end."""
    last_out: datetime | None
    last_in: datetime | None
    next_at: datetime | None
    consents: list[Consented]
    cases: list[int]


@router.post("/search", responses=answers())
def search(request: Request, worker: _Finds, wanted: Search) -> Hits:
    """Find patients; by POST, since names have no place in addresses."""
    told: Told = {TooLittle: Refused(422, _LITTLE, ("body", "text"))}
    with telling(told):
        hits = finding.look_for(web_of(request).deployment, wanted.text)
    return Hits(
        found=[
            Found(
                patient=each.found.patient_id,
                name=each.found.name,
                birth_date=each.found.birth_date,
                status=each.found.status,
                phones=each.phones,
                locked_phones=each.locked,
            )
            for each in hits.hits
        ],
        more=hits.more,
    )


@router.get("/{number}", responses=answers(404))
def read(request: Request, worker: _Finds, number: Number) -> Patient:
    """One patient; their audit says who has looked."""
    with telling(NOBODY):
        return _shown(patient.open_contact(web_of(request).deployment, worker, number))


@router.put("/{number}/identity", status_code=204, responses=answers(404))
def correct(request: Request, worker: _Corrects, number: Number, called: Called) -> None:
    """Correct a name or a birth date: the patient is found by these and by no others."""
    deployment, born = web_of(request).deployment, called.birth_date
    with telling(NOBODY):
        try:
            identity.correct(
                deployment, worker, number, called.name, born.isoformat() if born else ""
            )
        except Wrong as wrong:
            raise Refused(422, str(wrong), ("body", wrong.field)) from None


def _shown(found: Contact) -> Patient:
    return Patient(
        patient=found.patient_id,
        name=found.name,
        birth_date=found.birth_date,
        language=found.language,
        timezone=found.timezone,
        hour=found.hour,
        weekday=found.weekday,
        pathway=found.pathway,
        standing=found.standing,
        paused_until=found.paused_until,
        in_doubt=found.in_doubt,
        addresses=[
            Address(
                number=each.id,
                channel=each.channel,
                value="" if each.channel == "web" else each.value,
                preferred=each.preferred,
                status=each.status,
            )
            for each in found.addresses
        ],
        held_back=found.held_back,
        last_out=found.last_out,
        last_in=found.last_in,
        next_at=None if found.next is None else found.next.at,
        consents=[
            Consented(purpose=each.purpose, version=each.version, since=each.at)
            for each in found.consents
        ],
        cases=[each.id for each in found.cases],
    )
