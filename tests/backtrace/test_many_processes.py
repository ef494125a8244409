"""Two web and three worker processes, and everybody's check-in falls due in the same minute.

BACKTRACE_TEST_LONG=1 makes it 10,000 patients.
"""

from __future__ import annotations

import json
import os
import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple
from urllib.request import Request, urlopen

import pytest
from sqlalchemy import Row, insert

from backtrace import cli
from bot import due
from bot.conversation.effects import SetDue
from bot.conversation.step import Person
from bot.messages import Priority
from tests.bot.house import CHECK_IN, Clock, House
from tests.house.processes import start
from tests.house.program import free_port
from tests.house.telegram_counter import TelegramCounter, most_within, telegram_counter
from trajectory import tables
from trajectory._addresses import VALUE, hash_purpose
from trajectory.database import Database
from trajectory.patients import BODY, PROFILE

pytestmark = pytest.mark.first

on_postgresql = pytest.mark.parametrize("migrated_database_url", ["postgresql"], indirect=True)
SECRET = "a-secret-of-the-webhook"
FIRST_CHAT = 100_000
WEBS, WORKERS = 2, 3
SLOWEST = 180
"""Seconds that a busy machine may take over anything."""


class Size(NamedTuple):
    """How much of everything."""

    patients: int
    rate: float
    """Messages a second that Telegram takes."""
    replies: int


SMALL, FULL = Size(300, 60, 30), Size(10_000, 100, 300)


class Asked(NamedTuple):
    """A patient has written, and the webhook has said that it is stored."""

    chat: int
    at: float


@on_postgresql
def test_everybody_gets_the_check_in_once_in_order_and_in_time(
    migrated_database_url: str, tmp_path: Path, full_size: bool
) -> None:
    size = FULL if full_size else SMALL
    with ExitStack() as stack:
        database = Database(migrated_database_url, durable=False)
        stack.callback(database.close)
        house = House(database, clock=Clock(datetime.now(UTC)))
        telegram = stack.enter_context(telegram_counter())
        settings = {
            "BACKTRACE_DATABASE_URL": migrated_database_url,
            "BACKTRACE_KEYS": house.deployment.ring.setting(),
            "BACKTRACE_TELEGRAM_TOKEN": "7000000001:not-a-secret",
            "BACKTRACE_TELEGRAM_BOT": "nord_bot",
            "BACKTRACE_TELEGRAM_API_URL": telegram.url,
            "BACKTRACE_TELEGRAM_WEBHOOK_SECRET": SECRET,
            "BACKTRACE_TELEGRAM_RATE": str(size.rate),
        }
        ports = [free_port() for _ in range(WEBS)]
        commands = [("web", "--port", str(port)) for port in ports] + [("worker",)] * WORKERS
        with processes(tmp_path, commands, settings):
            for port in ports:
                wait_for_web(port, tmp_path)
            enrol(house, size.patients)
            asked = write_meanwhile(ports, telegram, size)
            wait_until_sent(telegram, size.patients + size.replies, size)
            time.sleep(0.5)  # for what comes twice
        check(house, telegram, asked, size)


@contextmanager
def processes(
    folder: Path, commands: Sequence[Sequence[str]], settings: dict[str, str]
) -> Iterator[None]:
    """These commands of `backtrace`, each in a process of its own, until they are told to stop."""
    log = folder / "log"
    started = [start(run_command, each, settings, log) for each in commands]
    try:
        yield
        for process in started:
            process.terminate()
        for process in started:
            process.join(SLOWEST)
        assert [process.exitcode for process in started] == [0] * len(started), log.read_text()
    finally:
        for process in started:
            process.kill()
            process.join()


def run_command(command: Sequence[str], settings: dict[str, str], log: Path) -> None:
    for name in [name for name in os.environ if name.startswith("BACKTRACE_")]:
        del os.environ[name]
    os.environ.update(settings)
    os.chdir(log.parent)
    with log.open("ab") as output:
        for standard in (1, 2):
            os.dup2(output.fileno(), standard)
    cli.app(command, standalone_mode=False)


def wait_for_web(port: int, folder: Path) -> None:
    deadline = time.monotonic() + SLOWEST
    while True:
        try:
            with urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5):
                return
        except OSError:
            assert time.monotonic() < deadline, (folder / "log").read_text()
            time.sleep(0.05)


def enrol(house: House, count: int) -> None:
    """Patients for whom it is noon, and whose check-in falls due now."""
    deployment, now = house.deployment, house.clock.now()
    zone = f"Etc/GMT{now.hour - 12:+d}"
    patients, conversations, addresses, changes = [], [], [], []
    with house.database.write() as connection:
        for n in range(count):
            patient_id, address_id = (deployment.ids.take(connection) for _ in "pa")
            sealer, key_id, wrapped = deployment.ring.new_sealer(patient_id)
            person = Person(patient_id, "active", "en", zone, None)
            chat = str(FIRST_CHAT + n)
            hash_key, digest = deployment.ring.find_hashes(hash_purpose("telegram"), chat)[0]
            patients.append(
                {
                    "id": patient_id,
                    "created_at": now,
                    "started_at": now,
                    "status": "active",
                    "language": "en",
                    "timezone": zone,
                    "key_id": key_id,
                    "wrapped_key": wrapped,
                    "profile": sealer.seal_json(PROFILE, patient_id, person.profile()),
                }
            )
            conversations.append(
                {"patient_id": patient_id, "body": sealer.seal_json(BODY, patient_id, {})}
            )
            addresses.append(
                {
                    "id": address_id,
                    "patient_id": patient_id,
                    "channel": "telegram",
                    "hash": digest,
                    "hash_key_id": hash_key,
                    "value": sealer.seal_text(VALUE, address_id, chat),
                    "created_at": now,
                }
            )
            row = SetDue(f"start:{CHECK_IN}", "flow", now, payload={"flow": CHECK_IN})
            changes.append((patient_id, row))
        for table, rows in (
            (tables.Patient, patients),
            (tables.Conversation, conversations),
            (tables.Address, addresses),
        ):
            connection.execute(insert(tables.core(table)), rows)
        due.write(connection, deployment, changes)


def write_meanwhile(ports: Sequence[int], telegram: TelegramCounter, size: Size) -> list[Asked]:
    """Patients write "help" while the bulk goes out, at both web processes in turn."""
    asked = []
    wait_until_sent(telegram, 1, size)
    pause = size.patients / size.rate / 2 / size.replies
    for n in range(size.replies):
        chat = FIRST_CHAT + (n * 37) % size.patients
        write(ports[n % len(ports)], n, chat)
        asked.append(Asked(chat, time.monotonic()))
        time.sleep(pause)
    return asked


def write(port: int, number: int, chat: int) -> None:
    person = {"id": chat, "is_bot": False, "first_name": "Birgit", "language_code": "en"}
    message = {
        "message_id": 5_000_000 + number,
        "from": person,
        "chat": {"id": chat, "first_name": "Birgit", "type": "private"},
        "date": int(time.time()),
        "text": "help",
    }
    body = json.dumps({"update_id": 900 + number, "message": message}).encode()
    headers = {
        "Content-Type": "application/json",
        "X-Telegram-Bot-Api-Secret-Token": SECRET,
    }
    request = Request(f"http://127.0.0.1:{port}/telegram/webhook", body, headers)
    with urlopen(request, timeout=30) as answer:
        assert answer.status == 200


def wait_until_sent(telegram: TelegramCounter, count: int, size: Size) -> None:
    deadline = time.monotonic() + SLOWEST + 6 * size.patients / size.rate
    while len(telegram.taken) < count:
        assert time.monotonic() < deadline, f"{len(telegram.taken)} of {count} were sent"
        time.sleep(0.02)


def check(house: House, telegram: TelegramCounter, asked: Sequence[Asked], size: Size) -> None:
    rows = {row.provider_id: row for row in house.outbox()}
    taken = sorted(telegram.taken)
    assert Counter(row.status for row in house.outbox()) == {"sent": len(taken)}
    assert sorted(rows) == sorted(str(each.number) for each in taken), "none twice, none missed"
    bulk = [each for each in taken if rows[str(each.number)].priority == Priority.BULK]
    assert {each.chat for each in bulk} == {FIRST_CHAT + n for n in range(size.patients)}
    assert len(bulk) == size.patients
    check_order(taken, rows)
    replied = reply_times(taken, rows, asked)
    waits = [at - each.at for at, each in zip(replied, asked, strict=True)]
    before = [
        sum(each.at < other.began < at for other in bulk)
        for at, each in zip(replied, asked, strict=True)
    ]
    arrivals = telegram.arrivals()
    most = most_within(arrivals, 1)
    told = {
        "patients": size.patients,
        "messages": len(taken),
        "rate allowed": size.rate,
        "most in any second": most,
        "most in any 10 s": most_within(arrivals, 10),
        "mean rate": round(len(taken) / (arrivals[-1] - arrivals[0]), 1),
        "reply median s": round(statistics.median(waits), 3),
        "reply longest s": round(max(waits), 3),
        "bulk before a reply, most": max(before),
    }
    print(f"\n{told}", flush=True)
    assert most <= size.rate
    assert max(before) < size.rate, "a reply waits for less than a second's bulk"


def check_order(taken: Sequence[Any], rows: dict[str, Row[Any]]) -> None:
    """To each chat one message at a time, in the order in which they were decided on."""
    chats = defaultdict(list)
    for each in taken:
        chats[each.chat].append(each)
    for each_taken in chats.values():
        for earlier, later in pairwise(each_taken):
            assert earlier.ended <= later.began, "one at a time"
        for priority in (Priority.REPLY, Priority.BULK):
            numbers = [
                rows[str(each.number)].sequence
                for each in each_taken
                if rows[str(each.number)].priority == priority
            ]
            assert numbers == sorted(numbers)


def reply_times(
    taken: Sequence[Any], rows: dict[str, Row[Any]], asked: Sequence[Asked]
) -> list[float]:
    """When the answer to each question came to Telegram."""
    replies = defaultdict(list)
    for each in taken:
        if rows[str(each.number)].priority == Priority.REPLY:
            replies[each.chat].append(each.began)
    assert sum(map(len, replies.values())) == len(asked)
    return [replies[each.chat].pop(0) for each in asked]
