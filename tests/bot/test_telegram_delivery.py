"""A check-in while Telegram goes wrong: every question arrives, every answer counts once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.channels.telegram import understood
from bot.channels.telegram_bot import Telegram
from bot.channels.telegram_http import Timeouts
from tests.bot.house import House
from tests.house.telegram_server import BOT, CHAT, TOKEN, TelegramServer, telegram_server
from trajectory import tables


@pytest.fixture
def server(house: House) -> Iterator[TelegramServer]:
    """Telegram, where the house's messages go."""
    with telegram_server() as server:
        channel = Telegram(TOKEN, server.url, Timeouts(read=20))
        channels: Any = house.deployment.channels
        channels["telegram"] = channel
        yield server
        channel.close()


def take(house: House, update: dict[str, Any]) -> None:
    message = understood(update, str(BOT), house.clock.now())
    assert message is not None
    house.receive(message)
    house.settle()


def answer_all(house: House, server: TelegramServer) -> None:
    """The patient presses the last button of each new question, whenever one comes."""
    answered: set[tuple[int, int]] = set()
    for _ in range(40):
        house.wait(minutes=10)
        asked = [key for key, m in server.shown.items() if "reply_markup" in m]
        fresh = [key for key in asked if key not in answered]
        if not fresh:
            return
        answered |= set(asked)
        _, number = fresh[-1]
        keyboard = server.shown[fresh[-1]]["reply_markup"]["inline_keyboard"]
        take(house, server.presses(keyboard[-1][-1]["text"], number=number))
    raise AssertionError("it never ends")


FAULTS: dict[str, dict[str, Any]] = {
    "nothing": {"times": 0},
    "429": {"status": 429, "description": "Too Many Requests", "retry_after": 7},
    "500": {"status": 500, "description": "Internal Server Error", "times": 3},
    "gateway": {"status": 502, "raw": b"<html>"},
    "lost after it was done": {"drops": True, "does": True},
    "lost before it was done": {"drops": True},
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_every_question_arrives_and_every_answer_is_stored_once(
    house: House, server: TelegramServer, fault: dict[str, Any]
) -> None:
    patient = house.enrol(str(CHAT)).patient_id
    house.settle()
    server.goes_wrong("sendMessage", **fault)
    house.set_due(patient)
    answer_all(house, server)
    answers = house.answers(patient)
    assert len(answers) == len({item for item, _ in answers}) == 4
    assert {row.status for row in house.outbox()} == {"sent"}
    texts = server.texts()
    assert len(texts) - len(set(texts)) == (1 if fault.get("does") else 0)


def test_a_patient_who_has_blocked_us_is_left_alone(house: House, server: TelegramServer) -> None:
    patient = house.enrol(str(CHAT)).patient_id
    house.settle()
    server.blocked_by(CHAT)
    house.set_due(patient)
    house.wait(minutes=10)
    address = tables.core(tables.Address)
    with house.database.read() as connection:
        assert connection.execute(select(address.c.status)).scalar() == "gone"
    tried = len(server.named("sendMessage"))
    house.wait(hours=1)
    assert len(server.named("sendMessage")) == tried


def test_a_wrong_token_loses_nothing(house: House, server: TelegramServer) -> None:
    patient = house.enrol(str(CHAT)).patient_id
    house.settle()
    server.token = "7000000001:another"
    house.set_due(patient)
    house.wait(hours=1)
    said = len(server.texts())
    server.token = TOKEN
    house.wait(minutes=16)
    assert len(server.texts()) > said


def test_how_am_i_doing_comes_as_a_picture(house: House, server: TelegramServer) -> None:
    patient = house.enrol(str(CHAT)).patient_id
    for _ in range(2):
        house.set_due(patient)
        answer_all(house, server)
        house.clock.set(house.clock.now() + timedelta(days=7))
    take(house, server.writes("/summary@nord_bot"))
    photo = server.sent[-1]
    assert photo.method == "sendPhoto"
    assert photo.body["photo"].startswith(b"\x89PNG")
    assert "About the same as at the start" in photo.body["caption"]
