"""Answers for research: how many agree, and an export as one file."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from api.context import web_of
from api.research_file import sent
from api.rest.door import by_token
from api.rest.problems import Refused, Told, answers, telling
from bot.desk.permissions import Task
from bot.desk.worker import Worker
from bot.research.asking import STUDY, Asked, Wrong, wanted_of
from bot.research.exporting import DefinitionsChanged
from bot.research.zipped import export_zipped
from bot.version import software
from trajectory import research

router = APIRouter(prefix="/research", tags=["research"])

_May = Annotated[Worker, Depends(by_token(Task.EXPORT_RESEARCH))]
_FILE: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/zip": {}}, "description": "The export."}
}


class Agreed(BaseModel):
    """How many patients agree to research now."""

    patients: int
    agreed: int


class Export(BaseModel):
    """What is to be exported."""

    study: Annotated[str, Field(max_length=60)] = STUDY
    """Pseudonyms are the same in all exports of one study, and in no two of them."""
    since: date | None = None
    until: date | None = None
    """First and last day on which it was put to the patient, on the clinic's calendar."""
    pathway: Annotated[str, Field(max_length=100)] = ""
    dates: bool = False
    """Calendar times beside the days since each patient's start."""


@router.get("/consents", responses=answers())
def count(request: Request, worker: _May) -> Agreed:
    """How many patients agree to research now, of how many."""
    with web_of(request).deployment.database.read() as connection:
        everybody, agreed = research.how_many(connection)
    return Agreed(patients=everybody, agreed=agreed)


@router.post("/exports", response_class=StreamingResponse, responses={**answers(503), **_FILE})
def export(request: Request, worker: _May, wanted: Export) -> Response:
    """Make an export and hand it over as a zip; the audit of each patient in it tells of it.

    Asked again it is another export, with a number of its own.
    """
    deployment = web_of(request).deployment
    told: Told = {DefinitionsChanged: Refused(503, "questionnaires changed meanwhile; ask again")}
    with telling(told):
        try:
            found = wanted_of(deployment, _asked(wanted))
        except Wrong as wrong:
            raise Refused(422, wrong.advice, ("body", wrong.field)) from None
        return sent(export_zipped(deployment, found, actor=worker.actor, software=software()))


def _asked(wanted: Export) -> Asked:
    since, until = ("" if day is None else day.isoformat() for day in (wanted.since, wanted.until))
    return Asked(wanted.study, since, until, wanted.pathway, wanted.dates)
