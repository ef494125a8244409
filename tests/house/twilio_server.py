"""Twilio on this machine: its Messages API, and the hand that signs its webhooks.

    with twilio_server() as twilio:
        ... BACKTRACE_TWILIO_API_URL=twilio.url ...
        assert not twilio.wrong

Every call is checked against Twilio's published description where BACKTRACE_SPECS has it; what is
invalid on the wire stands in `wrong` and is refused.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from functools import cache
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit

from tests.house.bodies import whole_body
from tests.house.connections import CountingServer
from tests.house.deliveries import Delivery

SID = "AC" + "0123456789abcdef" * 2
TOKEN = "not-a-secret-but-a-test"
NUMBER = "+4552512345"
LONGEST_BODY = 1600
_MESSAGES = f"/2010-04-01/Accounts/{SID}/Messages.json"


class Call(NamedTuple):
    """One request as it came."""

    method: str
    fields: Mapping[str, str]


@dataclass(frozen=True)
class Trouble:
    """What a request meets instead of success; `taken`: the message goes out all the same."""

    status: int = 0
    """0: no answer comes, the connection is cut."""
    code: int | None = None
    retry_after: int | None = None
    taken: bool = False
    hangs: bool = False
    """The answer does not come while the client waits."""
    slow: float = 0
    """Seconds until the answer comes, whatever it is."""


@dataclass
class TwilioServer:
    """What Twilio has seen and holds, and what it is told to do."""

    url: str = ""
    server: CountingServer | None = None
    """Knows who is connected."""
    calls: list[Call] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)
    """Newest last; as the API shows them."""
    bodies: list[str] = field(default_factory=list)
    """What was really sent, whatever the API shows of it, in order."""
    deliveries: list[Delivery] = field(default_factory=list)
    """The same, with where and when, and whether we were told."""
    wrong: list[str] = field(default_factory=list)
    """What in any call was not as Twilio describes it."""
    trouble: list[Trouble] = field(default_factory=list)
    """Met by the next messages, one each."""
    list_trouble: list[Trouble] = field(default_factory=list)
    """Met by the next looks at the list, one each."""
    delete_trouble: list[Trouble] = field(default_factory=list)
    """Met by the next requests to delete a message, one each."""
    mood: Callable[[bool], Trouble | None] = lambda sends: None
    """What any call may meet, when nothing was said of it: one that sends, or looks."""
    redacts: bool = True
    """Bodies are not kept where that is asked for; this needs Twilio's redaction."""
    page: int = 50
    """The longest page of the list."""
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    closing: threading.Event = field(default_factory=threading.Event)
    changed: threading.Condition = field(default_factory=threading.Condition)
    """Told of every message that goes out."""

    def created(self) -> list[Mapping[str, str]]:
        """The fields of every message that was asked for."""
        return [call.fields for call in self.calls if call.method == "POST"]

    def take(self, fields: Mapping[str, str], *, told: bool = True) -> dict[str, Any]:
        """A message goes out; `told`: we are answered so."""
        text = fields.get("Body") or json.loads(fields["ContentVariables"])["1"]
        kept = "" if self.redacts and fields.get("ContentRetention") == "discard" else text
        with self.changed:
            self.bodies.append(text)
            self.deliveries.append(Delivery(fields["To"], text, time.monotonic(), told))
            self.changed.notify_all()
            return self._add(
                "outbound-api",
                fields.get("From"),
                fields["To"],
                kept,
                service=fields.get("MessagingServiceSid"),
            )

    def wait_for(self, holds: Callable[[], object], seconds: float = 20) -> None:
        """Wait until something holds, which may be so after any message."""
        with self.changed:
            assert self.changed.wait_for(holds, seconds), "it never came to that"

    def hear(self, sender: str, text: str, *, to: str = NUMBER, **more: Any) -> dict[str, Any]:
        """A patient has written; nobody is told."""
        return self._add("inbound", sender, to, text, **more)

    def _add(
        self,
        direction: str,
        sender: str | None,
        to: str,
        body: str,
        *,
        service: str | None = None,
        at: datetime | None = None,
    ) -> dict[str, Any]:
        moment = format_datetime(at or self.clock())
        with self.changed:
            message: dict[str, Any] = {
                "sid": f"SM{len(self.messages) + 1:032x}",
                "account_sid": SID,
                "api_version": "2010-04-01",
                "body": body,
                "date_created": moment,
                "date_sent": moment,
                "date_updated": moment,
                "direction": direction,
                "error_code": None,
                "error_message": None,
                "from": sender,
                "messaging_service_sid": service,
                "num_media": "0",
                "num_segments": "1",
                "price": None,
                "price_unit": "USD",
                "status": "received" if direction == "inbound" else "queued",
                "subresource_uris": {},
                "to": to,
                "uri": "",
            }
            self.messages.append(message)
        return message

    def listed(self, query: Mapping[str, str]) -> dict[str, Any]:
        """One page of the messages, newest first."""
        found = [each for each in reversed(list(self.messages)) if _fits(each, query)]
        size = min(int(query.get("PageSize", 50)), self.page)
        first = int(query.get("Page", 0)) * size
        more = first + size < len(found)
        after = {**query, "Page": str(int(query.get("Page", 0)) + 1), "PageToken": "PAnext"}
        return {
            "messages": found[first : first + size],
            "page": int(query.get("Page", 0)),
            "page_size": size,
            "start": first,
            "end": first + size,
            "uri": _MESSAGES,
            "first_page_uri": _MESSAGES,
            "previous_page_uri": None,
            "next_page_uri": f"{_MESSAGES}?{urlencode(after)}" if more else None,
        }


def _one(message: Mapping[str, Any]) -> str:
    """The path of one message."""
    return f"{_MESSAGES.removesuffix('.json')}/{message['sid']}.json"


def _fits(message: Mapping[str, Any], query: Mapping[str, str]) -> bool:
    sent = parsedate_to_datetime(message["date_sent"]).date().isoformat()
    return (
        query.get("To", message["to"]) == message["to"]
        and query.get("From", message["from"]) == message["from"]
        # Days only, as Twilio documents it.
        and query.get("DateSent>", "")[:10] <= sent
    )


@contextmanager
def twilio_server() -> Iterator[TwilioServer]:
    """Run it for a while on a free port."""
    twilio = TwilioServer()
    server = twilio.server = CountingServer(("127.0.0.1", 0), _handler(twilio))
    twilio.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield twilio
    finally:
        twilio.closing.set()
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(twilio: TwilioServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # else every answer comes 40 ms later

        def do_POST(self) -> None:
            raw = whole_body(self)
            if raw is None:
                return
            fields = dict(parse_qsl(raw.decode(), keep_blank_values=True))
            if self._is_known("POST", fields, wrong_create(fields)):
                self._answer(twilio.trouble, 201, lambda told: twilio.take(fields, told=told))

        def do_GET(self) -> None:
            query = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
            if self._is_known("GET", query, wrong_query(query)):
                self._answer(twilio.list_trouble, 200, lambda told: twilio.listed(query))

        def do_DELETE(self) -> None:
            if not self._is_known("DELETE", {}, []):
                return
            trouble = twilio.delete_trouble.pop(0) if twilio.delete_trouble else None
            found = [each for each in twilio.messages if urlsplit(self.path).path == _one(each)]
            if trouble is not None:
                error = {"code": trouble.code, "message": "no", "status": trouble.status}
                self._send(trouble.status, error, trouble.retry_after)
            elif not found:
                self._send(404, {"code": 20404, "message": "not found", "status": 404})
            elif found[0]["status"] in ("queued", "sending"):
                self._send(409, {"code": 20009, "message": "not yet", "status": 409})
            else:
                twilio.messages.remove(found[0])
                self.send_response(204)
                self.end_headers()

        def _is_known(self, method: str, fields: Mapping[str, str], wrong: Sequence[str]) -> bool:
            twilio.calls.append(Call(method, fields))
            login = base64.b64encode(f"{SID}:{TOKEN}".encode()).decode()
            if self.headers.get("authorization") != f"Basic {login}":
                self._send(401, {"code": 20003, "message": "Authenticate", "status": 401})
                return False
            if method != "DELETE" and urlsplit(self.path).path != _MESSAGES:
                self._send(404, {"code": 20404, "message": "not found", "status": 404})
                return False
            twilio.wrong.extend(wrong)
            if wrong:
                self._send(400, {"code": 20001, "message": "invalid", "status": 400})
            return not wrong

        def _answer(self, troubles: list[Trouble], status: int, act: Any) -> None:
            trouble = troubles.pop(0) if troubles else twilio.mood(status == 201)
            trouble = trouble or Trouble(status, taken=True)
            told = 0 < trouble.status < 400 and not trouble.hangs
            done = act(told) if trouble.taken else None
            if trouble.hangs or trouble.slow:
                twilio.closing.wait(trouble.slow or 20)
            if trouble.hangs or not trouble.status:
                self.close_connection = True
            elif trouble.status < 400:
                self._send(status, done)
            else:
                error = {"code": trouble.code, "message": "no", "status": trouble.status}
                self._send(trouble.status, error, trouble.retry_after)

        def _send(self, status: int, body: Any, retry_after: int | None = None) -> None:
            written = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(written)))
            if retry_after is not None:
                self.send_header("retry-after", str(retry_after))
            self.end_headers()
            self.wfile.write(written)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler


def signature(url: str, fields: Mapping[str, str], token: str = TOKEN) -> str:
    """As Twilio signs a form that it posts to this URL."""
    text = url + "".join(f"{name}{fields[name]}" for name in sorted(fields))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


def signed(url: str, fields: Mapping[str, str], token: str = TOKEN) -> dict[str, str]:
    """The headers of such a request."""
    return {
        "content-type": "application/x-www-form-urlencoded",
        "x-twilio-signature": signature(url, fields, token),
    }


def webhook(sender: str, text: str, **more: str) -> dict[str, str]:
    """The form that tells of a message."""
    sid = f"SM{1:032x}"
    return {
        "ToCountry": "DK",
        "SmsMessageSid": sid,
        "NumMedia": "0",
        "SmsSid": sid,
        "SmsStatus": "received",
        "Body": text,
        "To": NUMBER,
        "NumSegments": "1",
        "MessageSid": sid,
        "AccountSid": SID,
        "From": sender,
        "ApiVersion": "2010-04-01",
    } | more


def report(sid: str, status: str, code: str = "") -> dict[str, str]:
    """The form that tells what became of a message."""
    fields = {
        "SmsSid": sid,
        "SmsStatus": status,
        "MessageStatus": status,
        "MessageSid": sid,
        "AccountSid": SID,
        "From": NUMBER,
        "ApiVersion": "2010-04-01",
    }
    return fields | {"ErrorCode": code} if code else fields


@cache
def described() -> Any:
    """Twilio's published description; None where BACKTRACE_SPECS names no folder."""
    folder = os.environ.get("BACKTRACE_SPECS")
    if folder is None:
        return None
    return json.loads((Path(folder) / "twilio-messages.json").read_text("utf-8"))


def _operation(method: str) -> Any:
    return described()["paths"]["/2010-04-01/Accounts/{AccountSid}/Messages.json"][method]


def wrong_create(fields: Mapping[str, str]) -> list[str]:
    """What is wrong with a request to send."""
    wrong = []
    if len(fields.get("Body", "")) > LONGEST_BODY:
        wrong.append("Body is too long")
    if not (fields.get("Body") or fields.get("ContentSid")):
        wrong.append("neither Body nor ContentSid")
    if not (fields.get("From") or fields.get("MessagingServiceSid")):
        wrong.append("neither From nor MessagingServiceSid")
    if not 1 <= int(fields.get("ValidityPeriod", "1")) <= 36000:
        wrong.append("ValidityPeriod is out of bounds")
    if described() is None:
        return wrong
    schema = _operation("post")["requestBody"]["content"]["application/x-www-form-urlencoded"]
    described_fields = schema["schema"]["properties"]
    wrong += [f"{name} is missing" for name in schema["schema"]["required"] if name not in fields]
    return wrong + _wrong_values(fields, described_fields)


def wrong_query(query: Mapping[str, str]) -> list[str]:
    """What is wrong with a request to list."""
    if described() is None:
        return []
    parameters = {
        each["name"]: each["schema"]
        for each in _operation("get")["parameters"]
        if each["in"] == "query"
    }
    return _wrong_values(query, parameters)


def _wrong_values(values: Mapping[str, str], schemas: Mapping[str, Any]) -> list[str]:
    return [
        f"{name}: {reason}"
        for name, value in values.items()
        for reason in (_wrong(value, schemas[name]) if name in schemas else ["is unknown"])
    ]


def _wrong(value: str, schema: Mapping[str, Any]) -> Iterator[str]:
    if "$ref" in schema:
        schema = described()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if "enum" in schema and value not in schema["enum"]:
        yield "is none of those"
    if "pattern" in schema and not re.search(schema["pattern"], value):
        yield "has another form"
    if schema.get("type") == "integer" and not value.isdecimal():
        yield "is no integer"
    if "minimum" in schema and int(value) < schema["minimum"]:
        yield "is too small"
    if "maximum" in schema and int(value) > schema["maximum"]:
        yield "is too big"
    if schema.get("type") == "boolean" and value not in ("true", "false"):
        yield "is no boolean"
    if schema.get("format") == "uri" and not urlsplit(value).hostname:
        yield "is no URL"
    if schema.get("format") == "phone-number" and not re.fullmatch(
        r"(whatsapp:)?\+[1-9][0-9]{6,14}|[0-9]{3,6}", value
    ):
        yield "is no number"
