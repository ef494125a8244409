"""The cookie of a device that is let into a patient's chat."""

from __future__ import annotations

from fastapi import Request, Response
from sqlalchemy import Connection

from api.context import Web
from trajectory import web_access
from trajectory.web_access import Visitor


def visitor_of(connection: Connection, request: Request, web: Web) -> Visitor | None:
    """The patient behind the request's cookie; None without one that is let in."""
    cookie = request.cookies.get(cookie_name(secure=web.secure))
    if not cookie:
        return None
    deployment = web.deployment
    return web_access.find_visitor(connection, deployment.ring, cookie, deployment.clock.now())


def find_visitor(request: Request, web: Web) -> Visitor | None:
    """`visitor_of` in a transaction of its own; for a thread, not the event loop."""
    if cookie_name(secure=web.secure) not in request.cookies:
        return None
    with web.deployment.database.read() as connection:
        return visitor_of(connection, request, web)


def remember(response: Response, cookie: str, *, secure: bool) -> None:
    """Give the device its cookie, or prolong it."""
    response.set_cookie(
        cookie_name(secure=secure),
        cookie,
        max_age=int(web_access.IDLE.total_seconds()),
        path="/",
        secure=secure,
        httponly=True,
        samesite="strict",
    )


def forget(response: Response, *, secure: bool) -> None:
    """Take the cookie back."""
    response.delete_cookie(
        cookie_name(secure=secure), path="/", secure=secure, httponly=True, samesite="strict"
    )


def cookie_name(*, secure: bool) -> str:
    """`__Host-` keeps other hosts and plain http from setting it; it needs https itself."""
    return "__Host-backtrace" if secure else "backtrace"
