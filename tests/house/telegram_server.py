"""A Bot API on loopback: takes what we call, keeps it, and goes wrong when told to.

    with telegram_server() as telegram:
        Telegram(TOKEN, telegram.url) ...
        telegram.goes_wrong("sendMessage", status=429, retry_after=3)
        update = telegram.writes("6")           # fetched by polling, or posted by the test
        telegram.presses("Yes")                 # a button of the newest message

Every call is held against the published description; at the end nothing may have been wrong.
"""

from __future__ import annotations

import email.parser
import email.policy
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qsl

from tests.house.bodies import whole_body
from tests.house.bot_api import wrong_call
from tests.house.connections import CountingServer
from tests.house.deliveries import Delivery

TOKEN = "7000000001:not-a-secret"
BOT = 7000000001
CHAT = 4711
PLAIN = ("text", "caption", "callback_query_id", "url", "secret_token", "language_code")
"""Parameters that are texts; every other one is written as JSON."""
LONGEST_POLL = 20.0


@dataclass(frozen=True)
class Call:
    """One call that came in, with its parameters as the Bot API understands them."""

    method: str
    body: Mapping[str, Any]


@dataclass
class Fault:
    """What is answered instead: a status with a description, or nothing at all."""

    method: str
    status: int = 0
    description: str = ""
    retry_after: int = 0
    raw: bytes | None = None
    """No JSON of the Bot API: what a gateway in between would say."""
    hangs: bool = False
    """The call is taken, and never answered."""
    drops: bool = False
    """The call is taken, and the connection ends without an answer."""
    does: bool = False
    """What was asked for is done all the same."""
    chat: int | None = None
    """Only for this chat."""
    slow: float = 0
    """Seconds until the answer comes, whatever it is."""

    def refusal(self) -> tuple[int, bytes]:
        """What is answered instead."""
        if self.raw is not None:
            return self.status, self.raw
        return _refusal(self.status, self.description, self.retry_after)


@dataclass
class TelegramServer:
    """What the bot sees of Telegram, and what a test does to it."""

    token: str = TOKEN
    port: int = 0
    server: CountingServer | None = None
    """Knows who is connected."""
    calls: list[Call] = field(default_factory=list)
    """Every call, in the order in which they came."""
    sent: list[Call] = field(default_factory=list)
    """Those messages and pictures that Telegram has delivered."""
    shown: dict[tuple[int, int], dict[str, Any]] = field(default_factory=dict)
    """Every message of the bot as it looks now, by chat and number."""
    wrong: list[str] = field(default_factory=list)
    """What would be refused by the published description."""
    commands: dict[str, list[Any]] = field(default_factory=dict)
    webhook: dict[str, Any] = field(default_factory=dict)
    updates: list[dict[str, Any]] = field(default_factory=list)
    """What waits to be fetched."""
    offsets: list[int] = field(default_factory=list)
    """What getUpdates was asked with."""
    mood: Callable[[str], Fault | None] = lambda method: None
    """What any call may meet, when nothing was said of it."""
    deliveries: list[Delivery] = field(default_factory=list)
    """What reached a phone, and whether we were told so."""

    def __post_init__(self) -> None:
        self._faults: list[Fault] = []
        self._numbers = 100
        self._update_id = 900
        self._changed = threading.Condition(threading.RLock())
        self._open = True

    @property
    def url(self) -> str:
        """For BACKTRACE_TELEGRAM_API_URL."""
        return f"http://127.0.0.1:{self.port}"

    def goes_wrong(self, method: str, times: int = 1, **fault: Any) -> None:
        """The next calls of this method fail, as `Fault` says."""
        with self._changed:
            self._faults += [Fault(method, **fault) for _ in range(times)]

    def blocked_by(self, chat: int = CHAT) -> None:
        """Whatever is sent to this chat from now on is refused."""
        description = "Forbidden: bot was blocked by the user"
        for method in ("sendMessage", "sendPhoto"):
            self.goes_wrong(method, 50, status=403, description=description, chat=chat)

    def forgives(self) -> None:
        """Nothing fails any more."""
        with self._changed:
            self._faults.clear()

    def texts(self, chat: int = CHAT) -> list[str]:
        """What the bot has said there, in order, as delivered."""
        bodies = [call.body for call in self.sent if call.body["chat_id"] == chat]
        return [str(body.get("text") or body.get("caption") or "") for body in bodies]

    def named(self, method: str) -> list[Mapping[str, Any]]:
        """The bodies of the calls of one method."""
        return [call.body for call in self.calls if call.method == method]

    def wait_for(self, holds: Callable[[], object], seconds: float = 20) -> None:
        """Wait until something holds, which may be so after any call."""
        with self._changed:
            assert self._changed.wait_for(holds, seconds), "it never came to that"

    def writes(self, text: str, chat: int = CHAT, **more: Any) -> dict[str, Any]:
        """A patient writes; the update, which polling fetches too."""
        message = {**self._message(chat), "text": text} | more
        return self._arrives({"message": message})

    def edits(self, message: Mapping[str, Any], text: str) -> dict[str, Any]:
        """A patient changes a message."""
        changed = {**message, "text": text, "edit_date": message["date"] + 60}
        return self._arrives({"edited_message": changed})

    def presses(self, label: str, chat: int = CHAT, number: int | None = None) -> dict[str, Any]:
        """A patient presses a button, of the newest message that has some unless told."""
        with self._changed:
            found = [
                message
                for (where, message_id), message in self.shown.items()
                if where == chat and "reply_markup" in message and number in (None, message_id)
            ]
            keyboard = found[-1]["reply_markup"]["inline_keyboard"]
            data = next(b["callback_data"] for row in keyboard for b in row if b["text"] == label)
            self._numbers += 1
            query = {
                "id": str(8800000000 + self._numbers),
                "from": _person(chat),
                "chat_instance": "-8",
                "message": dict(found[-1]),
                "data": data,
            }
            return self._arrives({"callback_query": query})

    def blocks(self, chat: int = CHAT, status: str = "kicked", at: int = 0) -> dict[str, Any]:
        """A patient blocks the bot, or with "member" takes that back."""
        message = self._message(chat)
        change = {
            "chat": message["chat"],
            "from": message["from"],
            "date": at or message["date"],
            "old_chat_member": {"user": _BOT, "status": "member"},
            "new_chat_member": {"user": _BOT, "status": status},
        }
        return self._arrives({"my_chat_member": change})

    def numbers_anew(self, first: int) -> None:
        """As Telegram does after a week without updates."""
        with self._changed:
            self._update_id = first - 1

    def arrives(self, **update: Any) -> dict[str, Any]:
        """Any other update comes."""
        return self._arrives(update)

    def close(self) -> None:
        """Let go of every call that waits."""
        with self._changed:
            self._open = False
            self._changed.notify_all()

    def _arrives(self, update: dict[str, Any]) -> dict[str, Any]:
        with self._changed:
            self._update_id += 1
            update = {"update_id": self._update_id, **update}
            self.updates.append(update)
            self._changed.notify_all()
        return update

    def _message(self, chat: int) -> dict[str, Any]:
        with self._changed:
            self._numbers += 1
            return {
                "message_id": self._numbers,
                "from": _person(chat),
                "chat": {"id": chat, "first_name": "Birgit", "type": "private"},
                "date": 1795526000 + self._numbers,
            }

    def is_told(self, reply: bytes) -> None:
        """What a webhook answers may be a call, which is made without another request."""
        if reply:
            body = json.loads(reply)
            self.answer(self.token, body.pop("method"), body)

    def answer(self, token: str, method: str, body: dict[str, Any]) -> tuple[int, bytes] | None:
        """What a call is answered with; None: never."""
        with self._changed:
            self.calls.append(Call(method, body))
            self.wrong += [f"{method}: {reason}" for reason in wrong_call(method, body)]
            fault = self._fault(method, body)
            answer = self._with(fault, token, method, body)
            self._changed.notify_all()
            if fault is not None and fault.slow:
                self._changed.wait_for(lambda: not self._open, fault.slow)
            if fault is not None and fault.hangs:
                self._changed.wait_for(lambda: not self._open)
            return answer

    def _with(
        self, fault: Fault | None, token: str, method: str, body: dict[str, Any]
    ) -> tuple[int, bytes] | None:
        if token != self.token:
            return _refusal(401, "Unauthorized")
        result = None
        if fault is None or fault.does:
            result = self._does(method, body)
            if method in ("sendMessage", "sendPhoto"):
                self._delivered(body, told=fault is None or bool(fault.slow and not fault.drops))
        if fault is None or (fault.slow and fault.does and not fault.drops):
            return result
        return None if fault.hangs or fault.drops else fault.refusal()

    def _delivered(self, body: Mapping[str, Any], *, told: bool) -> None:
        text = str(body.get("text") or body.get("caption") or "")
        self.deliveries.append(Delivery(str(body["chat_id"]), text, time.monotonic(), told))

    def _fault(self, method: str, body: Mapping[str, Any]) -> Fault | None:
        for fault in self._faults:
            if fault.method == method and fault.chat in (None, body.get("chat_id")):
                self._faults.remove(fault)
                return fault
        return self.mood(method)

    def _does(self, method: str, body: dict[str, Any]) -> tuple[int, bytes]:
        match method:
            case "sendMessage" | "sendPhoto":
                return _ok(self._takes(method, body))
            case "editMessageText" | "editMessageCaption":
                return self._changes(body)
            case "deleteMessage":
                if self.shown.pop((body["chat_id"], body["message_id"]), None) is None:
                    return _refusal(400, "Bad Request: message to delete not found")
            case "getUpdates":
                return self._gives(body)
            case "setWebhook":
                self.webhook = body
            case "deleteWebhook":
                self.webhook = {}
            case "getWebhookInfo":
                return _ok({"url": self.webhook.get("url", ""), "pending_update_count": 0})
            case "getMe":
                return _ok(_BOT)
            case "setMyCommands":
                self.commands[body.get("language_code", "")] = body["commands"]
        return _ok(True)

    def _takes(self, method: str, body: dict[str, Any]) -> dict[str, Any]:
        self.sent.append(Call(method, body))
        message = {**self._message(body["chat_id"]), "from": _BOT, **_visible(body)}
        if method == "sendPhoto":
            message["photo"] = [{"file_id": "p", "file_unique_id": "p", "width": 9, "height": 9}]
        self.shown[body["chat_id"], message["message_id"]] = message
        return message

    def _changes(self, body: Mapping[str, Any]) -> tuple[int, bytes]:
        message = self.shown.get((body["chat_id"], body["message_id"]))
        if message is None:
            return _refusal(400, "Bad Request: message to edit not found")
        changed = {k: v for k, v in message.items() if k != "reply_markup"} | _visible(body)
        if changed == message:
            same = "Bad Request: message is not modified: specified new message content and reply "
            return _refusal(400, same + "markup are exactly the same as a current content")
        self.shown[body["chat_id"], body["message_id"]] = changed
        return _ok(changed)

    def _gives(self, body: Mapping[str, Any]) -> tuple[int, bytes]:
        if self.webhook:
            return _refusal(409, "Conflict: can't use getUpdates method while webhook is active")
        offset = body.get("offset", 0)
        self.offsets.append(offset)
        if offset > 0:
            self.updates = [each for each in self.updates if each["update_id"] >= offset]
        patience = min(body.get("timeout", 0), LONGEST_POLL)
        self._changed.notify_all()
        self._changed.wait_for(lambda: self.updates or not self._open, patience)
        return _ok(self.updates[: body.get("limit", 100)])


_SHOWN = ("text", "caption", "reply_markup")
_BOT = {"id": BOT, "is_bot": True, "first_name": "Nord", "username": "nord_bot"}


def _visible(body: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name in _SHOWN}


def _person(chat: int) -> dict[str, Any]:
    return {"id": chat, "is_bot": False, "first_name": "Birgit", "language_code": "da"}


def _ok(result: Any) -> tuple[int, bytes]:
    return 200, json.dumps({"ok": True, "result": result}).encode()


def _refusal(status: int, description: str, retry_after: int = 0) -> tuple[int, bytes]:
    body: dict[str, Any] = {"ok": False, "error_code": status, "description": description}
    if retry_after:
        body["parameters"] = {"retry_after": retry_after}
    return status, json.dumps(body).encode()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else every answer comes 40 ms later
    telegram: TelegramServer

    def do_POST(self) -> None:
        """Take a call."""
        body = whole_body(self)
        if body is None:
            return
        _, token, method = self.path.split("/")
        parameters = _parameters(self.headers.get("Content-Type", ""), body)
        answer = self.telegram.answer(token.removeprefix("bot"), method, parameters)
        if answer is None:
            self.close_connection = True
            return
        status, content = answer
        try:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
        except ConnectionError:  # the caller has gone, as after a time-out
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


def _parameters(kind: str, body: bytes) -> dict[str, Any]:
    if kind.startswith("multipart/"):
        return dict(_parts(kind, body))
    pairs = parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=bool(body))
    return {name: _value(name, text) for name, text in pairs}


def _parts(kind: str, body: bytes) -> Iterator[tuple[str, Any]]:
    head = f"Content-Type: {kind}\r\n\r\n".encode()
    whole = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + body)
    for part in whole.iter_parts():
        name = str(part.get_param("name", header="content-disposition"))
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        is_file = part.get_filename() is not None
        yield name, content if is_file else _value(name, content.decode())


def _value(name: str, text: str) -> Any:
    return text if name in PLAIN else json.loads(text)


@contextmanager
def telegram_server(token: str = TOKEN) -> Iterator[TelegramServer]:
    """Telegram for one bot, on a port of its own; at the end no call may have been wrong."""
    telegram = TelegramServer(token)
    handler = type("Handler", (_Handler,), {"telegram": telegram})
    server = CountingServer(("127.0.0.1", 0), handler)
    telegram.port, telegram.server = server.server_port, server
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield telegram
    finally:
        telegram.close()
        server.shutdown()
        server.server_close()
        thread.join()
    assert telegram.wrong == [], "calls that Telegram would refuse"
