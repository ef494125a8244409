"""The wire that leads nowhere: it takes requests as bytes and gives the answers of the Bot API."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

BOT = 7000000001
TOKEN = f"{BOT}:benchmark"
SENT_AT = 1_795_525_200
MESSAGE_ID = 54

_ME = {"id": BOT, "is_bot": True, "first_name": "Nord", "username": "nord_bot"}
_CHAT = {"id": 4711, "first_name": "Birgit", "type": "private"}
_LETTERS = [{"text": each, "callback_data": f"12.3.{each}"} for each in "ABCDEF"]
_MESSAGE = {
    "message_id": MESSAGE_ID,
    "from": _ME,
    "chat": _CHAT,
    "date": SENT_AT,
    "text": "Thanks: C.\n3/10 What can you lift today?\n\n"
    + "\n".join(f"{each}: Heavy things off a table" for each in "ABCDEF"),
    "reply_markup": {"inline_keyboard": [_LETTERS]},
}


def _answer(result: object) -> bytes:
    return json.dumps({"ok": True, "result": result}).encode()


ANSWERS: Mapping[str, bytes] = {
    "getMe": _answer(_ME),
    "sendMessage": _answer(_MESSAGE),
    "editMessageText": _answer(_MESSAGE),
    "answerCallbackQuery": _answer(True),
}


class Wire:
    """Keeps what was posted until it is looked at."""

    def __init__(self) -> None:
        self._posted: list[tuple[str, bytes]] = []

    def post(self, method: str, body: bytes) -> bytes:
        """Take a request; what the Bot API answers to it."""
        self._posted.append((method, body))
        return ANSWERS[method]

    def take(self) -> list[tuple[str, dict[str, Any]]]:
        """What was posted since the last look, read."""
        posted, self._posted = self._posted, []
        return [(method, _read(body)) for method, body in posted]


def _read(body: bytes) -> dict[str, Any]:
    if body.startswith(b"{"):
        return dict(json.loads(body))
    form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
    if "reply_markup" in form:
        return {**form, "reply_markup": json.loads(form["reply_markup"])}
    return form
