"""What the staff API says of itself: one OpenAPI document, and of nothing else here."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, partial
from typing import Any

from fastapi import APIRouter, FastAPI

from api.rest.problems import API
from bot.version import software

PATH = f"{API}/openapi.json"
_ABOUT = """\
For the clinic's own programs: what its desk does in the browser. Every request shows a staff token
(`backtrace staff token new NAME --role ...`) as a bearer; docs/roles.md says which role may what.

Lists come a page at a time, in order of their numbers: `limit` and `after`, and `next` says where
the following page begins. What creates something takes an `Idempotency-Key`. Whatever is refused
is answered with `detail`: where it is, and what to do about it.
"""


def router_of(routers: Iterable[APIRouter]) -> APIRouter:
    """The route that describes these."""
    router = APIRouter()
    written = cache(partial(_write, tuple(routers)))

    @router.get(PATH, include_in_schema=False)
    def describe() -> dict[str, Any]:
        """The description, written when it is first asked for."""
        return written()

    return router


def _write(routers: Iterable[APIRouter]) -> dict[str, Any]:
    described = FastAPI(
        title="BackTrace for the clinic's programs",
        version=software().rpartition(" ")[2],
        description=_ABOUT,
        servers=[{"url": "/"}],
    )
    for each in routers:
        described.include_router(each)
    return described.openapi()
