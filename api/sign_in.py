"""Signing in at /pro and at /desk, and setting the authenticator up once.

Whatever address is typed, the answer is the same; whatever is wrong with a code, too. GET
changes nothing. One sign-in is good at both doors.
"""

from __future__ import annotations

from functools import cache
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.context import web_of
from api.directory_cookies import SESSION, TRIAL
from api.language import language_of
from bot.directory import signing_in
from bot.directory.signing_in import NotInvited, NotRight
from templates import pages
from templates.squares import square

_LONGEST = 254
"""Characters of an address (RFC 5321)."""
_Field = Annotated[str, Form()]


@cache
def router_of(home: str) -> APIRouter:
    """The routes of one door; its first page, GET `home`, is somebody else's."""
    router = APIRouter()
    code_path, setup_path = f"{home}/code", f"{home}/setup"

    @router.post(home)
    def ask_for_code(request: Request, email: _Field = "") -> Response:
        """Have a code mailed to this address, should it be one of the directory's."""
        deployment = web_of(request).deployment
        cookie, now = deployment.chance.token(), deployment.clock.now()
        signing_in.ask_for_code(deployment, email[:_LONGEST], cookie, now)
        response = RedirectResponse(code_path, 303)
        TRIAL.give(response, cookie, secure=web_of(request).secure)
        return response

    @router.get(code_path)
    def show_codes(request: Request) -> Response:
        """Ask for the mailed code and for that of the authenticator."""
        if not TRIAL.of(request):
            return RedirectResponse(home, 303)
        return _codes(request, home)

    @router.post(code_path)
    def sign_in(request: Request, code: _Field = "", shown: _Field = "") -> Response:
        """Let this browser in."""
        deployment = web_of(request).deployment
        cookie, now = deployment.chance.token(), deployment.clock.now()
        try:
            signing_in.sign_in(deployment, TRIAL.of(request), code, shown, cookie, now)
        except NotRight:
            return _codes(request, home, wrong=True, status=403)
        response = RedirectResponse(home, 303)
        secure = web_of(request).secure
        SESSION.give(response, cookie, secure=secure)
        TRIAL.take_back(response, secure=secure)
        return response

    @router.post(f"{home}/leave")
    def sign_out(request: Request) -> Response:
        """Let this browser in no more."""
        deployment = web_of(request).deployment
        signing_in.sign_out(deployment, SESSION.of(request), deployment.clock.now())
        response = RedirectResponse(home, 303)
        SESSION.take_back(response, secure=web_of(request).secure)
        return response

    @router.get(setup_path + "/{token}")
    def show_setup(request: Request, token: str) -> Response:
        """The square to be scanned, and a field for the first code."""
        return _setup(request, token, setup_path)

    @router.post(setup_path + "/{token}")
    def set_up(request: Request, token: str, shown: _Field = "") -> Response:
        """The authenticator is set up once it shows the right code."""
        deployment = web_of(request).deployment
        try:
            signing_in.confirm_authenticator(deployment, token, shown, deployment.clock.now())
        except NotInvited:
            return _nothing(request)
        except NotRight:
            return _setup(request, token, setup_path, wrong=True, status=403)
        return RedirectResponse(f"{home}?ready=1", 303)

    return router


def door(request: Request, home: str, words: str, *, left: bool, ready: bool = False) -> Response:
    """The field for an address. `words`: whose, `pro` or `desk`; `left`: signed out by time."""
    html = pages.render(
        "pro/door.html",
        language_of(request),
        clinic=web_of(request).deployment.clinic.name,
        left=left,
        ready=ready,
        action=home,
        door=words,
    )
    response = HTMLResponse(html)
    if left:
        SESSION.take_back(response, secure=web_of(request).secure)
    return response


def _codes(request: Request, home: str, *, wrong: bool = False, status: int = 200) -> Response:
    html = pages.render(
        "pro/codes.html",
        language_of(request),
        minutes=signing_in.MINUTES,
        wrong=wrong,
        action=f"{home}/code",
        again=home,
    )
    return HTMLResponse(html, status)


def _setup(
    request: Request, token: str, path: str, *, wrong: bool = False, status: int = 200
) -> Response:
    deployment = web_of(request).deployment
    try:
        made = signing_in.look_at_invitation(deployment, token, deployment.clock.now())
    except NotInvited:
        return _nothing(request)
    html = pages.render(
        "pro/setup.html",
        made.who.language,
        person=made.who.name,
        clinic=deployment.clinic.name,
        square=square(made.uri),
        secret=made.secret,
        wrong=wrong,
        action=f"{path}/{token}",
    )
    return HTMLResponse(html, status)


def _nothing(request: Request) -> Response:
    return HTMLResponse(pages.render("pro/nothing.html", language_of(request)), 404)
