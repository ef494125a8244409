"""A thousand updates in a row that are none, signed as the provider signs; and a good one between.

What can never be taken gets an answer after which no provider comes again with it.
"""

from __future__ import annotations

import copy
import gc
import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient
from structlog.testing import capture_logs

from api import twilio
from api.app import create_app
from api.telegram import PATH, telegram_hooks
from bot.channels.telegram_bot import Telegram
from bot.doorbell import Doorbell
from bot.inbox import Inbox
from bot.presses import Presses
from bot.receiving import receive
from tests.bot.house import House
from tests.crash.providers import PUBLIC, SECRET
from tests.house import twilio_server as far
from tests.house.telegram_server import TOKEN, telegram_server
from trajectory.database import Database

CHAT = 4711
PHONE = "+4520301234"
MARK = "zebra crossing"
"""Words that stand nowhere but in what patients write."""
MANY = 1000
TAKEN = {200}
REFUSED = {403, 413, 422}
"""403: a form that its signature does not fit."""

UPDATE: dict[str, Any] = {
    "update_id": 900,
    "message": {
        "message_id": 1,
        "from": {"id": CHAT, "is_bot": False, "first_name": "Birgit"},
        "chat": {"id": CHAT, "first_name": "Birgit", "type": "private"},
        "date": 1795526000,
        "text": MARK,
    },
}
PRESS: dict[str, Any] = {
    "update_id": 901,
    "callback_query": {
        "id": "8800000001",
        "from": UPDATE["message"]["from"],
        "chat_instance": "-8",
        "message": {**UPDATE["message"], "reply_markup": {"inline_keyboard": []}},
        "data": "q.1.1.4",
    },
}
EDIT: dict[str, Any] = {
    "update_id": 902,
    "edited_message": {**UPDATE["message"], "edit_date": 1795526060},
}
BLOCK: dict[str, Any] = {
    "update_id": 903,
    "my_chat_member": {
        "chat": UPDATE["message"]["chat"],
        "from": UPDATE["message"]["from"],
        "date": 1795526000,
        "new_chat_member": {"user": {"id": 7}, "status": "member"},
    },
}
ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1.5, 1e308, 2**31, 2**63, 2**64, 2**70, -(2**63), 10**400, "", "x",
    "\x00", "\ud800", "٣", "1" * 5000, MARK * 4000, [], {}, [[]], [{}], {"type": "private"},
    [1] * 99, Random(3).randbytes(9000).hex(),
)  # fmt: skip


@dataclass
class Door:
    """Both webhooks of a clinic, and who knocks there as the providers do."""

    house: House
    client: TestClient
    numbers: int = 0

    def telegram(self, body: bytes) -> int:
        headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET, "Content-Type": "application/json"}
        return self.client.post(PATH, content=body, headers=headers).status_code

    def twilio(self, body: bytes, fields: Mapping[str, str]) -> int:
        headers = far.signed(PUBLIC + twilio.MESSAGES, fields)
        return self.client.post(twilio.MESSAGES, content=body, headers=headers).status_code

    def good(self) -> None:
        """A patient's own words on both channels are taken at once."""
        self.numbers += 1
        message = {**UPDATE["message"], "message_id": 10**6 + self.numbers, "text": "4"}
        update = {"update_id": self.numbers, "message": message}
        assert self.telegram(json.dumps(update).encode()) == 200
        fields = far.webhook(PHONE, "4", MessageSid=f"SM{10**6 + self.numbers:032x}")
        assert self.twilio(urlencode(fields).encode(), fields) == 200


@pytest.fixture
def door(migrated_database_url: str) -> Iterator[Door]:
    yield from _doors(Database(migrated_database_url, durable=False))


@pytest.fixture
def light_door(migrated_sqlite: Path, tmp_path: Path) -> Iterator[Door]:
    """On SQLite only: where the kind of database makes no difference."""
    file = shutil.copy(migrated_sqlite, tmp_path / "light.db")
    yield from _doors(Database(f"sqlite:///{file}", durable=False))


def _doors(database: Database) -> Iterator[Door]:
    with ExitStack() as stack:
        stack.callback(database.close)
        server = stack.enter_context(telegram_server())
        house = House(database)
        channel = Telegram(TOKEN, server.url)
        presses = Presses(house.deployment, channel.api)
        stack.callback(channel.close)
        stack.callback(presses.close)
        inbox = Inbox(lambda batch: receive(house.deployment, batch), lambda: None)
        stack.callback(inbox.close)
        hooks = telegram_hooks(channel.api.bot, SECRET, presses)
        hooks |= twilio.twilio_hooks(far.TOKEN, PUBLIC)
        app = create_app(house.deployment, inbox, Doorbell(), secure=True, hooks=hooks)
        client = stack.enter_context(TestClient(app, raise_server_exceptions=False))
        house.enrol(str(CHAT))
        house.enrol(PHONE, channel="sms")
        yield Door(house, client)


def updates(random: Random) -> Iterator[bytes]:
    """Updates with something wrong in them, or that are none at all."""
    whole = [json.dumps(each).encode() for each in (UPDATE, PRESS, EDIT, BLOCK)]
    yield from (
        b"", b"{", b"\xff\xfe", b"null", b"[]", b"7", b"{}", b"[" * 90_000, b'{"a":' * 50_000,
        b'{"update_id": NaN}', b'{"update_id": 1, "message": Infinity}', b"\x00" * 1000,
        b'{"update_id": 1, "shipping_query": {}}', b'{"update_id": 1}', b" " * (1 << 20),
        b'"' + b"a" * (1 << 20) + b'"',
    )  # fmt: skip
    while True:
        kind = random.random()
        if kind < 0.2:
            body = bytearray(random.choice(whole))
            for _ in range(random.randint(1, 9)):
                body[random.randrange(len(body))] = random.randrange(256)
            yield bytes(body)
        elif kind < 0.3:
            body = bytearray(random.choice(whole))
            yield bytes(body[: random.randrange(len(body))])
        else:
            update = json.loads(random.choice(whole))
            update["update_id"] = random.randrange(10**9)
            for _ in range(random.randint(1, 3)):
                spoil(update, random)
            yield json.dumps(update).encode()


def spoil(update: dict[str, Any], random: Random) -> None:
    """Take something away somewhere, or put something odd in its place."""
    place: Any = update
    while place:
        key = random.choice(list(place) if isinstance(place, dict) else range(len(place)))
        if isinstance(place[key], dict | list) and place[key] and random.random() < 0.8:
            place = place[key]
            continue
        if random.random() < 0.3 and isinstance(place, dict):
            del place[key]
        else:
            place[key] = copy.deepcopy(random.choice(ODD))
        return


def forms(random: Random) -> Iterator[tuple[bytes, dict[str, str]]]:
    """Forms with something wrong in them, signed all the same."""
    while True:
        fields = far.webhook(PHONE, MARK, MessageSid=f"SM{random.getrandbits(100):032x}")
        for _ in range(random.randint(1, 4)):
            name = random.choice([*fields, "ButtonText", "OptOutType", "Latitude", "NumMedia"])
            if random.random() < 0.3:
                fields.pop(name, None)
            else:
                odd = copy.deepcopy(random.choice(ODD))
                fields[name] = odd if isinstance(odd, str) else json.dumps(odd)
        fields = {k: v for k, v in fields.items() if "\ud800" not in v}
        body = urlencode(fields).encode()
        if random.random() < 0.1:
            body += random.choice((b"&", b"&=", b"&Body=again", b"\xff", b"&x=" + b"y" * (1 << 20)))
        yield body, fields


def test_a_thousand_broken_updates_from_telegram(door: Door) -> None:
    source = updates(Random(1))
    hold_out(door, lambda: door.telegram(next(source)))


def test_a_thousand_broken_forms_from_twilio(door: Door) -> None:
    source = forms(Random(2))
    hold_out(door, lambda: door.twilio(*next(source)))


def hold_out(door: Door, knock: Callable[[], int]) -> None:
    seen, good, half, objects = Counter[int](), 0, 0, 0
    with capture_logs() as logs:
        for n in range(MANY):
            seen[knock()] += 1
            if n % 100 == 50:
                door.good()
                good += 1
            if n == MANY // 2:
                half, objects = len(logs), _objects()
    assert seen.keys() <= TAKEN | REFUSED
    assert _objects() - objects < 5000, "something is kept in memory"
    assert MARK not in str(logs)
    assert PHONE not in str(logs)
    assert len(logs) - half <= MANY // 2 + good
    stored = door.house.inbox()
    assert {row.status for row in stored} <= {"done", "unknown-sender", "refused"}
    assert sum(door.house.heard(row) == "4" for row in stored if row.patient_id) >= 2 * good


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
KEYS = ("message", "edited_message", "callback_query", "my_chat_member", "chat", "from", "date",
        "text", "id", "type", "data", "message_id", "edit_date", "reply_markup", "entities",
        "new_chat_member", "status", "inline_keyboard")  # fmt: skip
shaped = st.recursive(
    anything,
    lambda inner: st.dictionaries(st.sampled_from(KEYS), inner, max_size=6),
    max_leaves=12,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(update=st.dictionaries(st.sampled_from(KEYS), shaped, max_size=4), number=st.integers())
def test_whatever_json_comes_is_taken_or_refused(
    light_door: Door, update: dict[str, Any], number: int
) -> None:
    body = json.dumps({**update, "update_id": number}).encode()
    assert light_door.telegram(body) in (200, 422)
    assert all(row.status != "failed" for row in light_door.house.inbox())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    st.dictionaries(
        st.sampled_from(sorted(far.webhook(PHONE, ""))) | st.text(min_size=1), st.text(), max_size=9
    )
)
def test_whatever_form_comes_is_taken_or_refused(light_door: Door, fields: dict[str, str]) -> None:
    whole = far.webhook(PHONE, MARK) | fields
    assert light_door.twilio(urlencode(whole).encode(), whole) in (200, 422)
    assert all(row.status != "failed" for row in light_door.house.inbox())


def _objects() -> int:
    gc.collect()
    return len(gc.get_objects())
