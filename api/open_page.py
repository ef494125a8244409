"""What every address behind an open summary shares: its cookie, its language, its end."""

from __future__ import annotations

from fastapi import Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.context import web_of
from api.cookies import Cookie
from api.directory_cookies import session_of
from api.language import language_of
from bot import access
from bot.access import FromList, PageKey, View
from bot.directory.mailing import HOME
from templates import pages

SUMMARY = "/summary"
"""Where a link opens the page."""
FROM_LIST = f"{HOME}/p/{{grant_id}}"
"""The same page for somebody of the directory: each request names the grant that it is about."""
PLACES = (SUMMARY, FROM_LIST)
PAGE = Cookie("backtrace-pro")
"""Shows a page that a link has opened."""
Closed = (access.Ended, access.NotSignedIn)
"""Why a page is not open."""


def key_of(request: Request) -> PageKey:
    """What shows that the page is open: its cookie, or a sign-in with the grant's number."""
    grant_id = request.path_params.get("grant_id")
    if grant_id is None:
        return PAGE.of(request)
    named = grant_id.isascii() and grant_id.isdecimal() and len(grant_id) < 19
    return FromList(session_of(request), int(grant_id) if named else 0)


def home_of(request: Request) -> str:
    """Where the list is from which the page was opened; empty: it was opened by a link."""
    return HOME if "grant_id" in request.path_params else ""


def place_of(request: Request) -> str:
    """Where this page is."""
    return FROM_LIST.format(**request.path_params) if home_of(request) else SUMMARY


def read(request: Request, how: str = access.VIEWED) -> View:
    """The summary behind the page, the look audited as `how`. Raises Ended, NotSignedIn."""
    deployment = web_of(request).deployment
    return access.read_summary(deployment, key_of(request), deployment.clock.now(), how)


def ended(request: Request) -> Response:
    """The one answer to every link and page that opens nothing."""
    return HTMLResponse(pages.render("ended.html", language_of(request)), 404)


def closed_page(
    request: Request, why: access.Ended | access.NotSignedIn, kept: str = ""
) -> Response:
    """The page is not open any more; words that were on their way are given back."""
    over = isinstance(why, access.Ended)
    if home_of(request) and not (over or kept):
        return RedirectResponse(HOME, 303)
    if over and not kept:
        response = ended(request)
    else:
        html = pages.render("signed_out.html", language_of(request), kept=kept, ended=over)
        response = HTMLResponse(html, 404 if over else 401)
    forget(request, response)
    return response


def forget(request: Request, response: Response) -> None:
    """Have the browser drop a link's cookie; whoever came from the list stays signed in."""
    if home_of(request):
        return
    PAGE.take_back(response, secure=web_of(request).secure)
