"""Telegram as a channel that sends."""

from __future__ import annotations

from typing import Any

import structlog
from telegram.error import TelegramError

from bot.channels import NotSent, Parcel, Trouble
from bot.channels.telegram import NAME, Request, delete_message, send_message, send_picture
from bot.channels.telegram_api import BotApi
from bot.channels.telegram_errors import trouble_of
from bot.channels.telegram_http import Timeouts
from templates.pictures import Unpaintable, png

_log = structlog.get_logger(__name__)


class Telegram:
    """Sends as one bot. `api_url` is Telegram's, or that of a Bot API server of one's own."""

    name = NAME

    def __init__(self, token: str, api_url: str, timeouts: Timeouts | None = None) -> None:
        self.api = BotApi(token, api_url, timeouts)

    def send(self, parcel: Parcel) -> str | None:
        """Send, and return the number of the message in its chat.

        A picture that cannot be made, or that Telegram does not take, keeps no words back.
        """
        if parcel.rendered.picture:
            try:
                return self._send_all(_with_picture(parcel))
            except (Unpaintable, NotSent) as error:
                if isinstance(error, NotSent) and error.trouble is not Trouble.CONTENT:
                    raise
                _log.warning("picture left out", outbox_id=parcel.outbox_id)
        return self._send_all([send_message(parcel.address, parcel.rendered)])

    def forget(self, message_id: str, address: str) -> None:
        """Take a message out of the chat, for both sides. Raises NotSent.

        Telegram refuses it (CONTENT) for one that is gone, or older than two days.
        """
        self._send(delete_message(address, message_id))

    def close(self) -> None:
        """Close the connections."""
        self.api.close()

    def _send_all(self, requests: list[Request]) -> str:
        sent = [self._send(request) for request in requests]
        return str(sent[-1]["message_id"])

    def _send(self, request: Request) -> Any:
        try:
            return self.api.call(request)
        except TelegramError as error:
            trouble = trouble_of(error)
        # Outside of `except`: the error's own words may quote what was sent.
        raise trouble


def _with_picture(parcel: Parcel) -> list[Request]:
    return send_picture(parcel.address, parcel.rendered, png(parcel.rendered.picture))
