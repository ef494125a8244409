"""The clinic's directory: professionals whom patients can pick, and who works at the desk."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request
from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from api.context import web_of
from api.rest.door import by_token
from api.rest.paging import LARGEST_NUMBER, Page, WhichPage, page_of
from api.rest.problems import Refused, Told, answers, telling
from bot.conversation.people import EMAIL
from bot.desk.permissions import Task
from bot.desk.worker import Worker
from bot.directory import staff
from bot.directory.staff import LastOperator, NobodyListed
from trajectory import professionals
from trajectory.care_team import TREATING
from trajectory.professionals import SECTORS, AlreadyListed, Professional

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
_Number = Annotated[int, Path(ge=1, le=LARGEST_NUMBER)]
_NOBODY: Told = {NobodyListed: Refused(404, "nobody of the directory has this number")}
_OPERATOR: Told = {LastOperator: Refused(409, "nobody else could give roles at the desk any more")}


class Newcomer(BaseModel):
    """A professional to be."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
    email: Annotated[str, Field(max_length=254, pattern=rf"^{EMAIL.pattern}$")]
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
    roles_at_desk: list[str]


@router.get("", responses=answers())
def listed(request: Request, worker: _May, place: WhichPage) -> Page[Listed]:
    """Everybody of the directory, in the order in which they came."""
    deployment = web_of(request).deployment
    with deployment.database.read() as connection:
        found = professionals.listed(connection, deployment.ring)
    rows, following = page_of(found, place, lambda each: each.id)
    return Page(items=[_shown(each) for each in rows], next=following)


@router.post("", status_code=201, responses=answers(409))
def add(request: Request, worker: _May, newcomer: Newcomer) -> Listed:
    """Put somebody into the directory and mail them an invitation.

    An address is there once: the same request again is refused with 409, and adds nobody.
    """
    deployment = web_of(request).deployment
    there: Told = {AlreadyListed: Refused(409, "somebody has this address", ("body", "email"))}
    with telling(there):
        number = staff.add(deployment, Professional(0, **newcomer.model_dump()))
    staff.invite(deployment, number)
    return _one(request, number)


@router.post("/{number}/invitation", responses=answers(404))
def invite(request: Request, worker: _May, number: _Number) -> Listed:
    """Sign somebody out everywhere and mail a new invitation: a phone or a mail is lost."""
    with telling(_NOBODY):
        staff.invite(web_of(request).deployment, number)
        return _one(request, number)


@router.delete("/{number}", status_code=204, responses=answers(404, 409))
def remove(request: Request, worker: _May, number: _Number) -> None:
    """Take somebody out: signed out at once, and no patient shares with them any more."""
    with telling({**_NOBODY, **_OPERATOR}):
        staff.remove(web_of(request).deployment, number)


def _one(request: Request, number: int) -> Listed:
    deployment = web_of(request).deployment
    with deployment.database.read() as connection:
        who = professionals.by_id(connection, deployment.ring, number)
    if who is None:
        raise NobodyListed
    return _shown(who)


def _shown(who: Professional) -> Listed:
    return Listed(
        number=who.id,
        name=who.name,
        email=who.email,
        role=who.role,
        sector=who.sector,
        language=who.language,
        ready=who.ready,
        invited_until=who.invited_until,
        roles_at_desk=sorted(who.desk),
    )
