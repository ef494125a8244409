"""The cookie of a device that is let into a patient's chat."""

from __future__ import annotations

from fastapi import Request
from sqlalchemy import Connection

from api.context import Web
from api.cookies import Cookie
from trajectory import web_access
from trajectory.web_access import Visitor

DEVICE = Cookie("backtrace", web_access.IDLE)


def visitor_of(connection: Connection, request: Request, web: Web) -> Visitor | None:
    """The patient behind the request's cookie; None without one that is let in."""
    cookie = DEVICE.of(request)
    if not cookie:
        return None
    deployment = web.deployment
    return web_access.find_visitor(connection, deployment.ring, cookie, deployment.clock.now())


def find_visitor(request: Request, web: Web) -> Visitor | None:
    """`visitor_of` in a transaction of its own; for a thread, not the event loop."""
    if not DEVICE.of(request):
        return None
    with web.deployment.database.read() as connection:
        return visitor_of(connection, request, web)
