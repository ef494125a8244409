"""The professional's way in and the page behind it: link, code and words, summary, note.

GET changes nothing before the page is open, so a scanner that follows the link of a mail
neither sends a code nor uses anything up. Whatever is wrong with a link, the answer is the
same.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import Field

from api import takeaways
from api.context import web_of
from api.language import language_of
from api.open_page import (
    PLACES,
    SUMMARY,
    closed_page,
    cookie_name,
    ended,
    forget,
    home_of,
    key_of,
    place_of,
    read,
)
from bot import access
from bot.access import View
from bot.labels import labels
from templates import pages

router = APIRouter()
_page = APIRouter()
"""What stands in each of the `PLACES`."""

_Field = Annotated[str, Form()]
_Id = Annotated[int, Field(ge=1, le=2**63 - 1)]
_Numbers = Annotated[Sequence[_Id], Form()]


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
def open_page(request: Request, token: str, code: _Field = "", word: _Field = "") -> Response:
    """Open the summary on this device."""
    web = web_of(request)
    now = web.deployment.clock.now()
    try:
        cookie = access.open_page(web.deployment, token, code, word, now)
    except access.Ended:
        return ended(request)
    except access.WrongWords:
        return _knock(request, token, "open", error="wrong", status=403)
    except access.CodeSpent:
        return _knock(request, token, "open", error="spent", status=403)
    response = RedirectResponse(SUMMARY, 303)
    response.set_cookie(
        cookie_name(secure=web.secure),
        cookie,
        path="/",
        secure=web.secure,
        httponly=True,
        samesite="strict",
    )
    return response


@_page.get("")
def show_summary(request: Request, noted: bool = False) -> Response:
    """The summary as it is now."""
    return _summary(request, note_saved=noted)


@_page.post("/notes")
def write_note(
    request: Request, text: _Field = "", id: _Field = "", flags: _Numbers = ()
) -> Response:
    """Take a note; what cannot be kept goes back to the page with its words."""
    deployment = web_of(request).deployment
    now = deployment.clock.now()
    try:
        access.write_note(deployment, key_of(request), text, now, note_id=id, flags=flags)
    except (access.Ended, access.NotSignedIn) as why:
        return closed_page(request, why, kept=text)
    except access.NotAllowed:
        return ended(request)
    except access.BadNote as bad:
        return _summary(
            request, note_error=bad.problem, note_text=text, note_flags=flags, status=422
        )
    return RedirectResponse(f"{place_of(request)}?noted=1", 303)


@_page.post("/leave")
def leave(request: Request) -> Response:
    """Close the page on this device."""
    deployment = web_of(request).deployment
    access.leave(deployment, key_of(request), deployment.clock.now())
    response = RedirectResponse(home_of(request) or SUMMARY, 303)
    forget(request, response)
    return response


def _knock(
    request: Request, token: str, step: str, *, error: str | None = None, status: int = 200
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
    )
    return HTMLResponse(html, status)


def _summary(request: Request, *, status: int = 200, **note: object) -> Response:
    try:
        view = read(request)
    except (access.Ended, access.NotSignedIn) as why:
        return closed_page(request, why)
    language = language_of(request, view.language)
    if view.whole:
        html = _whole_page(request, view, language, note)
    else:
        person = view.summary.person
        html = pages.render(
            "family.html",
            language,
            timezone=person.timezone,
            now=view.summary.now,
            summary=view.summary,
            leave_action=f"{place_of(request)}/leave",
        )
    return HTMLResponse(html, status)


def _whole_page(request: Request, view: View, language: str, note: dict[str, object]) -> str:
    web, place = web_of(request), place_of(request)
    return pages.summary_page(
        view.summary,
        language,
        viewer=view.viewer,
        names=view.names,
        labels=labels(web.deployment.library, language),
        shared_until=view.grant.until,
        readers=view.readers,
        home=home_of(request),
        journal_link=f"{place}/journal.txt",
        pdf_link=f"{place}/summary.pdf",
        note_action=f"{place}/notes",
        note_id=web.deployment.chance.token(),
        note_limit=access.LONGEST_NOTE,
        leave_action=f"{place}/leave",
        **note,
    )


for _place in PLACES:
    router.include_router(_page, prefix=_place)
    router.include_router(takeaways.router, prefix=_place)
