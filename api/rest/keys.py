"""Idempotency keys: the same request twice, within a day, is done once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from fastapi import Depends, Header, Request

from api.context import web_of
from api.rest.problems import Refused
from bot.deployment import Deployment
from bot.desk.worker import Worker
from bot.inviting_once import KeyReused
from bot.once import KEY_LENGTHS, Done, once

HEADER = "Idempotency-Key"


def _key(
    key: Annotated[
        str | None,
        Header(
            alias=HEADER,
            description="16 to 200 characters that nobody can guess, such as a UUID. The same "
            "request with the same key within a day is done once and answered alike.",
        ),
    ] = None,
) -> str:
    if key is not None and len(key) not in KEY_LENGTHS:
        raise Refused(422, "write 16 to 200 characters that nobody can guess, such as a UUID", _LOC)
    return key or ""


_LOC = ("header", HEADER)
Key = Annotated[str, Depends(_key)]


def done_once(
    request: Request,
    worker: Worker,
    key: str,
    asked: Mapping[str, Any],
    act: Callable[[Deployment], Done],
) -> Mapping[str, Any]:
    """What `act` answers, as `bot.once.once` has it; a key is good for one token and one route."""
    own = f"{worker.actor} {request.method} {request.url.path} {key}" if key else ""
    try:
        return once(web_of(request).deployment, own, asked, act)
    except KeyReused:
        advice = "it came with another request before; make a new one for each"
        raise Refused(422, advice, _LOC) from None
