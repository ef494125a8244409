"""Telegram's webhook: 200 only once an update is committed; anything else brings it again."""

from __future__ import annotations

import hmac

import structlog
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from api.context import web_of
from api.webhooks import Hook
from bot.channels.telegram import parsed, understood
from bot.inbound import InboundKind
from bot.presses import Presses

PATH = "/telegram/webhook"
SECRET_HEADER = "x-telegram-bot-api-secret-token"  # noqa: S105 - the header's name

_log = structlog.get_logger(__name__)


def telegram_hooks(bot: str, secret: str, presses: Presses) -> dict[str, Hook]:
    """The hook of one bot; `secret` is what Telegram was told to show with every update."""
    expected = secret.encode()

    async def take(request: Request) -> Response:
        """Take one update."""
        shown = request.headers.get(SECRET_HEADER, "").encode("latin-1")
        if not hmac.compare_digest(shown, expected):
            return PlainTextResponse("secret", 401)
        return await _take(request, bot, presses)

    return {PATH: take}


async def _take(request: Request, bot: str, presses: Presses) -> Response:
    web, body = web_of(request), await request.body()
    try:
        update = parsed(body)
    except ValueError:
        return PlainTextResponse("update", 422)
    try:
        message = understood(update, bot, web.deployment.clock.now())
    except ValueError:
        # It has a number, so it may really be Telegram's: somebody should look.
        _log.error("update not understood", update_id=update["update_id"])
        return PlainTextResponse("update", 422)
    if message is None:
        return Response()
    await web.inbox.take(message)
    if message.kind is InboundKind.CHOICE:
        presses.put(message, update)
    return Response()
