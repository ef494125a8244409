"""What protects every page, whoever wrote its route."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class SecurityHeaders:
    """Adds to every response what tells a browser to be strict; nothing is cached unasked."""

    def __init__(self, app: ASGIApp, *, secure: bool, framed: bool) -> None:
        self._app = app
        self._headers = strict_headers(secure=secure, framed=framed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and complete the response's headers."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def complete(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = message["headers"] = [*message.get("headers", ()), *self._headers]
                if not any(name.lower() == b"cache-control" for name, _ in headers):
                    headers.append((b"cache-control", b"no-store"))
            await send(message)

        await self._app(scope, receive, complete)


class SameOrigin:
    """Refuses what another site makes a visitor's browser send (CSRF).

    Beside the cookies' SameSite. A request that tells no origin comes from no browser of
    today: webhooks and programs pass, and they carry no cookie.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 403."""
        if _changes_something(scope) and not same_origin(Headers(scope=scope)):
            refusal = PlainTextResponse("This came from another site.", 403)
            await refusal(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def _changes_something(scope: Scope) -> bool:
    return scope["type"] == "http" and scope["method"] not in _SAFE_METHODS


def same_origin(headers: Headers) -> bool:
    """Whether the sending page is one of ours, as far as the browser tells."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc == headers.get("host", "")


def strict_headers(*, secure: bool, framed: bool) -> list[tuple[bytes, bytes]]:
    """What tells a browser to be strict."""
    headers = {
        "content-security-policy": _content_security_policy(framed=framed),
        # Not `no-referrer`: browsers would then send `Origin: null` with our own forms.
        "referrer-policy": "same-origin",
        "x-content-type-options": "nosniff",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": "camera=(), geolocation=(), microphone=()",
    }
    if secure:
        headers["strict-transport-security"] = "max-age=31536000"
    return [(name.encode(), value.encode()) for name, value in headers.items()]


def _content_security_policy(*, framed: bool) -> str:
    directives = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "font-src": "'self'",
        "connect-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-src": "'self'" if framed else "'none'",
        "frame-ancestors": "'self'" if framed else "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in directives.items())
