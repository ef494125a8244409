"""Where providers post: answered before any page's route is looked at.

Requests of providers come by the thousand. Matching them against every page's pattern, and
giving them what protects a browser, costs several times what taking a message does
(docs/adr/0047).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import perf_counter
from typing import TypeAlias

from starlette.types import Receive, Scope, Send

from api import metrics
from api.context import Web
from trajectory.database import Unavailable

LARGEST_BODY = 256 * 1024
"""Bytes of a request; a provider's are a fraction of it."""


@dataclass(frozen=True, slots=True)
class Post:
    """What a provider has posted, whole."""

    web: Web
    scope: Scope
    body: bytes

    def header(self, name: bytes) -> str:
        """The header of this name in small letters; empty: there is none."""
        for key, value in self.scope["headers"]:
            if key == name:
                return str(value, "latin-1")
        return ""

    @property
    def path(self) -> str:
        """Which hook was called."""
        return str(self.scope["path"])

    @property
    def query(self) -> str:
        """What follows the question mark, as it was sent."""
        return str(self.scope["query_string"], "latin-1")


@dataclass(frozen=True, slots=True)
class Answer:
    """What the provider is told; `kind` is the body's media type."""

    status: int = 200
    body: bytes = b""
    kind: bytes = b"text/plain; charset=utf-8"
    headers: tuple[tuple[bytes, bytes], ...] = ()


NO_CONTENT, BROKEN = 204, 500
TAKEN = Answer()
Hook: TypeAlias = Callable[[Post], Awaitable[Answer]]
"""Takes one post of a provider."""

_ONLY_POST = Answer(405, b"post", headers=((b"allow", b"POST"),))
_TOO_LARGE = Answer(413, b"too large")
# The provider brings it again, or our reconciliation does.
_UNAVAILABLE = Answer(503, b"unavailable", headers=((b"retry-after", b"5"),))


async def answer(hook: Hook, web: Web, scope: Scope, receive: Receive, send: Send) -> None:
    """Let the hook of this path answer; 503 where nothing can be stored.

    A mistake of ours goes on to the server, which answers 500: the provider brings it again.
    """
    began = perf_counter()
    try:
        found = await _answered(hook, web, scope, receive)
    except Exception:
        metrics.observe(scope["method"], scope["path"], BROKEN, perf_counter() - began)
        raise
    if found is None:
        return
    metrics.observe(scope["method"], scope["path"], found.status, perf_counter() - began)
    headers = list(found.headers)
    if found.status != NO_CONTENT:
        headers.append((b"content-length", b"%d" % len(found.body)))
    if found.body:
        headers.append((b"content-type", found.kind))
    await send({"type": "http.response.start", "status": found.status, "headers": headers})
    await send({"type": "http.response.body", "body": found.body})


async def _answered(hook: Hook, web: Web, scope: Scope, receive: Receive) -> Answer | None:
    """None: whoever posted has hung up."""
    if scope["method"] != "POST":
        return _ONLY_POST
    parts, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        part = message.get("body", b"")
        parts.append(part)
        size += len(part)
        more = message.get("more_body", False)
        if size > LARGEST_BODY:
            return _TOO_LARGE
    try:
        return await hook(Post(web, scope, b"".join(parts)))
    except Unavailable:
        return _UNAVAILABLE
