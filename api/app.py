"""The web application: routers, static files, and what guards them all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from importlib.resources import files
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exception_handlers import (
    http_exception_handler,
    request_validation_exception_handler,
)
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, PlainTextResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.types import Receive, Scope, Send

from api import chat, chat_link, chat_team, health, own_copy
from api.context import Web, web_of
from api.desk.door import guard
from api.guards import SameOrigin, SecurityHeaders, strict_headers
from api.health import Probe
from api.language import language_of
from api.metrics import Measured
from api.rest import problems
from api.rest.problems import Refused
from api.webhooks import LARGEST_BODY, Hook, answer
from bot.deployment import Deployment
from bot.doorbell import Doorbell
from bot.inbox import Inbox
from templates import pages
from trajectory.database import Unavailable

NO_HOOKS: Mapping[str, Hook] = {}
_SOON = {"Retry-After": "5"}


class _Static(StaticFiles):
    """Files that a browser keeps but asks about, so that a deploy shows at once."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["cache-control"] = "no-cache"
        return response


class Application(FastAPI):
    """FastAPI behind what answers providers: `hooks` are where they post, by path."""

    def __init__(self, hooks: Mapping[str, Hook], **settings: Any) -> None:
        super().__init__(**settings)
        self._hooks = hooks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        hook = self._hooks.get(scope["path"]) if scope["type"] == "http" else None
        if hook is None:
            await super().__call__(scope, receive, send)
        else:
            await answer(hook, self.state.web, scope, receive, send)


def create_app(
    deployment: Deployment,
    inbox: Inbox,
    doorbell: Doorbell,
    *,
    secure: bool,
    framed: bool = False,
    extra_routers: Iterable[APIRouter] = (),
    hooks: Mapping[str, Hook] = NO_HOOKS,
    probe: Probe | None = None,
) -> FastAPI:
    """The application of one process.

    `secure`: browsers reach it by https. `framed`: its pages may be shown in a frame of its
    own site, as the demo does. `hooks`: where providers post, by path.
    """
    app = Application(
        hooks,
        title="BackTrace",
        openapi_url=None,
        max_body_size=LARGEST_BODY,  # a route that takes more says so itself
        middleware=[
            Middleware(Measured),
            Middleware(SecurityHeaders, secure=secure, framed=framed),
            Middleware(SameOrigin),
        ],
    )
    app.state.web = Web(deployment, inbox, doorbell, secure)
    app.state.probe = probe or Probe(deployment)
    app.add_exception_handler(Unavailable, _unavailable)
    app.add_exception_handler(404, _missing)
    guard(app)
    problems.guard(app)
    app.add_exception_handler(RequestValidationError, _unreadable)
    app.add_exception_handler(Exception, _broken(secure=secure, framed=framed))
    ours = (health, chat, chat_link, chat_team, own_copy)
    for router in (*(each.router for each in ours), *extra_routers):
        # As they are: to include them would analyse every route anew in each application.
        app.router.routes.extend(router.routes)
    app.mount("/static", _Static(directory=str(files("templates") / "static")), "static")
    return app


def _unavailable(request: Request, error: Exception) -> Response:
    if request.url.path.startswith(f"{problems.API}/"):
        return problems.refusal(Refused(503, "try again in a moment", headers=_SOON))
    return _trouble(request, "unavailable", 503, _SOON)


def _broken(*, secure: bool, framed: bool) -> Callable[[Request, Exception], Response]:
    """The answer to a mistake of ours: it is made outside of all that guards other answers."""
    headers = {
        "cache-control": "no-store",
        **{
            name.decode(): value.decode()
            for name, value in strict_headers(secure=secure, framed=framed)
        },
    }
    return lambda _request, _error: PlainTextResponse("error", 500, headers)


async def _missing(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.detail != "Not Found":  # a route's own words, not the router's
        return await http_exception_handler(request, error)
    return _trouble(request, "missing", 404, {})


async def _unreadable(request: Request, error: Exception) -> Response:
    """A number in an address that no page can have is a page that is not there."""
    assert isinstance(error, RequestValidationError)
    if request.url.path.startswith(f"{problems.API}/"):
        return problems.unreadable(error)
    if all(each["loc"][0] in ("path", "query") for each in error.errors()):
        return _trouble(request, "missing", 404, {})
    return await request_validation_exception_handler(request, error)


def _trouble(request: Request, key: str, status: int, headers: Mapping[str, str]) -> Response:
    """A kind page for people, one word for programs."""
    if "text/html" not in request.headers.get("accept", ""):
        return PlainTextResponse(key, status, headers)
    clinic = web_of(request).deployment.clinic
    html = pages.render("chat/notice.html", language_of(request), clinic=clinic, key=key)
    return HTMLResponse(html, status, headers)
