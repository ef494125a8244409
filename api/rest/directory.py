"""The clinic's directory: professionals whom patients can pick, and who works at the desk."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from api.context import web_of
from api.rest.door import by_token
from api.rest.paging import Page, WhichPage, page_of
from api.rest.parts import Number
from api.rest.problems import Refused, Told, answers, telling
from bot.conversation.people import EMAIL
from bot.desk import directory
from bot.desk.directory import AT_DESK, LONGEST_EMAIL, LONGEST_NAME, NoMail, NotTheirs, Wrong
from bot.desk.permissions import Task
from bot.desk.worker import Worker
from bot.directory.staff import LastOperator, NobodyListed
from trajectory.care_team import TREATING
from trajectory.professionals import SECTORS, AlreadyListed, Professional
from trajectory.staff_tokens import Role

router = APIRouter(prefix="/professionals", tags=["directory"])


def _among(known: Sequence[str]) -> Any:
    """One of these words."""

    def check(said: str) -> str:
        if said not in known:
            raise ValueError(f"choose among {', '.join(known)}")
        return said

    return AfterValidator(check), Field(json_schema_extra={"enum": [*known]})


LANGUAGES = ("da", "en")
_May = Annotated[Worker, Depends(by_token(Task.DIRECTORY))]
_Staff = Annotated[Worker, Depends(by_token(Task.STAFF))]
_TOLD: Told = {
    NobodyListed: Refused(404, "nobody of the directory has this number"),
    NotTheirs: Refused(403, "who works at the desk is an operator's to change"),
    LastOperator: Refused(409, "nobody else could give roles at the desk any more"),
    AlreadyListed: Refused(409, "somebody has this address", ("body", "email")),
    NoMail: Refused(409, "mail is off: nobody could be invited"),
    Wrong: Refused(422, "nobody is written to in this language here", ("body", "language")),
}


class Newcomer(BaseModel):
    """A professional to be."""

    name: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_NAME)
    ]
    email: Annotated[str, Field(max_length=LONGEST_EMAIL, pattern=rf"^{EMAIL.pattern}$")]
    """Their own; no shared mailbox."""
    role: Annotated[str, *_among(sorted(TREATING))]
    sector: Annotated[str, *_among(SECTORS)]
    language: Annotated[str, *_among(LANGUAGES)]


class Listed(BaseModel):
    """Somebody of the directory."""

    number: int
    name: str
    email: str
    role: str
    sector: str
    language: str
    ready: bool
    """Whether the authenticator is set up: nobody signs in without."""
    invited_until: datetime | None
    patients: int
    """How many have this person in their care team."""
    roles: list[Role]
    """What they may do at the clinic's desk."""


class Roles(BaseModel):
    """What somebody may do at the clinic's desk."""

    roles: list[Annotated[Role, *_among(AT_DESK)]]


@router.get("", responses=answers())
def listed(request: Request, worker: _May, place: WhichPage) -> Page[Listed]:
    """Everybody of the directory, in the order in which they came."""
    deployment = web_of(request).deployment
    with deployment.database.read() as connection:
        found = directory.people(connection, deployment, worker)
    rows, following = page_of(found, place, lambda each: each.who.id)
    return Page(items=[_shown(each) for each in rows], next=following)


@router.post("", status_code=201, responses=answers(409))
def add(request: Request, worker: _May, newcomer: Newcomer) -> Listed:
    """Put somebody into the directory and mail them an invitation.

    An address is there once: the same request again is refused with 409, and adds nobody.
    """
    who = Professional(0, **newcomer.model_dump())
    with telling(_TOLD):
        return _one(request, worker, directory.add(web_of(request).deployment, worker, who))


@router.post("/{number}/invitation", responses=answers(404, 409))
def invite(request: Request, worker: _May, number: Number) -> Listed:
    """Sign somebody out everywhere and mail a new invitation: a phone or a mail is lost."""
    with telling(_TOLD):
        directory.invite(web_of(request).deployment, worker, number)
        return _one(request, worker, number)


@router.put("/{number}/roles", responses=answers(404, 409))
def set_roles(request: Request, worker: _Staff, number: Number, roles: Roles) -> Listed:
    """What somebody may do at the desk from now on; an empty list: nothing."""
    with telling(_TOLD):
        directory.set_roles(web_of(request).deployment, worker, number, roles.roles)
        return _one(request, worker, number)


@router.delete("/{number}", status_code=204, responses=answers(404, 409))
def remove(request: Request, worker: _May, number: Number) -> None:
    """Take somebody out: signed out at once, and no patient shares with them any more."""
    with telling(_TOLD):
        directory.remove(web_of(request).deployment, worker, number)


def _one(request: Request, worker: Worker, number: int) -> Listed:
    deployment = web_of(request).deployment
    with deployment.database.read() as connection:
        return _shown(directory.person(connection, deployment, worker, number))


def _shown(found: directory.Listed) -> Listed:
    who = found.who
    return Listed(
        number=who.id,
        name=who.name,
        email=who.email,
        role=who.role,
        sector=who.sector,
        language=who.language,
        ready=who.ready,
        invited_until=who.invited_until,
        patients=found.patients,
        roles=sorted(who.desk),
    )
