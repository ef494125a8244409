"""What every address behind an open summary shares: its cookie, its language, its end."""

from __future__ import annotations

from fastapi import Request, Response
from fastapi.responses import HTMLResponse

from api.context import web_of
from api.language import preferred
from bot import access
from bot.access import View
from templates import pages
from templates.catalogue import load_catalogues

SUMMARY = "/summary"
Closed = (access.Ended, access.NotSignedIn)
"""Why a page is not open."""


def cookie_name(*, secure: bool) -> str:
    """`__Host-` keeps other hosts and plain http from setting it; it needs https itself."""
    return "__Host-backtrace-pro" if secure else "backtrace-pro"


def cookie_of(request: Request) -> str:
    """The cookie that a page was opened with; empty when there is none."""
    return request.cookies.get(cookie_name(secure=web_of(request).secure), "")


def read(request: Request, how: str = access.VIEWED) -> View:
    """The summary behind the page, the look audited as `how`. Raises Ended, NotSignedIn."""
    deployment = web_of(request).deployment
    return access.read_summary(deployment, cookie_of(request), deployment.clock.now(), how)


def ended(request: Request) -> Response:
    """The one answer to every link and page that opens nothing."""
    return HTMLResponse(pages.render("ended.html", page_language(request)), 404)


def closed_page(
    request: Request, why: access.Ended | access.NotSignedIn, kept: str = ""
) -> Response:
    """The page is not open any more; words that were on their way are given back."""
    over = isinstance(why, access.Ended)
    if over and not kept:
        response = ended(request)
    else:
        html = pages.render("signed_out.html", page_language(request), kept=kept, ended=over)
        response = HTMLResponse(html, 404 if over else 401)
    forget(request, response)
    return response


def forget(request: Request, response: Response) -> None:
    """Have the browser drop the cookie."""
    secure = web_of(request).secure
    response.delete_cookie(
        cookie_name(secure=secure), path="/", secure=secure, httponly=True, samesite="strict"
    )


def page_language(request: Request, otherwise: str = "en") -> str:
    """What the browser asks for, else the patient's language."""
    accepted = request.headers.get("accept-language", "")
    return preferred(f"{accepted},{otherwise};q=0.001", load_catalogues("words"))
