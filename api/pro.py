"""What somebody of the clinic's directory sees when signed in: the list, and the way to a page."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.context import web_of
from api.directory_cookies import SESSION
from api.language import language_of
from api.open_page import FROM_LIST, ended, key_of, place_of
from api.sign_in import door
from bot.directory import digests, from_list
from bot.directory.mailing import DESK, HOME
from bot.directory.overview import Overview, read_list
from bot.directory.room import NotOpened, open_by_code
from bot.directory.signing_in import who_is
from bot.labels import labels
from bot.permission import Ended, FromList, NotSignedIn
from templates import pages
from templates.listing import HOURS, list_page
from trajectory.professionals import Rhythm

router = APIRouter()

_LONGEST_CODE = 40
_DAYS = {str(number) for number in range(7)}
_HOURS = {str(number) for number in HOURS}
_Field = Annotated[str, Form()]


@router.get(HOME)
def show_list(request: Request, ready: bool = False, saved: bool = False) -> Response:
    """The list of patients; before signing in, the field for an address."""
    return _home(request, ready=ready, saved=saved)


@router.post(f"{FROM_LIST}/open")
def open_patient(request: Request) -> Response:
    """Open one patient's page; it stays open as long as the sign-in."""
    deployment, page = web_of(request).deployment, key_of(request)
    assert isinstance(page, FromList)
    try:
        from_list.open_patient(deployment, page.cookie, page.grant_id, deployment.clock.now())
    except NotSignedIn:
        return RedirectResponse(HOME, 303)
    except Ended:
        return ended(request)
    return RedirectResponse(place_of(request), 303)


@router.post(f"{HOME}/room")
def open_in_the_room(request: Request, code: _Field = "") -> Response:
    """Open the page of the patient in the room, who has said this code."""
    deployment = web_of(request).deployment
    cookie, now = SESSION.of(request), deployment.clock.now()
    try:
        grant_id = open_by_code(deployment, cookie, code[:_LONGEST_CODE], now)
    except NotSignedIn:
        return RedirectResponse(HOME, 303)
    except NotOpened as shut:
        return _home(request, room_error=shut.problem.value, room_typed=code[:12], status=403)
    return RedirectResponse(FROM_LIST.format(grant_id=grant_id), 303)


@router.post(f"{HOME}/digest")
def choose_digest(
    request: Request, day: _Field = "", hour: _Field = "", on: _Field = ""
) -> Response:
    """When the weekly mail comes, if at all."""
    deployment = web_of(request).deployment
    now = deployment.clock.now()
    try:
        with deployment.database.read() as connection:
            who = who_is(connection, deployment, SESSION.of(request), now).who
    except NotSignedIn:
        return RedirectResponse(HOME, 303)
    if day not in _DAYS or hour not in _HOURS:
        return _home(request, status=422)
    digests.choose(deployment, who.id, Rhythm(bool(on), int(day), int(hour)), now)
    return RedirectResponse(f"{HOME}?saved=1", 303)


@router.get(HOME + "/digest/off/{token}")
def ask_to_end_digests(request: Request, token: str) -> Response:
    """A button: whatever follows links by itself ends nothing."""
    return _unsubscribe(request, token)


@router.post(HOME + "/digest/off/{token}")
def end_digests(request: Request, token: str) -> Response:
    """No weekly mail any more; the link itself opens nothing else."""
    if not digests.unsubscribe(web_of(request).deployment, token):
        return HTMLResponse(pages.render("pro/nothing.html", language_of(request)), 404)
    return _unsubscribe(request, token, done=True)


def _unsubscribe(request: Request, token: str, *, done: bool = False) -> Response:
    html = pages.render(
        "pro/unsubscribe.html",
        language_of(request),
        action=f"{HOME}/digest/off/{quote(token, safe='')}",
        done=done,
        home=HOME,
    )
    return HTMLResponse(html)


def _home(request: Request, *, status: int = 200, **said: object) -> Response:
    deployment = web_of(request).deployment
    cookie, now = SESSION.of(request), deployment.clock.now()
    try:
        if not cookie:
            raise NotSignedIn
        seen = read_list(deployment, cookie, now)
    except NotSignedIn:
        return door(request, HOME, "pro", left=bool(cookie), ready=bool(said.get("ready")))
    if not seen.who.treats:
        return RedirectResponse(DESK, 303)
    return HTMLResponse(_list_page(request, seen, **said), status)


def _list_page(request: Request, seen: Overview, **said: object) -> str:
    deployment = web_of(request).deployment
    language = language_of(request, seen.who.language)
    return list_page(
        seen,
        language,
        timezone=deployment.clinic.timezone,
        clinic=deployment.clinic.name,
        labels=labels(deployment.library, language),
        home=HOME,
        **said,
    )
