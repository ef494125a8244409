"""A tablet of the clinic's in a patient's hands: one questionnaire, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.answer_form import Fields, posted, questions, read_form
from api.context import web_of
from api.cookies import Cookie
from api.directory_cookies import SESSION
from api.language import language_of
from bot.conversation import safety
from bot.desk import tablet
from bot.desk.answers import Stored
from bot.desk.sheets import Blank, Mode, NotTaken
from bot.desk.tablet import NothingHere
from bot.directory import signing_in
from flows.forms import Fault
from templates import pages

HOME = "/tablet"
COOKIE = Cookie("backtrace-tablet")
"""Apart from every other: it shows one questionnaire, until that is answered."""
_LONGEST_CODE = 40
_NONE: Mapping[str, Fault] = {}

router = APIRouter(prefix=HOME)
_Fields = Annotated[Fields, Depends(posted)]


@router.get("")
def show(request: Request) -> Response:
    """The questionnaire that this tablet was handed over with; else the field for a code."""
    deployment = web_of(request).deployment
    try:
        blank = tablet.look(deployment, COOKIE.of(request), deployment.clock.now())
    except NothingHere:
        return _ask_for_code(request)
    return _form(request, blank, deployment.chance.token())


@router.post("/code")
def begin(request: Request, fields: _Fields) -> Response:
    """Take the code; whoever is signed in at the desk here is signed out by that."""
    web = web_of(request)
    deployment = web.deployment
    now, cookie = deployment.clock.now(), deployment.chance.token()
    try:
        tablet.hand_over(deployment, fields.get("code", "")[:_LONGEST_CODE], cookie, now)
    except NothingHere:
        return _ask_for_code(request, wrong=True)
    response = RedirectResponse(HOME, 303)
    COOKIE.give(response, cookie, secure=web.secure)
    if shown := SESSION.of(request):
        signing_in.sign_out(deployment, shown, now)
        SESSION.take_back(response, secure=web.secure)
    return response


@router.post("")
def take(request: Request, fields: _Fields) -> Response:
    """Store the answers; then the tablet shows nothing but that it is to be given back."""
    deployment = web_of(request).deployment
    now, cookie = deployment.clock.now(), COOKIE.of(request)
    try:
        blank = tablet.look(deployment, cookie, now)
    except NothingHere:
        return _ask_for_code(request)
    form, mark = read_form(fields, blank.flow, Mode.TABLET), fields.get("mark", "")
    try:
        stored = tablet.take(deployment, cookie, form, mark, now)
    except NothingHere:
        return _ask_for_code(request)
    except NotTaken as why:
        if not why.faults:
            return _ask_for_code(request)
        return _form(request, blank._replace(form=form), mark, why.faults)
    if stored.asks_for:
        return RedirectResponse(HOME, 303)
    return _thank(request, blank, stored)


def _form(
    request: Request, blank: Blank, mark: str, faults: Mapping[str, Fault] = _NONE
) -> Response:
    language = blank.patient.language
    html = pages.render(
        "tablet/form.html",
        language,
        clinic=web_of(request).deployment.clinic,
        first_name=blank.patient.name.split()[0] if blank.patient.name.strip() else "",
        flow=blank.flow,
        questions=questions(blank, Mode.TABLET, faults),
        faults=len(faults),
        mark=mark,
        action=HOME,
        spoken=language,
    )
    return HTMLResponse(html, 422 if faults else 200)


def _thank(request: Request, blank: Blank, stored: Stored) -> Response:
    web = web_of(request)
    deployment, language = web.deployment, blank.patient.language
    said = ""
    if stored.urgency:
        words = deployment.catalogues[language]
        said = words.say(f"safety.{stored.urgency}", **safety.numbers(deployment.clinic))
    html = pages.render(
        "tablet/done.html", language, clinic=deployment.clinic, said=said, urgency=stored.urgency
    )
    response = HTMLResponse(html)
    COOKIE.take_back(response, secure=web.secure)
    return response


def _ask_for_code(request: Request, *, wrong: bool = False) -> Response:
    clinic = web_of(request).deployment.clinic
    html = pages.render(
        "tablet/code.html",
        language_of(request),
        clinic=clinic,
        action=f"{HOME}/code",
        wrong=wrong,
    )
    response = HTMLResponse(html, 403 if wrong else 200)
    COOKIE.take_back(response, secure=web_of(request).secure)
    return response
