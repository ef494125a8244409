"""The desk's patients: found by what the secretary has, and one patient's page.

What is looked for is in no address: it is posted, and the answer is a page that no history holds.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse

from api.context import web_of
from api.desk.door import at_desk
from api.desk.page import page
from api.desk.parts import Field, Number
from bot.asked_enrolment import Wrong
from bot.desk.finding import LONGEST, Hits, TooLittle, look_for
from bot.desk.patient import open_contact
from bot.desk.permissions import Task
from bot.desk.worker import Worker
from bot.directory.mailing import DESK
from bot.held import NoSuchPatient
from bot.phone import shown_number

router = APIRouter()

HERE = f"{DESK}/patients"
Finder = Annotated[Worker, Depends(at_desk(Task.FIND_PATIENT))]

ELSEWHERE = (
    ("talk", Task.TALK, f"{DESK}/talk/{{}}"),
    ("answers", Task.ENTER_ANSWERS, f"{HERE}/{{}}/answers"),
    ("card", Task.ENROL, f"{DESK}/enrol/{{}}"),
)
"""Other pages about the same patient: by the end of the key under desk.patients.elsewhere."""
DONE = frozenset(
    {"locked", "closed", "unlocked", "moved", "added", "preferred", "removed", "paused", "resumed"}
    | {"corrected", "as-it-was"}
    | {"changed", "ended-moved", "ended-discharged", "ended-died", "reopened", "episode"}
)
"""What can be said to be done, by the end of the key under desk.patients.done."""


@router.get(HERE)
def show_search(request: Request, worker: Finder) -> Response:
    """The field to look in."""
    return _search(request, worker)


@router.post(HERE)
def search(request: Request, worker: Finder, wanted: Field = "") -> Response:
    """Who is meant; what was typed stands in the field again."""
    try:
        hits = look_for(web_of(request).deployment, wanted)
    except TooLittle:
        return _search(request, worker, wanted, problem="too-little", status=422)
    return _search(request, worker, wanted, hits)


@router.get(HERE + "/{patient_id}")
def show_patient(request: Request, worker: Finder, patient_id: Number, done: str = "") -> Response:
    """One patient's page; that it was opened is audited."""
    return show(request, worker, patient_id, done=done if done in DONE else "")


def show(
    request: Request,
    worker: Worker,
    patient_id: int,
    *,
    done: str = "",
    problem: str = "",
    at: str = "",
    typed: dict[str, str] | None = None,
    fault: Wrong | None = None,
    status: int = 200,
) -> HTMLResponse:
    """A patient's page, with what was done, or with what is wrong in the form `at`.

    `fault`: it is said beside its field.
    """
    deployment = web_of(request).deployment
    try:
        contact = open_contact(deployment, worker, patient_id)
    except NoSuchPatient:
        return nobody(request, worker)
    return page(
        request,
        worker,
        "patient.html",
        status,
        patient=contact,
        path=f"{HERE}/{patient_id}",
        list=HERE,
        elsewhere={
            name: path.format(patient_id) for name, task, path in ELSEWHERE if worker.may(task)
        },
        told=done,
        wrong=problem,
        at=at,
        fault=fault,
        typed=typed or {},
        may={each.value for each in Task if worker.may(each)},
        languages={code: each.say("language.name") for code, each in deployment.catalogues.items()},
        channels=sorted(deployment.channels),
        shown=shown_number,
    )


def nobody(request: Request, worker: Worker) -> HTMLResponse:
    """There is no such patient, or no more: the field to look in, with a word."""
    return _search(request, worker, problem="nobody", status=404)


def _search(
    request: Request,
    worker: Worker,
    wanted: str = "",
    hits: Hits | None = None,
    *,
    problem: str = "",
    status: int = 200,
) -> HTMLResponse:
    return page(
        request,
        worker,
        "patients.html",
        status,
        path=HERE,
        wanted=wanted[:LONGEST],
        longest=LONGEST,
        found=hits,
        wrong=problem,
        may_lock=worker.may(Task.LOCK_PHONE),
    )
