"""Where a patient is reached, changed by the desk: a lost phone, another number, a new device."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from api.context import web_of
from api.desk.door import at_desk
from api.desk.page import page
from api.desk.parts import Field, Number
from api.desk.patient_deeds import PATIENT, PROBLEMS, back, do, path_of, wrong
from api.desk.patients import nobody
from bot import inviting
from bot.desk import addresses, locking
from bot.desk.addresses import How
from bot.desk.permissions import Task
from bot.desk.worker import Worker
from bot.held import NoSuchPatient
from templates.squares import square

router = APIRouter()

_ADDRESS = PATIENT + "/{address_id}"
_Locks = Annotated[Worker, Depends(at_desk(Task.LOCK_PHONE))]
_Moves = Annotated[Worker, Depends(at_desk(Task.CHANGE_ADDRESS))]


@router.post(PATIENT + "/lock")
def lock_phone(request: Request, worker: _Locks, patient_id: Number) -> Response:
    """Lock every phone of this patient, and all that opens their chat."""
    deployment = web_of(request).deployment
    try:
        locking.lock_phone(deployment, worker, patient_id)
    except locking.NoPhone:
        return back(patient_id, "closed")
    except NoSuchPatient:
        return nobody(request, worker)
    return back(patient_id, "locked")


@router.post(_ADDRESS + "/lock")
def lock_one(request: Request, worker: _Locks, patient_id: Number, address_id: Number) -> Response:
    """Lock one phone."""
    return do(
        request,
        worker,
        patient_id,
        lambda: locking.lock(web_of(request).deployment, worker, patient_id, address_id),
        "locked",
    )


@router.post(_ADDRESS + "/unlock")
def unlock(request: Request, worker: _Locks, patient_id: Number, address_id: Number) -> Response:
    """The phone is found."""
    return do(
        request,
        worker,
        patient_id,
        lambda: locking.unlock(web_of(request).deployment, worker, patient_id, address_id),
        "unlocked",
    )


@router.post(PATIENT + "/number")
def send_check(
    request: Request,
    worker: _Moves,
    patient_id: Number,
    channel: Field = "",
    number: Field = "",
    how: Field = How.MOVE.value,
) -> Response:
    """Send six digits to a new number, and ask for them."""
    typed = {"channel": channel, "number": number, "how": how}
    deployment = web_of(request).deployment
    try:
        sent = addresses.send_check(deployment, worker, patient_id, channel, number, _how(how))
    except NoSuchPatient:
        return nobody(request, worker)
    except tuple(PROBLEMS) as error:
        return wrong(request, worker, patient_id, error, "number", typed)
    return RedirectResponse(f"{path_of(patient_id)}/number/{sent.check_id}?how={_how(how)}", 303)


@router.get(PATIENT + "/number/{check_id}")
def ask_digits(
    request: Request, worker: _Moves, patient_id: Number, check_id: Number, how: str = ""
) -> Response:
    """The field for the six digits that the patient reads out."""
    return _digits(request, worker, patient_id, check_id, _how(how))


@router.post(PATIENT + "/number/{check_id}")
def take_digits(
    request: Request,
    worker: _Moves,
    patient_id: Number,
    check_id: Number,
    digits: Field = "",
    how: Field = "",
) -> Response:
    """The patient has read these digits from the new phone."""
    deployment = web_of(request).deployment
    try:
        addresses.confirm(deployment, worker, patient_id, check_id, digits, _how(how))
    except NoSuchPatient:
        return nobody(request, worker)
    except addresses.WrongDigits:
        return _digits(request, worker, patient_id, check_id, _how(how), problem="wrong-digits")
    except tuple(PROBLEMS) as error:
        return wrong(request, worker, patient_id, error, "number", {})
    return back(patient_id, "moved" if _how(how) is How.MOVE else "added")


@router.post(PATIENT + "/way-in")
def make_way_in(request: Request, worker: _Moves, patient_id: Number) -> Response:
    """A code and a square for another device; shown this once."""
    try:
        way = addresses.way_in(web_of(request).deployment, worker, patient_id)
    except inviting.NoSuchPatient:
        return nobody(request, worker)
    squares = {channel: square(link) for channel, link in way.links.items()}
    return page(
        request, worker, "patient_way_in.html", way=way, squares=squares, path=path_of(patient_id)
    )


@router.post(_ADDRESS + "/prefer")
def prefer(request: Request, worker: _Moves, patient_id: Number, address_id: Number) -> Response:
    """Write to the patient there first."""
    return do(
        request,
        worker,
        patient_id,
        lambda: addresses.prefer(web_of(request).deployment, worker, patient_id, address_id),
        "preferred",
    )


@router.post(_ADDRESS + "/remove")
def remove(
    request: Request,
    worker: _Moves,
    patient_id: Number,
    address_id: Number,
    sure: Field = "",
) -> Response:
    """The address is the patient's no more; the last one only where the desk is sure."""
    deployment = web_of(request).deployment
    return do(
        request,
        worker,
        patient_id,
        lambda: addresses.remove(deployment, worker, patient_id, address_id, sure=bool(sure)),
        "removed",
    )


def _digits(
    request: Request,
    worker: Worker,
    patient_id: int,
    check_id: int,
    how: How,
    *,
    problem: str = "",
) -> Response:
    try:
        sent = addresses.sent_check(web_of(request).deployment, patient_id, check_id, how)
    except NoSuchPatient:
        return nobody(request, worker)
    except addresses.CheckOver as error:
        return wrong(request, worker, patient_id, error, "number", {})
    return page(
        request,
        worker,
        "patient_digits.html",
        422 if problem else 200,
        sent=sent,
        how=how.value,
        wrong=problem,
        path=path_of(patient_id),
    )


def _how(said: str) -> How:
    return How.ADD if said == How.ADD.value else How.MOVE
