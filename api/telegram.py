"""Telegram's webhook: 200 only once an update is committed; anything else brings it again."""

from __future__ import annotations

import hmac

import structlog

from api.webhooks import TAKEN, Answer, Hook, Post
from bot.channels.telegram import answer_press, in_reply, parsed, understood
from bot.inbound import InboundKind
from bot.presses import Presses

PATH = "/telegram/webhook"
SECRET_HEADER = b"x-telegram-bot-api-secret-token"

_FORGED = Answer(401, b"secret")
_NO_UPDATE = Answer(422, b"update")
_log = structlog.get_logger(__name__)


def telegram_hooks(bot: str, secret: str, presses: Presses) -> dict[str, Hook]:
    """The hook of one bot; `secret` is what Telegram was told to show with every update."""
    expected = secret.encode()

    async def take(post: Post) -> Answer:
        """Take one update."""
        shown = post.header(SECRET_HEADER).encode("latin-1")
        if not hmac.compare_digest(shown, expected):
            return _FORGED
        return await _take(post, bot, presses)

    return {PATH: take}


async def _take(post: Post, bot: str, presses: Presses) -> Answer:
    try:
        update = parsed(post.body)
    except ValueError:
        return _NO_UPDATE
    try:
        message = understood(update, bot, post.web.deployment.clock.now())
    except ValueError:
        # It has a number, so it may really be Telegram's: somebody should look.
        _log.error("update not understood", update_id=update["update_id"])
        return _NO_UPDATE
    if message is None:
        return TAKEN
    answered = await post.web.inbox.take(message)
    if message.kind is not InboundKind.CHOICE:
        return TAKEN
    presses.put(message, update, answered, ended=True)
    return Answer(body=in_reply(answer_press(message)), kind=b"application/json")
