"""How providers post, and how they fail."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPException
from random import Random
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from tests.house import twilio_server as far
from tests.house.telegram_server import Fault
from tests.house.twilio_server import Trouble

PUBLIC = "https://nord.example"
SECRET = "a-secret_42"


@dataclass(frozen=True)
class Message:
    """What a provider posts: under the same id however often."""

    address: str
    path: str
    body: bytes
    headers: Mapping[str, str]
    id: str
    note: str = ""
    """The words of a note, which no other message has."""


def by_telegram(address: str, update: Mapping[str, Any], name: str, note: str = "") -> Message:
    headers = {
        "Content-Type": "application/json",
        "X-Telegram-Bot-Api-Secret-Token": SECRET,
    }
    body = json.dumps(update).encode()
    return Message(address, "/telegram/webhook", body, headers, name, note)


def by_sms(address: str, text: str, sid: str, note: str = "") -> Message:
    fields = far.webhook(address, text, MessageSid=sid, SmsMessageSid=sid, SmsSid=sid)
    return signed(address, "/twilio/messages", fields, sid, note)


def signed(address: str, path: str, fields: Mapping[str, str], sid: str, note: str = "") -> Message:
    headers = far.signed(PUBLIC + path, fields)
    return Message(address, path, urlencode(fields).encode(), headers, sid, note)


def post(address: str, message: Message) -> int | None:
    """The status that a provider gets; None: nothing answers."""
    request = Request(address + message.path, message.body, dict(message.headers))
    try:
        with urlopen(request, timeout=20) as answer:
            answer.read()
            return int(answer.status)
    except HTTPError as error:
        error.close()
        return error.code
    except (OSError, HTTPException):
        return None


def telegram_mood(random: Random, gate: threading.Lock) -> Callable[[str], Fault | None]:
    """Now and then a call fails, in any of the ways in which calls do."""
    faults = (
        Fault("", 429, "Too Many Requests: retry after 1", retry_after=1),
        Fault("", 500, "Internal Server Error"),
        Fault("", drops=True),
        Fault("", drops=True, does=True),
        Fault("", 502, raw=b"<html>Bad Gateway</html>", does=True),
        Fault("", slow=0.3, does=True),
    )

    def draw(method: str) -> Fault | None:
        with gate:
            return random.choice(faults) if random.random() < 0.06 else None

    return draw


def twilio_mood(random: Random, gate: threading.Lock) -> Callable[[bool], Trouble | None]:
    """As `telegram_mood`; also the list, by which it is seen what has gone out."""
    faults = (
        Trouble(429, 20429, retry_after=1),
        Trouble(500),
        Trouble(503, 20503, taken=True),
        Trouble(),
        Trouble(taken=True),
        Trouble(201, taken=True, slow=0.3),
    )

    def draw(sends: bool) -> Trouble | None:
        with gate:
            return random.choice(faults) if random.random() < 0.06 else None

    return draw
