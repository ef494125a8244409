"""The professional's way in and the page behind it: link, code and words, summary.

GET changes nothing before the page is open, so a scanner that follows the link of a mail
neither sends a code nor uses anything up. Whatever is wrong with a link, the answer is the
same.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api import professional_answers, takeaways
from api.context import web_of
from api.language import language_of
from api.open_page import PAGE, PLACES, SUMMARY, ended, forget, home_of, key_of
from api.summary import show
from bot import access
from templates import pages

router = APIRouter()
_page = APIRouter()
"""What stands in each of the `PLACES`."""

SAID = ("noted", "handled", "letter")
"""What the page confirms after a form, as `?said=`."""
_Field = Annotated[str, Form()]


@router.get("/s/{token}")
def show_link(request: Request, token: str) -> Response:
    """Say whom the link is for, and offer a button that has a code sent."""
    return _knock(request, token, "send")


@router.post("/s/{token}/code")
def send_code(request: Request, token: str) -> Response:
    """Have a code sent to the address that the link went to."""
    deployment = web_of(request).deployment
    try:
        access.request_code(deployment, token, deployment.clock.now())
    except access.Ended:
        return ended(request)
    except access.TooManyCodes:
        return _knock(request, token, "open", error="too-many", status=429)
    return RedirectResponse(f"/s/{token}/open", 303)


@router.get("/s/{token}/open")
def ask_for_code(request: Request, token: str) -> Response:
    """Ask for the code and the patient's words."""
    return _knock(request, token, "open")


@router.post("/s/{token}/open")
def open_page(
    request: Request,
    token: str,
    code: _Field = "",
    word: _Field = "",
    who: _Field = "",
    purpose: _Field = "",
) -> Response:
    """Open on this device what the patient shares."""
    web = web_of(request)
    now, typed = web.deployment.clock.now(), {"who": who, "purpose": purpose}
    try:
        opener = access.Opener(who, purpose)
        cookie = access.open_page(web.deployment, token, code, word, now, opener)
    except access.Ended:
        return ended(request)
    except access.WhoAsks:
        return _knock(request, token, "open", error="who", status=422, **typed)
    except access.WrongWords:
        return _knock(request, token, "open", error="wrong", status=403, **typed)
    except access.CodeSpent:
        return _knock(request, token, "open", error="spent", status=403, **typed)
    response = RedirectResponse(SUMMARY, 303)
    PAGE.give(response, cookie, secure=web.secure)
    return response


@_page.get("")
def show_summary(request: Request, said: str = "") -> Response:
    """The summary as it is now."""
    return show(request, said=said if said in SAID else "")


@_page.post("/leave")
def leave(request: Request) -> Response:
    """Close the page on this device."""
    deployment = web_of(request).deployment
    access.leave(deployment, key_of(request), deployment.clock.now())
    response = RedirectResponse(home_of(request) or SUMMARY, 303)
    forget(request, response)
    return response


def _knock(
    request: Request,
    token: str,
    step: str,
    *,
    error: str | None = None,
    status: int = 200,
    **typed: str,
) -> Response:
    """The page before the summary; `step` is `send` or `open`."""
    deployment = web_of(request).deployment
    try:
        invitation = access.look(deployment, token, deployment.clock.now())
    except access.Ended:
        return ended(request)
    html = pages.render(
        "access.html",
        language_of(request, invitation.language),
        step=step,
        send_action=f"/s/{token}/code",
        open_action=f"/s/{token}/open",
        recipient=invitation.recipient,
        minutes=access.CODE_MINUTES,
        error=error,
        page=invitation.page.value,
        says_who=invitation.says_who,
        limit=access.LONGEST_SAID,
        typed=typed,
    )
    return HTMLResponse(html, status)


for _place in PLACES:
    router.include_router(_page, prefix=_place)
    router.include_router(professional_answers.router, prefix=_place)
    router.include_router(takeaways.router, prefix=_place)
