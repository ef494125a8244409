"""Enrolling one patient: six fields, then the card, the consent text, and whether the phone works.

What is shown once is behind a key that only this browser has, in a cookie: nothing of it is ever
part of an address.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.context import web_of
from api.cookies import Cookie
from api.desk.door import at_desk
from api.desk.page import page, pathway_titles
from api.desk.parts import Field, Number
from bot.asked_enrolment import Asked, Wrong, ways_of
from bot.deployment import Deployment
from bot.desk import enrolling
from bot.desk.enrolling import AlreadyHere, Enrolled, HasBegun
from bot.desk.patient import note_opened
from bot.desk.permissions import Task
from bot.desk.worker import Worker
from bot.directory.mailing import DESK
from bot.held import NoSuchPatient
from bot.inviting import NoSuchPatient as NobodyInvited
from bot.inviting import shown_card
from bot.phone import shown_number
from templates import pages
from templates.card import cards_page
from trajectory import professionals
from trajectory.care_team import TREATING
from trajectory.professionals import Professional

router = APIRouter()

HOME = f"{DESK}/enrol"
_CARD = Cookie("backtrace-card", enrolling.CARD_LIFE)
_Enroller = Annotated[Worker, Depends(at_desk(Task.ENROL))]
_LONGEST = 300
"""Characters of a field that are looked at."""


class Filled(NamedTuple):
    """The form as it was filled in, to be shown again where something is wrong."""

    name: str = ""
    birth_date: str = ""
    phone: str = ""
    language: str = ""
    channel: str = ""
    care_team: Sequence[int] = ()
    pathway: str = ""

    def asked(self) -> Asked:
        """What is asked for."""
        return Asked(
            self.language,
            self.channel,
            self.name,
            pathway=self.pathway,
            phone=self.phone,
            birth_date=self.birth_date,
            care_team=tuple(self.care_team),
            has_card=True,
        )


@router.get(HOME)
def show_form(request: Request, worker: _Enroller) -> Response:
    """The empty form."""
    deployment = web_of(request).deployment
    usual = usual_channel(deployment)
    pathway = usual_pathway(deployment)
    filled = Filled(language=worker.language, channel=usual, pathway=pathway)
    return _form(request, worker, filled, deployment.chance.token())


@router.post(HOME)
def enrol(
    request: Request,
    worker: _Enroller,
    form: Field = "",
    name: Field = "",
    birth_date: Field = "",
    phone: Field = "",
    language: Field = "",
    channel: Field = "",
    pathway: Field = "",
    care_team: Annotated[Sequence[int], Form()] = (),
    anyway: Annotated[bool, Form()] = False,
) -> Response:
    """Enrol the patient, once, or say beside the field what is wrong."""
    deployment = web_of(request).deployment
    filled = Filled(
        name.strip()[:_LONGEST],
        birth_date.strip()[:_LONGEST],
        phone.strip()[:_LONGEST],
        language,
        channel,
        care_team,
        pathway or usual_pathway(deployment),
    )
    form = form if len(form) == len(deployment.chance.token()) else deployment.chance.token()
    asked = filled.asked()
    key = enrolling.key_of(form, asked)
    try:
        made = enrolling.enrol(deployment, asked, key, worker.actor, anyway=anyway)
    except Wrong as wrong:
        return _form(request, worker, filled, form, wrong=wrong)
    except AlreadyHere as found:
        return _form(request, worker, filled, form, here=found.here)
    response = RedirectResponse(f"{HOME}/{made.patient_id}", 303)
    _CARD.give(response, key, secure=web_of(request).secure)
    return response


@router.get(HOME + "/{patient}")
def show_enrolled(request: Request, worker: _Enroller, patient: Number) -> Response:
    """What is handed over, and what became of the test message.

    Whoever opens it later than the browser that has enrolled is named in the patient's audit.
    """
    found = _look(request, patient)
    if found is None:
        return _gone()
    if found.invitation is None:
        try:
            note_opened(web_of(request).deployment, worker, patient)
        except NoSuchPatient:
            return _gone()
    return _enrolled(request, worker, found)


@router.get(HOME + "/{patient}/arrival")
def show_arrival(request: Request, worker: _Enroller, patient: Number) -> Response:
    """What became of the test message, for the script that asks for it now and then."""
    found = _look(request, patient)
    if found is None:
        return _gone()
    return page(request, worker, "enrol_arrival.html", enrolled=found, path=_path(patient))


@router.get(HOME + "/{patient}/card")
def print_card(request: Request, worker: _Enroller, patient: Number) -> Response:
    """The card, as long as this browser has its key."""
    found = _look(request, patient)
    if found is None or found.invitation is None:
        return RedirectResponse(_path(patient), 303)
    card = shown_card(web_of(request).deployment, found.invitation)
    return HTMLResponse(cards_page([card], linked=True))


@router.post(HOME + "/{patient}/card")
def make_card(request: Request, worker: _Enroller, patient: Number, form: Field = "") -> Response:
    """A new card; the code of the one before lets nobody in."""
    deployment = web_of(request).deployment
    key = form if len(form) > len(worker.actor) + 16 else deployment.chance.token()
    response = RedirectResponse(_path(patient), 303)
    try:
        enrolling.new_card(deployment, patient, key, worker.actor)
    except HasBegun:
        return response
    except NobodyInvited:
        return _gone()
    _CARD.give(response, key, secure=web_of(request).secure)
    return response


@router.get(HOME + "/{patient}/consent")
def print_consent(request: Request, worker: _Enroller, patient: Number) -> Response:
    """What the patient agrees to, with its version, to be read and signed."""
    deployment = web_of(request).deployment
    found = enrolling.consent_paper(deployment, patient, usual_channel(deployment))
    if found is None:
        return _gone()
    try:
        note_opened(deployment, worker, patient)
    except NoSuchPatient:
        return _gone()
    html = pages.render(
        "desk/consent_paper.html",
        found.language,
        timezone=found.timezone,
        today=deployment.clock.now(),
        paper=found,
        clinic=deployment.clinic,
        worker=worker,
    )
    return HTMLResponse(html)


@router.post(HOME + "/{patient}/consent")
def note_consent(request: Request, worker: _Enroller, patient: Number) -> Response:
    """It is signed: the chat will not ask."""
    try:
        enrolling.note_consent(web_of(request).deployment, patient, worker.actor)
    except HasBegun:
        pass
    except NoSuchPatient:
        return _gone()
    return RedirectResponse(_path(patient), 303)


@router.post(HOME + "/{patient}/phone")
def correct_phone(
    request: Request, worker: _Enroller, patient: Number, phone: Field = ""
) -> Response:
    """The number was wrong: the test goes to this one."""
    deployment = web_of(request).deployment
    found = _look(request, patient)
    if found is None or found.arrival is None:
        return RedirectResponse(_path(patient), 303)
    channel, typed = found.arrival.channel, phone.strip()[:_LONGEST]
    try:
        enrolling.correct_phone(deployment, patient, channel, typed, worker.actor)
    except Wrong as wrong:
        return _enrolled(request, worker, found, 422, wrong=wrong, typed=typed)
    except HasBegun:
        pass
    except NoSuchPatient:
        return _gone()
    return RedirectResponse(_path(patient), 303)


def usual_channel(deployment: Deployment) -> str:
    """How a patient is reached unless the desk says otherwise."""
    ways = [name for name, is_there in ways_of(deployment.clinic).items() if is_there]
    return "sms" if "sms" in ways else next(iter(ways), "web")


def usual_pathway(deployment: Deployment) -> str:
    """What a patient follows unless the desk says otherwise."""
    pathways = deployment.library.pathways
    return "low-back-pain" if "low-back-pain" in pathways else next(iter(sorted(pathways)), "")


def treating(deployment: Deployment) -> Sequence[Professional]:
    """Whom of the directory a care team may have, by name."""
    with deployment.database.read() as connection:
        listed = professionals.listed(connection, deployment.ring)
    return sorted(
        (each for each in listed if each.role in TREATING), key=lambda each: each.name.casefold()
    )


def _form(
    request: Request,
    worker: Worker,
    filled: Filled,
    form: str,
    *,
    wrong: Wrong | None = None,
    here: Any = None,
) -> HTMLResponse:
    deployment = web_of(request).deployment
    ways = ways_of(deployment.clinic)
    return page(
        request,
        worker,
        "enrol.html",
        200 if wrong is None and here is None else 422,
        filled=filled,
        form=form,
        wrong=wrong,
        here_already=here,
        languages={
            code: words.say("language.name")
            for code, words in sorted(deployment.catalogues.items())
        },
        channels=[name for name, is_there in ways.items() if is_there],
        pathways=pathway_titles(request, worker),
        professionals=treating(deployment),
        action=HOME,
    )


def _enrolled(
    request: Request,
    worker: Worker,
    found: Enrolled,
    status: int = 200,
    *,
    wrong: Wrong | None = None,
    typed: str = "",
) -> Response:
    return page(
        request,
        worker,
        "enrolled.html",
        status,
        enrolled=found,
        path=_path(found.patient_id),
        form=web_of(request).deployment.chance.token(),
        phone=typed or shown_number(found.phone),
        wrong=wrong,
        action=HOME,
    )


def _look(request: Request, patient: int) -> Enrolled | None:
    return enrolling.look(web_of(request).deployment, patient, _CARD.of(request))


def _path(patient: int) -> str:
    return f"{HOME}/{patient}"


def _gone() -> Response:
    """Nobody has this number, or has it any more."""
    return RedirectResponse(HOME, 303)
