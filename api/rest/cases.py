"""The clinic's list: what a person must look at, whose it is, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from api.context import web_of
from api.rest.door import by_token
from api.rest.paging import Page, WhichPage, page_of
from api.rest.parts import Number
from api.rest.problems import Refused, Told, answers, telling
from bot.deployment import Deployment
from bot.desk import work
from bot.desk.permissions import Task
from bot.desk.work import LONGEST_NOTE, HasOwner, IsDone, NoReason, NoSuchCase
from bot.desk.worker import Worker
from flows.model import Urgency
from trajectory import cases, patients
from trajectory.case_reasons import REASONS, Reason
from trajectory.cases import SAFETY, Kind, State

router = APIRouter(prefix="/cases", tags=["cases"])

_Sees = Annotated[Worker, Depends(by_token(Task.SEE_WORK))]
_Handles = Annotated[Worker, Depends(by_token(Task.HANDLE_CASE))]
_TOLD: Told = {
    NoSuchCase: Refused(404, "no case has this number"),
    IsDone: Refused(409, "it is done already"),
    HasOwner: Refused(409, "somebody else looks after it"),
    NoReason: Refused(422, "a case of this kind is not done for this reason", ("body", "reason")),
}


class Case(BaseModel):
    """One line of the list. Of a warning sign it has the urgency only, and never what was said."""

    number: int
    patient: int
    name: str
    kind: Kind
    is_safety: bool
    urgency: Urgency | None
    state: State
    opened_at: datetime
    changed_at: datetime
    owner: str | None
    """Who looks after it, as the audit calls them; none: nobody does."""
    reasons: list[Reason]
    """What it can be done for."""


class Ending(BaseModel):
    """Why a case is off the list."""

    reason: Reason
    note: Annotated[str, Field(max_length=LONGEST_NOTE)] = ""


@router.get("", responses=answers())
def listed(
    request: Request,
    worker: _Sees,
    place: WhichPage,
    kind: Kind | None = None,
    mine: bool = False,
) -> Page[Case]:
    """What somebody must look at, in order of its numbers; of one kind, or the token's own."""
    deployment = web_of(request).deployment
    kinds = tuple(Kind) if kind is None else cases.seen_as(kind)
    owner = worker.actor if mine else None
    with deployment.database.read() as connection:
        found = cases.listed_behind(connection, place.after, place.limit + 1, kinds, owner=owner)
        rows, following = page_of(found, place, lambda each: each.id)
        names = _names(connection, deployment, rows)
    shown = [
        _shown(cases.unsaid(each), names[each.patient_id])
        for each in rows
        if each.patient_id in names
    ]
    return Page(items=shown, next=following)


@router.post("/{number}/take", status_code=204, responses=answers(404, 409))
def take(request: Request, worker: _Handles, number: Number, from_whom: str | None = None) -> None:
    """Look after a case that nobody has; `from_whom`: or that this owner has."""
    with telling(_TOLD):
        work.take(web_of(request).deployment, worker.actor, number, from_whom)


@router.post("/{number}/give-back", status_code=204, responses=answers(404, 409))
def give_back(request: Request, worker: _Handles, number: Number) -> None:
    """Look after a case no more; it waits for anybody."""
    with telling(_TOLD):
        work.give_back(web_of(request).deployment, worker.actor, number)


@router.post("/{number}/done", status_code=204, responses=answers(404, 409))
def done(request: Request, worker: _Handles, number: Number, ending: Ending) -> None:
    """Take a case off the list for good, for a reason that the audit tells."""
    deployment = web_of(request).deployment
    with telling(_TOLD):
        work.done(deployment, worker.actor, number, ending.reason, ending.note)


def _names(
    connection: Connection, deployment: Deployment, rows: Sequence[cases.Case]
) -> Mapping[int, str]:
    """Whoever was erased meanwhile is left out."""
    found = patients.read(connection, {each.patient_id for each in rows})
    return {row.patient_id: row.name(row.sealer(deployment.ring)) for row in found}


def _shown(case: cases.Case, name: str) -> Case:
    return Case(
        number=case.id,
        patient=case.patient_id,
        name=name,
        kind=case.kind,
        is_safety=case.kind in SAFETY,
        urgency=case.urgency,
        state=case.state,
        opened_at=case.opened_at,
        changed_at=case.changed_at,
        owner=case.owner,
        reasons=list(REASONS[case.kind]),
    )
