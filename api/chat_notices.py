"""Pages of the web chat that say one thing."""

from __future__ import annotations

from fastapi import Request, Response
from fastapi.responses import HTMLResponse

from api.context import Web, web_of
from api.language import language_of
from templates import pages


def notice(web: Web, key: str, language: str, status: int) -> Response:
    """The page that says `chat.<key>`."""
    template = "chat/closed.html" if key == "closed" else "chat/notice.html"
    html = pages.render(template, language, clinic=web.deployment.clinic, key=key)
    return HTMLResponse(html, status)


def closed(request: Request) -> Response:
    """The one answer to every link that opens nothing."""
    return notice(web_of(request), "closed", language_of(request), 404)
