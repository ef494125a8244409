"""The professional's way in and the page behind it: link, code and words, summary, note.

GET changes nothing before the page is open, so a scanner that follows the link of a mail
neither sends a code nor uses anything up. Whatever is wrong with a link, the answer is the
same.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse

from api.context import Web, web_of
from api.language import preferred
from bot import access
from bot.access import View
from bot.labels import labels
from templates import pages
from templates.catalogue import load_catalogues
from trajectory.views import Page
from trajectory.work_page import WorkPage

router = APIRouter()

SUMMARY = "/summary"
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
    response.set_cookie(
        cookie_name(secure=web.secure),
        cookie,
        path="/",
        secure=web.secure,
        httponly=True,
        samesite="strict",
    )
    return response


@router.get("/summary")
def show_summary(request: Request, said: str = "") -> Response:
    """The summary as it is now."""
    return summary(request, said=said if said in SAID else "")


@router.get("/summary/journal.txt")
def show_journal(request: Request) -> Response:
    """The same as plain text, to be pasted into a journal."""
    try:
        view = _read(request)
    except (access.Ended, access.NotSignedIn) as over:
        return closed(request, over)
    if view.scope.page is not Page.WHOLE:
        return ended(request)
    language = _language(request, view.language)
    text = pages.journal(
        view.summary,
        language,
        viewer=view.viewer,
        names=view.names,
        labels=labels(web_of(request).deployment.library, language),
    )
    return PlainTextResponse(text)


@router.post("/summary/leave")
def leave(request: Request) -> Response:
    """Close the page on this device."""
    deployment = web_of(request).deployment
    access.leave(deployment, cookie_of(request), deployment.clock.now())
    response = RedirectResponse(SUMMARY, 303)
    _forget(request, response)
    return response


def cookie_name(*, secure: bool) -> str:
    """`__Host-` keeps other hosts and plain http from setting it; it needs https itself."""
    return "__Host-backtrace-pro" if secure else "backtrace-pro"


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
        _language(request, invitation.language),
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


def summary(request: Request, *, status: int = 200, **note: object) -> Response:
    """The page of whoever has one open; `note` is what a form on it has to say or to keep."""
    try:
        view = _read(request)
    except (access.Ended, access.NotSignedIn) as over:
        return closed(request, over)
    language = _language(request, view.language)
    if view.scope.page is Page.WHOLE:
        html = _whole_page(web_of(request), view, language, note)
    elif view.work_page is not None:
        html = _work_page(view, view.work_page, language)
    else:
        person = view.summary.person
        html = pages.render(
            "family.html",
            language,
            timezone=person.timezone,
            now=view.summary.now,
            summary=view.summary,
            leave_action=f"{SUMMARY}/leave",
        )
    return HTMLResponse(html, status)


def _work_page(view: View, page: WorkPage, language: str) -> str:
    return pages.render(
        "work.html",
        language,
        timezone=page.timezone,
        now=view.summary.now,
        work=page,
        reader=view.grant.member.name,
        shared_until=view.grant.until,
        leave_action=f"{SUMMARY}/leave",
    )


def _whole_page(web: Web, view: View, language: str, note: dict[str, object]) -> str:
    return pages.summary_page(
        view.summary,
        language,
        viewer=view.viewer,
        names=view.names,
        labels=labels(web.deployment.library, language),
        shared_until=view.grant.until,
        note_action=f"{SUMMARY}/notes",
        note_id=web.deployment.chance.token(),
        note_limit=access.LONGEST_FIELD,
        flag_action=f"{SUMMARY}/flags",
        letter_action=f"{SUMMARY}/letters",
        letter_limit=access.LONGEST_LETTER,
        sectors=access.SECTORS,
        today=view.summary.now,
        leave_action=f"{SUMMARY}/leave",
        **note,
    )


def _read(request: Request) -> View:
    deployment = web_of(request).deployment
    return access.read_summary(deployment, cookie_of(request), deployment.clock.now())


def cookie_of(request: Request) -> str:
    """The cookie of the open page; empty where there is none."""
    return request.cookies.get(cookie_name(secure=web_of(request).secure), "")


def ended(request: Request) -> Response:
    """The one answer to every link and page that opens nothing."""
    return HTMLResponse(pages.render("ended.html", _language(request)), 404)


def closed(request: Request, why: access.Ended | access.NotSignedIn, kept: str = "") -> Response:
    """The page is not open any more; words that were on their way are given back."""
    is_over = isinstance(why, access.Ended)
    if is_over and not kept:
        response = ended(request)
    else:
        html = pages.render("signed_out.html", _language(request), kept=kept, ended=is_over)
        response = HTMLResponse(html, 404 if is_over else 401)
    _forget(request, response)
    return response


def _forget(request: Request, response: Response) -> None:
    secure = web_of(request).secure
    response.delete_cookie(
        cookie_name(secure=secure), path="/", secure=secure, httponly=True, samesite="strict"
    )


def _language(request: Request, otherwise: str = "en") -> str:
    """What the browser asks for, else the patient's language."""
    accepted = request.headers.get("accept-language", "")
    return preferred(f"{accepted},{otherwise};q=0.001", load_catalogues("words"))
