"""Telegram's webhook: 200 only once an update is committed; anything else brings it again.

What can never be understood gets its 200 too.
"""

from __future__ import annotations

import asyncio
import hmac

import structlog
from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse

from api.context import web_of
from bot.channels.telegram import parsed, understood
from bot.inbound import InboundKind
from bot.presses import Presses

PATH = "/telegram/webhook"
SECRET_HEADER = "x-telegram-bot-api-secret-token"  # noqa: S105 - the header's name

_log = structlog.get_logger(__name__)


def telegram_router(bot: str, secret: str, presses: Presses) -> APIRouter:
    """The route of one bot; `secret` is what Telegram was told to show with every update."""
    router = APIRouter()
    expected = secret.encode()

    @router.post(PATH)
    async def take(request: Request) -> Response:
        """Take one update."""
        shown = request.headers.get(SECRET_HEADER, "").encode("latin-1")
        if not hmac.compare_digest(shown, expected):
            return PlainTextResponse("secret", 401)
        return await _take(request, bot, presses)

    return router


async def _take(request: Request, bot: str, presses: Presses) -> Response:
    web, body = web_of(request), await request.body()
    try:
        update = parsed(body)
    except ValueError:
        return PlainTextResponse("update", 422)
    try:
        message = understood(update, bot, web.deployment.clock.now())
    except ValueError:
        # As when it is fetched: it would come again for hours, and hold up what comes after it.
        _log.error("update not understood", update_id=update["update_id"])
        return Response()
    if message is None:
        return Response()
    # Shielded: a request that is given up must not take a batch's future away from the inbox.
    await asyncio.shield(asyncio.wrap_future(web.inbox.put(message)))
    if message.kind is InboundKind.CHOICE:
        presses.put(message, update)
    return Response()
