"""Where providers post: answered before any page's route is looked at.

Requests of providers come by the thousand. Matching them against every page's pattern, and
giving them the headers that protect a browser, costs three times what taking a message does
(benchmarks/README.md).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from trajectory.database import Unavailable

Hook: TypeAlias = Callable[[Request], Awaitable[Response]]
"""Takes one request of a provider."""


@dataclass(frozen=True, slots=True)
class _Named:
    """What `api.metrics` calls the route."""

    path: str


class Webhooks:
    """Answers POSTs to the paths of `hooks`, and passes other paths on."""

    def __init__(self, app: ASGIApp, *, hooks: Mapping[str, Hook]) -> None:
        self._app = app
        self._hooks = {path: (hook, _Named(path)) for path, hook in hooks.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the hook of this path answer; 503 where nothing can be stored."""
        found = self._hooks.get(scope["path"]) if scope["type"] == "http" else None
        if found is None:
            await self._app(scope, receive, send)
            return
        hook, scope["route"] = found
        response = await _answer(hook, Request(scope, receive))
        await response(scope, receive, send)


async def _answer(hook: Hook, request: Request) -> Response:
    if request.method != "POST":
        return PlainTextResponse("post", 405, {"Allow": "POST"})
    try:
        return await hook(request)
    except Unavailable:
        # The provider brings it again, or our reconciliation does.
        return PlainTextResponse("unavailable", 503, {"Retry-After": "5"})
