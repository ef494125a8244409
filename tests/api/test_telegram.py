"""Telegram's webhook: stored once and then 200; forged, broken and oversized updates never."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from httpx2 import Response
from prometheus_client import REGISTRY
from starlette.testclient import TestClient
from structlog.testing import capture_logs

from api.app import create_app
from api.telegram import PATH, telegram_hooks
from api.webhooks import LARGEST_BODY
from bot import tokens
from bot.channels.telegram_bot import Telegram
from bot.channels.telegram_http import Timeouts
from bot.deployment import Deployment
from bot.doorbell import Doorbell
from bot.inbox import Inbox
from bot.presses import Presses
from bot.rates import Dry, Rate
from bot.receiving import receive
from tests.bot.house import House
from tests.house.telegram_server import CHAT, TOKEN, TelegramServer, telegram_server
from trajectory import tables
from trajectory.database import Database, Unavailable

SECRET = "a-secret_42"


@dataclass
class Clinic:
    """The web application with its bot, and Telegram, which posts to it."""

    house: House
    server: TelegramServer
    client: TestClient
    presses: Presses

    def post(self, update: Any, secret: str | None = SECRET, **headers: str) -> Response:
        body = update if isinstance(update, bytes) else json.dumps(update).encode()
        given = {} if secret is None else {"X-Telegram-Bot-Api-Secret-Token": secret}
        return self.client.post(
            PATH, content=body, headers={"Content-Type": "application/json", **given, **headers}
        )

    def heard(self) -> list[str]:
        return [self.house.heard(row) for row in self.house.inbox()]


@contextmanager
def open_clinic(database: Database) -> Iterator[Clinic]:
    house = House(database)
    with ExitStack() as stack:
        server = stack.enter_context(telegram_server())
        channel = Telegram(TOKEN, server.url, Timeouts(read=20))
        channels: Any = house.deployment.channels
        channels["telegram"] = channel
        presses = Presses(house.deployment, channel.api)
        stack.callback(presses.close)
        stack.callback(channel.close)
        inbox = Inbox(lambda batch: receive(house.deployment, batch), lambda: None)
        stack.callback(inbox.close)
        app = create_app(
            house.deployment,
            inbox,
            Doorbell(),
            secure=True,
            hooks=telegram_hooks(channel.api.bot, SECRET, presses),
        )
        client = stack.enter_context(TestClient(app, raise_server_exceptions=False))
        yield Clinic(house, server, client, presses)


@pytest.fixture
def clinic(migrated_database_url: str) -> Iterator[Clinic]:
    database = Database(migrated_database_url, durable=False)
    with open_clinic(database) as clinic:
        clinic.house.enrol(str(CHAT))
        yield clinic
    database.close()


@pytest.fixture
def light_clinic(migrated_sqlite: Any, tmp_path: Any) -> Iterator[Clinic]:
    """On SQLite only: where nothing is to be stored."""
    file = tmp_path / "light.db"
    file.write_bytes(migrated_sqlite.read_bytes())
    database = Database(f"sqlite:///{file}", durable=False)
    with open_clinic(database) as clinic:
        clinic.house.enrol(str(CHAT))
        yield clinic
    database.close()


def test_what_a_patient_writes_is_stored_and_acknowledged(clinic: Clinic) -> None:
    answer = clinic.post(clinic.server.writes("help"))
    assert (answer.status_code, answer.content) == (200, b"")
    assert clinic.heard() == ["help"]


def test_an_update_that_comes_twice_is_stored_once(clinic: Clinic) -> None:
    update = clinic.server.writes("help")
    assert [clinic.post(update).status_code for _ in range(3)] == [200, 200, 200]
    assert clinic.heard() == ["help"]


def test_the_same_update_at_the_same_time_is_stored_once(clinic: Clinic) -> None:
    update = clinic.server.writes("help")
    with ThreadPoolExecutor(6) as many:
        answers = list(many.map(lambda _: clinic.post(update).status_code, range(6)))
    assert answers == [200] * 6
    assert clinic.heard() == ["help"]


def test_an_edit_a_block_and_a_stranger_are_taken(clinic: Clinic) -> None:
    written = clinic.server.writes("help")
    updates = [
        written,
        clinic.server.edits(written["message"], "my plan"),
        clinic.server.blocks(),
        clinic.server.writes("who are you", chat=99),
    ]
    assert [clinic.post(update).status_code for update in updates] == [200] * 4
    rows = clinic.house.inbox()
    assert [(row.kind, row.status) for row in rows] == [
        ("text", "done"),
        ("edit", "done"),
        ("blocked", "done"),
        ("text", "unknown-sender"),
    ]


def test_what_is_of_no_concern_is_acknowledged(light_clinic: Clinic) -> None:
    assert light_clinic.post({"update_id": 1, "poll": {"id": "1"}}).status_code == 200
    assert light_clinic.house.inbox() == []


@pytest.mark.parametrize("secret", [None, "", "wrong", SECRET[:-1], SECRET + "x", "\xe6ble", "*"])
def test_who_does_not_know_the_secret_is_not_heard(
    light_clinic: Clinic, secret: str | None
) -> None:
    update = light_clinic.server.writes("help")
    shown = None if secret is None else secret.encode("latin-1")
    headers: Mapping[str, Any] = {} if shown is None else {
        "X-Telegram-Bot-Api-Secret-Token": shown
    }  # fmt: skip
    answer = light_clinic.client.post(PATH, json=update, headers=headers)
    assert answer.status_code == 401
    assert SECRET not in answer.text
    assert light_clinic.house.inbox() == []


def test_who_does_not_know_the_secret_learns_nothing_by_broken_updates(
    light_clinic: Clinic,
) -> None:
    for body in (b"", b"{", b"\xff", b"{}"):
        assert light_clinic.post(body, "wrong").status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[" * 50_000,
        b"null",
        b"[]",
        b"{}",
        b'{"update_id": "7", "message": {}}',
        b'{"update_id": 18446744073709551616, "message": {}}',
    ],
    ids=lambda body: body[:24].decode("latin-1"),
)
def test_what_is_no_update_is_refused(light_clinic: Clinic, body: bytes) -> None:
    answer = light_clinic.post(body)
    assert answer.status_code == 422
    assert "secret" not in answer.text
    assert light_clinic.house.inbox() == []


@pytest.mark.parametrize(
    "body",
    [
        b'{"update_id": 7, "message": {}}',
        b'{"update_id": 7, "message": {"text": "secret words", "chat": {"id": 1}}}',
        b'{"update_id": 7, "callback_query": []}',
        b'{"update_id": 7, "callback_query": {"id": "1", "data": "t.1.a", "message": '
        b'{"chat": {"id": 1, "type": "private"}}}}',
        b'{"update_id": 7, "my_chat_member": {"date": 1}}',
    ],
    ids=lambda body: body[:50].decode("latin-1"),
)
def test_an_update_that_is_not_understood_is_refused_and_its_number_logged(
    light_clinic: Clinic, body: bytes
) -> None:
    with capture_logs() as logs:
        answer = light_clinic.post(body)
    assert answer.status_code == 422
    assert "secret" not in answer.text
    assert logs == [{"event": "update not understood", "log_level": "error", "update_id": 7}]
    assert light_clinic.house.inbox() == []


@pytest.mark.parametrize("secret", [SECRET, "wrong"])
def test_what_is_too_large_is_refused(light_clinic: Clinic, secret: str) -> None:
    update = light_clinic.server.writes("a" * LARGEST_BODY)
    assert light_clinic.post(update, secret).status_code == 413
    assert light_clinic.post(update).status_code == 413
    assert light_clinic.house.inbox() == []


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_nothing_but_a_post_is_taken(light_clinic: Clinic, method: str) -> None:
    assert light_clinic.client.request(method, PATH).status_code == 405


def test_behind_a_proxy_it_is_heard_all_the_same(clinic: Clinic) -> None:
    answer = clinic.post(
        clinic.server.writes("help"),
        Host="10.0.0.7:8000",
        **{
            "X-Forwarded-Proto": "https",
            "X-Forwarded-Host": "nord.example",
            "X-Forwarded-For": "149.154.167.197",
            "Via": "1.1 proxy",
        },
    )
    assert answer.status_code == 200
    assert clinic.heard() == ["help"]


def test_while_the_database_is_lost_telegram_is_to_come_again(
    clinic: Clinic, stopping: Callable[[Clinic], None]
) -> None:
    update = clinic.server.writes("help")
    stopping(clinic)
    answer = clinic.post(update)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert clinic.heard() == []


@pytest.fixture
def stopping() -> Callable[[Clinic], None]:
    """The inbox takes nothing more: what it does while the process stops."""

    def stop(clinic: Clinic) -> None:
        web = clinic.client.app.state.web  # type: ignore[attr-defined]
        web.inbox.close()
        with pytest.raises(Unavailable):
            web.inbox.put(clinic.house.message()).result()

    return stop


def test_a_press_is_answered_after_its_commit_and_the_question_shows_it(clinic: Clinic) -> None:
    (address,) = clinic.house.rows(_addresses())
    clinic.house.ask(address.patient_id)
    update = clinic.server.presses("6")
    answer = clinic.post(update)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    clinic.server.is_told(answer.content)
    (ended,) = clinic.server.named("answerCallbackQuery")
    assert ended == {"callback_query_id": update["callback_query"]["id"]}
    clinic.server.wait_for(lambda: clinic.server.named("editMessageText"))
    assert len(clinic.server.named("answerCallbackQuery")) == 1, "not asked for a second time"
    (shown,) = clinic.server.named("editMessageText")
    assert shown["text"].endswith("- 6")


def _rated(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    rates: Any = clinic.house.deployment.rates
    monkeypatch.setitem(rates, "telegram", Rate("bot", 10))


def _second(clinic: Clinic) -> None:
    clinic.house.clock.set(clinic.house.clock.now() + timedelta(seconds=1))
    clinic.house.settle()


def test_of_two_presses_of_one_question_the_later_is_shown_at_last(
    light_clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.presses.PATIENCE", 1000)
    (address,) = light_clinic.house.rows(_addresses())
    server = light_clinic.server
    _rated(light_clinic, monkeypatch)
    light_clinic.house.ask(address.patient_id)
    for label in "35":
        light_clinic.post(server.presses(label))
    for _ in range(3):
        _second(light_clinic)
    server.wait_for(lambda: server.named("editMessageText"))
    _second(light_clinic)
    server.wait_for(lambda: len(server.named("editMessageText")) == 2)
    assert [each["text"][-1] for each in server.named("editMessageText")] == ["3", "5"]


def test_a_press_that_nobody_looks_at_any_more_is_not_shown(
    light_clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.presses.PATIENCE", -1)
    (address,) = light_clinic.house.rows(_addresses())
    light_clinic.house.ask(address.patient_id)
    light_clinic.post(light_clinic.server.presses("6"))
    light_clinic.presses.close()
    assert light_clinic.server.named("editMessageText") == []


def test_whoever_stops_waits_for_no_token(
    light_clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.presses.PATIENCE", 10_000)
    house, looked, take_spare = light_clinic.house, threading.Event(), tokens.take_spare

    def watched(deployment: Deployment, channel: str) -> Dry | None:
        dry = take_spare(deployment, channel)
        looked.set()
        return dry

    monkeypatch.setattr(tokens, "take_spare", watched)
    (address,) = house.rows(_addresses())
    house.ask(address.patient_id)
    _rated(light_clinic, monkeypatch)
    tokens.pause(house.deployment, "telegram", house.clock.now() + timedelta(hours=1))
    light_clinic.post(light_clinic.server.presses("6"))
    assert looked.wait(20)
    light_clinic.presses.close()
    assert light_clinic.server.named("editMessageText") == []


def test_telegram_in_trouble_keeps_no_press_from_being_stored(clinic: Clinic) -> None:
    (address,) = clinic.house.rows(_addresses())
    clinic.house.ask(address.patient_id)
    clinic.server.goes_wrong("editMessageText", hangs=True)
    assert clinic.post(clinic.server.presses("6")).status_code == 200
    clinic.house.settle()
    assert len(clinic.house.answers(address.patient_id)) == 1


def _addresses() -> Any:
    return tables.core(tables.Address)


def test_a_mistake_of_ours_is_no_acknowledgement_and_is_counted(
    light_clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("api.telegram.understood", broken)
    counted = _counted(500)
    assert light_clinic.post(light_clinic.server.writes("6")).status_code == 500
    assert _counted(500) == counted + 1


def _counted(status: int) -> float:
    labels = {"method": "POST", "route": PATH, "status": str(status)}
    return REGISTRY.get_sample_value("backtrace_http_request_seconds_count", labels) or 0
