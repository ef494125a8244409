"""A deploy in the middle of the day: the processes are told to stop while patients write."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from backtrace.stopping import on_signal
from bot.channels.telegram import inbound
from bot.inbound import Inbound
from bot.opaque_ids import opaque
from tests.bot.house import Clock, House
from tests.house.program import Program
from tests.house.telegram_server import BOT, TOKEN, TelegramServer, telegram_server
from trajectory.database import Database
from trajectory.keys import Ring

SECRET = "a-secret_42"
PATIENTS = range(48_120_175_001, 48_120_175_025)
"""Telegram takes one message a second for each: with a few of them the test would wait."""


@dataclass
class Clinic:
    """The processes of one deployment, and what its patients were told was stored."""

    house: House
    telegram: TelegramServer
    programs: list[Program]
    acknowledged: list[Inbound] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)

    def write(self, chat: int) -> None:
        """A patient writes on and on; Telegram is told 200, or tries again later."""
        while not self.stopped.is_set():
            update = self.telegram.writes("who can see my data", chat)
            headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
            address = f"{self.programs[0].address}/telegram/webhook"
            with suppress(OSError, HTTPException):
                body = json.dumps(update).encode()
                with urlopen(Request(address, body, headers), timeout=20) as answer:
                    if answer.status == 200:
                        message = inbound(update, str(BOT), self.house.clock.now())
                        assert message is not None
                        self.acknowledged.append(message)

    def names(self) -> list[str]:
        """What was acknowledged, as it is named in the inbox."""
        with self.house.database.read() as connection:
            found = opaque(connection, self.house.deployment.ring, self.acknowledged)
        return [message.external_id for message in found]


@pytest.fixture
def clinic(migrated_database_url: str, tmp_path: Path) -> Iterator[Clinic]:
    ring = Ring.generate()
    with ExitStack() as stack:
        telegram = stack.enter_context(telegram_server())
        settings = {
            "BACKTRACE_DATABASE_URL": migrated_database_url,
            "BACKTRACE_KEYS": ring.setting(),
            "BACKTRACE_TELEGRAM_TOKEN": TOKEN,
            "BACKTRACE_TELEGRAM_API_URL": telegram.url,
            "BACKTRACE_TELEGRAM_WEBHOOK_SECRET": SECRET,
        }
        database = Database(migrated_database_url)
        stack.callback(database.close)
        house = House(database, ring, Clock())
        alone = database.dialect == "sqlite"
        if alone:
            programs = [Program(tmp_path, ("serve",), settings)]
        else:
            web = Program(tmp_path, ("web",), settings, forked=True)
            programs = [web, Program(tmp_path, ("worker",), settings, told=False, forked=True)]
        for program in programs:
            program.start()
            stack.callback(program.kill)
        yield Clinic(house, telegram, programs)


def test_what_was_acknowledged_is_stored_once_and_nothing_is_sent_twice(clinic: Clinic) -> None:
    for chat in PATIENTS:
        clinic.house.enrol(str(chat))
    patients = [threading.Thread(target=clinic.write, args=(chat,)) for chat in PATIENTS]
    for patient in patients:
        patient.start()
    clinic.telegram.wait_for(lambda: len(clinic.telegram.sent) > 40)
    with urlopen(f"{clinic.programs[-1].address}/metrics", timeout=20) as answer:
        told = answer.read().decode()
    assert [program.terminate() for program in clinic.programs] == [0] * len(clinic.programs)
    clinic.stopped.set()
    for patient in patients:
        patient.join()
    assert all("its channels are telegram, web" in each.log.read_text() for each in clinic.programs)
    stored = Counter(row.external_id for row in clinic.house.inbox())
    assert len(clinic.acknowledged) > 40
    assert {stored[each] for each in clinic.names()} == {1}
    rows = clinic.house.outbox()
    sent = [row for row in rows if row.status == "sent"]
    assert len(clinic.telegram.sent) == len(sent)
    assert {row.status for row in rows} <= {"sent", "ready"}, "nothing is left leased"
    assert "backtrace_due_lag_seconds 0.0" in told
    assert str(PATIENTS[0]) not in told


class Handlers(dict[int, Any]):
    """What would be called at each signal, and how the process would end."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__()
        self.exits: list[int] = []
        self.ended = threading.Event()
        monkeypatch.setattr(signal, "signal", self.__setitem__)
        monkeypatch.setattr(os, "_exit", self._exit)

    def _exit(self, status: int) -> None:
        self.exits.append(status)
        self.ended.set()
        if threading.current_thread() is threading.main_thread():
            raise SystemExit


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_ends_at_once(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    handlers, stops = Handlers(monkeypatch), []
    on_signal(lambda: stops.append(True), patience=86_400)
    handlers[number](number, None)
    assert (stops, handlers.exits) == ([True], [])
    with pytest.raises(SystemExit):
        handlers[number](number, None)
    assert (stops, handlers.exits) == ([True], [128 + number])


def test_what_takes_too_long_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    handlers = Handlers(monkeypatch)
    on_signal(lambda: None, patience=0.01)
    handlers[signal.SIGTERM](signal.SIGTERM, None)
    assert handlers.ended.wait(20)
    assert handlers.exits == [0]
