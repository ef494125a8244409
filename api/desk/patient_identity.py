"""A patient's name and birth date, corrected at the desk."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from api.context import web_of
from api.desk.door import at_desk
from api.desk.parts import Field, Number
from api.desk.patient_deeds import PATIENT, back, wrong
from api.desk.patients import nobody, show
from bot.asked_enrolment import Wrong
from bot.desk import identity
from bot.desk.permissions import Task
from bot.desk.worker import Worker
from bot.held import NoSuchPatient

router = APIRouter()

_Corrects = Annotated[Worker, Depends(at_desk(Task.CORRECT_IDENTITY))]
_LONGEST = 300
"""Characters of a field that come back."""


@router.post(PATIENT + "/identity")
def correct(
    request: Request,
    worker: _Corrects,
    patient_id: Number,
    name: Field = "",
    birth_date: Field = "",
    shown: Field = "",
) -> Response:
    """Correct them, or say beside the field what is wrong."""
    deployment = web_of(request).deployment
    typed = {"name": name[:_LONGEST], "birth_date": birth_date[:_LONGEST]}
    try:
        is_new = identity.correct(deployment, worker, patient_id, name, birth_date, shown)
    except NoSuchPatient:
        return nobody(request, worker)
    except Wrong as fault:
        return show(
            request, worker, patient_id, at="identity", typed=typed, fault=fault, status=422
        )
    except identity.ChangedMeanwhile as error:
        return wrong(request, worker, patient_id, error, "identity", typed)
    return back(patient_id, "corrected" if is_new else "as-it-was")
