"""Updates fetched from Telegram: each stored once, none passed over, by one process only."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot import tokens
from bot.channels.telegram_api import BotApi
from bot.channels.telegram_bot import Telegram
from bot.channels.telegram_http import Timeouts
from bot.deployment import Deployment
from bot.inbound import Inbound
from bot.inbox import Inbox
from bot.polling import Pace, Poller
from bot.presses import Presses
from bot.rates import Dry, Rate
from bot.receiving import receive
from tests.bot.house import House
from tests.house.telegram_server import CHAT, TOKEN, TelegramServer, telegram_server
from trajectory.database import Unavailable
from trajectory.sole import Sole

QUICK = Pace(long_poll=20, first_wait=0.01, longest_wait=0.02, elsewhere=0.02)
Receive = Callable[[Sequence[Inbound]], Sequence[bool]]
SOON = 30


@pytest.fixture
def server() -> Iterator[TelegramServer]:
    with telegram_server() as server:
        yield server


@contextmanager
def polling(
    server: TelegramServer, house: House, take: Receive | None = None, pace: Pace = QUICK
) -> Iterator[Poller]:
    """A process that polls; `take` stands before what receives."""
    api = BotApi(TOKEN, server.url, Timeouts(read=20))
    presses = Presses(house.deployment, api)
    inbox = Inbox(take or (lambda batch: receive(house.deployment, batch)), lambda: None)
    sole = Sole(house.database, "telegram-poller")
    poller = Poller(api, sole, inbox.put, presses.put, house.clock.now, pace)
    try:
        yield poller
    finally:
        poller.close()
        inbox.close()
        api.close()
        presses.close()


def passed(server: TelegramServer, update: dict[str, Any]) -> None:
    """Wait until Telegram may forget an update."""
    server.wait_for(lambda: any(offset > update["update_id"] for offset in server.offsets))


def heard(house: House) -> list[str]:
    return [house.heard(row) for row in house.inbox()]


def test_what_patients_write_is_stored_and_only_then_forgotten(
    house: House, server: TelegramServer
) -> None:
    house.enrol(str(CHAT))
    stored_before: list[int] = []

    def watched(batch: Sequence[Inbound]) -> list[bool]:
        stored_before.extend(server.offsets)
        return receive(house.deployment, batch)

    first = server.writes("help")
    with polling(server, house, watched):
        passed(server, first)
        passed(server, server.writes("my plan"))
    assert heard(house) == ["help", "my plan"]
    assert stored_before[:1] == [0]


def test_an_update_that_comes_again_is_stored_once(house: House, server: TelegramServer) -> None:
    house.enrol(str(CHAT))
    update = server.writes("help")
    with polling(server, house):
        passed(server, update)
        passed(server, server.arrives(message=update["message"]))
    assert heard(house) == ["help"]


def test_the_kinds_of_updates_that_are_asked_for(house: House, server: TelegramServer) -> None:
    with polling(server, house):
        passed(server, server.writes("hello"))
    asked = server.named("getUpdates")[0]["allowed_updates"]
    assert asked == ["message", "edited_message", "callback_query", "my_chat_member"]


def test_nothing_is_forgotten_while_the_database_is_lost(
    house: House, server: TelegramServer
) -> None:
    house.enrol(str(CHAT))
    refusals = 3

    def lost(batch: Sequence[Inbound]) -> list[bool]:
        nonlocal refusals
        refusals -= 1
        if refusals >= 0:
            raise Unavailable("The database cannot be reached.")
        return receive(house.deployment, batch)

    updates = [server.writes(text) for text in ("help", "my plan")]
    with polling(server, house, lost):
        passed(server, updates[-1])
    assert heard(house) == ["help", "my plan"]


def test_one_update_that_cannot_be_stored_holds_nothing_else_up(
    house: House, server: TelegramServer
) -> None:
    house.enrol(str(CHAT))
    mended = threading.Event()

    def choosy(batch: Sequence[Inbound]) -> list[bool]:
        if any(message.text == "poison" for message in batch) and not mended.is_set():
            raise RuntimeError("poison")
        return receive(house.deployment, batch)

    with capture_logs() as logs, polling(server, house, choosy):
        poison = server.writes("poison")
        later = [server.writes(text) for text in ("help", "my plan")]
        server.wait_for(lambda: server.offsets[-3:] == [poison["update_id"]] * 3)
        assert heard(house) == ["help", "my plan"]
        mended.set()
        passed(server, later[-1])
    assert heard(house) == ["help", "my plan", "poison"]
    assert "update not stored" in {entry["event"] for entry in logs}


def test_it_is_given_up_once_it_would_hide_what_comes_behind(
    house: House, server: TelegramServer
) -> None:
    house.enrol(str(CHAT))

    def choosy(batch: Sequence[Inbound]) -> list[bool]:
        if any(message.text == "poison" for message in batch):
            raise RuntimeError("poison")
        return [False] * len(batch)

    server.writes("poison")
    updates = [server.arrives(poll={"id": str(number)}) for number in range(120)]
    with polling(server, house, choosy):
        passed(server, updates[-1])


def test_an_update_of_a_shape_that_nobody_knows_is_passed_over(
    house: House, server: TelegramServer
) -> None:
    house.enrol(str(CHAT))
    server.arrives(message={"text": "no chat"})
    with polling(server, house):
        passed(server, server.writes("help"))
    assert heard(house) == ["help"]


def test_a_webhook_of_before_is_deleted(house: House, server: TelegramServer) -> None:
    house.enrol(str(CHAT))
    server.webhook = {"url": "https://old.example/telegram/webhook"}
    update = server.writes("help")
    with polling(server, house):
        passed(server, update)
    assert server.named("deleteWebhook") == [{}]
    assert heard(house) == ["help"]


def test_without_a_webhook_none_is_deleted(house: House, server: TelegramServer) -> None:
    with polling(server, house):
        passed(server, server.writes("hello"))
    assert server.named("deleteWebhook") == []


def test_a_webhook_that_somebody_sets_meanwhile_is_deleted_too(
    house: House, server: TelegramServer
) -> None:
    house.enrol(str(CHAT))
    with polling(server, house):
        passed(server, server.writes("help"))
        server.webhook = {"url": "https://other.example"}
        passed(server, server.writes("my plan"))
    assert heard(house) == ["help", "my plan"]


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 429, "description": "Too Many Requests", "retry_after": 1},
        {"status": 500, "description": "Internal Server Error"},
        {"status": 502, "raw": b"<html>"},
        {"status": 401, "description": "Unauthorized"},
        {"status": 409, "description": "Conflict: terminated by other getUpdates request"},
        {"status": 200, "raw": b'{"ok": true, "result": [{}]}'},
    ],
    ids=lambda fault: str(fault["status"]),
)
def test_polling_goes_on_after_trouble(
    house: House, server: TelegramServer, fault: dict[str, Any]
) -> None:
    house.enrol(str(CHAT))
    server.goes_wrong("getUpdates", **fault)
    update = server.writes("help")
    with polling(server, house):
        passed(server, update)
    assert heard(house) == ["help"]


@pytest.mark.parametrize("migrated_database_url", ["postgresql"], indirect=True)
def test_of_two_processes_one_polls_and_the_other_takes_over(
    house: House, server: TelegramServer
) -> None:
    house.enrol(str(CHAT))
    with polling(server, house) as first:
        passed(server, server.writes("help"))
        with polling(server, house):
            passed(server, server.writes("my plan"))
            assert len(server.named("getWebhookInfo")) == 1
            first.close()
            server.wait_for(lambda: len(server.named("getWebhookInfo")) == 2)
            passed(server, server.writes("who can see my data"))
    assert heard(house) == ["help", "my plan", "who can see my data"]


def test_a_process_stops_in_the_middle_of_a_long_poll(house: House, server: TelegramServer) -> None:
    with polling(server, house):
        server.wait_for(lambda: server.offsets)
    assert server.named("getUpdates")


def test_after_a_quiet_week_smaller_numbers_are_heard_too(
    house: House, server: TelegramServer
) -> None:
    house.enrol(str(CHAT))
    with polling(server, house, pace=replace(QUICK, long_poll=0)):
        update = server.writes("help")
        passed(server, update)
        server.wait_for(lambda: server.offsets[-1] == 0)
        server.numbers_anew(5)
        server.writes("my plan")
        server.wait_for(lambda: 6 in server.offsets)
    assert heard(house) == ["help", "my plan"]


def test_a_press_is_answered_and_its_question_shows_the_answer(
    house: House, server: TelegramServer
) -> None:
    patient = house.enrol(str(CHAT)).patient_id
    with telegram_sending(house, server), polling(server, house):
        house.ask(patient)
        asked = server.sent[-1]
        number = max(message for _, message in server.shown)
        passed(server, server.presses("6"))
        server.wait_for(lambda: server.named("editMessageText"))
    assert len(server.named("answerCallbackQuery")) == 1
    shown = server.shown[CHAT, number]
    assert shown["text"].startswith(asked.body["text"])
    assert shown["text"].endswith("- 6")
    assert "reply_markup" not in shown


def test_a_press_that_answers_nothing_is_answered_and_changes_nothing(
    house: House, server: TelegramServer
) -> None:
    patient = house.enrol(str(CHAT)).patient_id
    with telegram_sending(house, server), polling(server, house):
        house.ask(patient)
        query = server.presses("6")["callback_query"] | {"data": "t.99.yes", "id": "1"}
        del server.updates[:]
        passed(server, server.arrives(callback_query=query))
        server.wait_for(lambda: server.named("answerCallbackQuery"))
    assert server.named("editMessageText") == []


def test_a_question_shows_its_answer_when_no_message_waits(
    house: House, server: TelegramServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient = house.enrol(str(CHAT)).patient_id
    house.deployment = replace(house.deployment, rates={"telegram": Rate("bot", 10)})
    take_spare, refused = tokens.take_spare, threading.Event()

    def watched(deployment: Deployment, channel: str) -> Dry | None:
        dry = take_spare(deployment, channel)
        if dry is not None:
            refused.set()
        return dry

    monkeypatch.setattr(tokens, "take_spare", watched)
    monkeypatch.setattr("bot.presses.PATIENCE", SOON)
    with telegram_sending(house, server), polling(server, house):
        house.ask(patient)
        passed(server, server.presses("6"))
        server.wait_for(lambda: server.named("answerCallbackQuery"))
        assert refused.wait(SOON)
        assert server.named("editMessageText") == []
        house.settle()
        house.clock.set(house.clock.now() + timedelta(seconds=1))
        server.wait_for(lambda: server.named("editMessageText"))


@pytest.mark.parametrize(
    "late",
    [
        "Bad Request: query is too old and response timeout expired or query ID is invalid",
        "Bad Request: QUERY_ID_INVALID",
    ],
)
def test_a_press_that_telegram_has_given_up_shows_its_answer_all_the_same(
    house: House, server: TelegramServer, late: str
) -> None:
    patient = house.enrol(str(CHAT)).patient_id
    with telegram_sending(house, server), polling(server, house):
        house.ask(patient)
        server.goes_wrong("answerCallbackQuery", status=400, description=late)
        passed(server, server.presses("6"))
        server.wait_for(lambda: server.named("editMessageText"))


@contextmanager
def telegram_sending(house: House, server: TelegramServer) -> Iterator[None]:
    """The house's Telegram channel is real for a while."""
    channel = Telegram(TOKEN, server.url, Timeouts(read=20))
    channels: Any = house.deployment.channels
    before, channels["telegram"] = channels["telegram"], channel
    try:
        yield
    finally:
        channels["telegram"] = before
        channel.close()
