"""What each error of Telegram means for the message that met it.

One by one: in python-telegram-bot a refused request (BadRequest) and a lost answer (TimedOut) are
both kinds of NetworkError, and only one of them may be sent again.
"""

from __future__ import annotations

from datetime import timedelta

from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)

from bot.channels import NotSent, Trouble
from bot.channels.telegram_http import NeverConnected, TookTooLong

_GONE = {
    "bot was blocked by the user": "blocked",
    "user is deactivated": "deactivated",
    "bot can't initiate conversation": "never-started",
    "bot was kicked": "kicked",
    "chat not found": "chat-not-found",
    "peer_id_invalid": "chat-not-found",
}
_DONE = (
    "message is not modified",
    "query is too old",
    "query id is invalid",
    "query_id_invalid",
)


def is_done(error: TelegramError) -> bool:
    """Whether the error says that what we want is so already, or needs doing no more."""
    said = str(error).casefold()
    return isinstance(error, BadRequest) and any(words in said for words in _DONE)


def trouble_of(error: TelegramError) -> NotSent:
    """The class of what went wrong. The code names it; it holds no text, address or token."""
    match error:
        case RetryAfter():
            wait = error.retry_after
            seconds = wait if isinstance(wait, timedelta) else timedelta(seconds=wait)
            return NotSent(Trouble.RETRY, "flood", seconds)
        case BadRequest() | Forbidden():
            return _refused(error)
        case ChatMigrated():
            return NotSent(Trouble.GONE, "migrated")
        case InvalidToken():
            return NotSent(Trouble.CONFIGURATION, "token")
        case Conflict():
            return NotSent(Trouble.CONFIGURATION, "conflict")
        case NetworkError():
            return _interrupted(error)
        case _:
            return NotSent(Trouble.UNKNOWN, "unreadable")


def _refused(error: TelegramError) -> NotSent:
    said = str(error).casefold()
    for words, code in _GONE.items():
        if words in said:
            return NotSent(Trouble.GONE, code)
    # A 403 in other words may be a proxy's: it must not cost every patient their address.
    if isinstance(error, Forbidden):
        return NotSent(Trouble.CONFIGURATION, "forbidden")
    return NotSent(Trouble.CONTENT, "refused")


def _interrupted(error: NetworkError) -> NotSent:
    """TimedOut and the rest: what counts is whether the request can have reached Telegram.

    A 5xx in the Bot API's own words has done nothing (docs/adr/0017); one of a gateway before it
    may hide a message that went out.
    """
    cause = error.__cause__
    if isinstance(cause, NeverConnected):
        return NotSent(Trouble.RETRY, "no-connection")
    if isinstance(cause, TookTooLong):
        return NotSent(Trouble.UNKNOWN, "timeout")
    if cause is not None:
        return NotSent(Trouble.UNKNOWN, "interrupted")
    if "gateway timeout" in str(error).casefold():
        return NotSent(Trouble.UNKNOWN, "gateway")
    return NotSent(Trouble.RETRY, "server")
