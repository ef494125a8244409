"""The professional's way in and the page behind it: link, code and words, summary, note.

GET changes nothing before the page is open, so a scanner that follows the link of a mail
neither sends a code nor uses anything up. Whatever is wrong with a link, the answer is the
same.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse

from api.context import web_of
from api.directory_cookies import session_of
from api.language import language_of
from bot import access
from bot.access import FromList, PageKey, View
from bot.directory.mailing import HOME
from bot.labels import labels
from templates import pages

router = APIRouter()

_SUMMARY = "/summary"
_FROM_LIST = f"{HOME}/p/{{grant_id}}"
"""The same page for somebody of the directory: each request names the grant that it is about."""
_Field = Annotated[str, Form()]
_Numbers = Annotated[Sequence[int], Form()]


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
        return _ended(request)
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
        return _ended(request)
    except access.WrongWords:
        return _knock(request, token, "open", error="wrong", status=403)
    except access.CodeSpent:
        return _knock(request, token, "open", error="spent", status=403)
    response = RedirectResponse(_SUMMARY, 303)
    response.set_cookie(
        cookie_name(secure=web.secure),
        cookie,
        path="/",
        secure=web.secure,
        httponly=True,
        samesite="strict",
    )
    return response


@router.get(_FROM_LIST)
@router.get(_SUMMARY)
def show_summary(request: Request, noted: bool = False) -> Response:
    """The summary as it is now."""
    return _summary(request, note_saved=noted)


@router.get(f"{_FROM_LIST}/journal.txt")
@router.get("/summary/journal.txt")
def show_journal(request: Request) -> Response:
    """The same as plain text, to be pasted into a journal."""
    try:
        view = _read(request)
    except (access.Ended, access.NotSignedIn) as closed:
        return _closed(request, closed)
    if not view.whole:
        return _ended(request)
    language = language_of(request, view.language)
    text = pages.journal(
        view.summary,
        language,
        viewer=view.viewer,
        names=view.names,
        labels=labels(web_of(request).deployment.library, language),
    )
    return PlainTextResponse(text)


@router.post(f"{_FROM_LIST}/notes")
@router.post("/summary/notes")
def write_note(
    request: Request, text: _Field = "", id: _Field = "", flags: _Numbers = ()
) -> Response:
    """Take a note; what cannot be kept goes back to the page with its words."""
    deployment = web_of(request).deployment
    now = deployment.clock.now()
    try:
        access.write_note(deployment, _cookie(request), text, now, note_id=id, flags=flags)
    except (access.Ended, access.NotSignedIn) as closed:
        return _closed(request, closed, kept=text)
    except access.NotAllowed:
        return _ended(request)
    except access.BadNote as bad:
        return _summary(
            request, note_error=bad.problem, note_text=text, note_flags=flags, status=422
        )
    return RedirectResponse(f"{_place(request)}?noted=1", 303)


@router.post(f"{_FROM_LIST}/leave")
@router.post("/summary/leave")
def leave(request: Request) -> Response:
    """Close the page on this device."""
    deployment = web_of(request).deployment
    access.leave(deployment, _cookie(request), deployment.clock.now())
    response = RedirectResponse(_home(request) or _SUMMARY, 303)
    _forget(request, response)
    return response


def cookie_name(*, secure: bool) -> str:
    """`__Host-` keeps other hosts and plain http from setting it; it needs https itself."""
    return "__Host-backtrace-pro" if secure else "backtrace-pro"


def _knock(
    request: Request, token: str, step: str, *, error: str | None = None, status: int = 200
) -> Response:
    """The page before the summary; `step` is `send` or `open`."""
    deployment = web_of(request).deployment
    try:
        invitation = access.look(deployment, token, deployment.clock.now())
    except access.Ended:
        return _ended(request)
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
        view = _read(request)
    except (access.Ended, access.NotSignedIn) as closed:
        return _closed(request, closed)
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
            leave_action=f"{_place(request)}/leave",
        )
    return HTMLResponse(html, status)


def _whole_page(request: Request, view: View, language: str, note: dict[str, object]) -> str:
    web, place = web_of(request), _place(request)
    return pages.summary_page(
        view.summary,
        language,
        viewer=view.viewer,
        names=view.names,
        labels=labels(web.deployment.library, language),
        shared_until=view.grant.until,
        home=_home(request),
        note_action=f"{place}/notes",
        note_id=web.deployment.chance.token(),
        note_limit=access.LONGEST_NOTE,
        leave_action=f"{place}/leave",
        **note,
    )


def _read(request: Request) -> View:
    deployment = web_of(request).deployment
    return access.read_summary(deployment, _cookie(request), deployment.clock.now())


def _cookie(request: Request) -> PageKey:
    grant_id = request.path_params.get("grant_id")
    if grant_id is None:
        return request.cookies.get(cookie_name(secure=web_of(request).secure), "")
    named = grant_id.isascii() and grant_id.isdecimal() and len(grant_id) < 19
    return FromList(session_of(request), int(grant_id) if named else 0)


def _home(request: Request) -> str:
    """Where the list is from which the page was opened; empty: it was opened by a link."""
    return HOME if "grant_id" in request.path_params else ""


def _place(request: Request) -> str:
    """Where this page is."""
    return _FROM_LIST.format(**request.path_params) if _home(request) else _SUMMARY


def _ended(request: Request) -> Response:
    """The one answer to every link and page that opens nothing."""
    return HTMLResponse(pages.render("ended.html", language_of(request)), 404)


def _closed(request: Request, why: access.Ended | access.NotSignedIn, kept: str = "") -> Response:
    """The page is not open any more; words that were on their way are given back."""
    ended = isinstance(why, access.Ended)
    if _home(request) and not (ended or kept):
        return RedirectResponse(HOME, 303)
    if ended and not kept:
        response = _ended(request)
    else:
        html = pages.render("signed_out.html", language_of(request), kept=kept, ended=ended)
        response = HTMLResponse(html, 404 if ended else 401)
    _forget(request, response)
    return response


def _forget(request: Request, response: Response) -> None:
    """Of a page that a link opened; whoever came from the list stays signed in."""
    if _home(request):
        return
    secure = web_of(request).secure
    response.delete_cookie(
        cookie_name(secure=secure), path="/", secure=secure, httponly=True, samesite="strict"
    )
