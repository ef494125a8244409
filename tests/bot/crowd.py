"""What runs in the processes of the tests that put everything under load at once.

Every process keeps a journal of its own, one JSON line a fact: what was acknowledged, what went
out, and what should never have been seen.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random, SystemRandom
from typing import Any

import orjson

from backtrace.composition import deploy
from backtrace.definitions import shipped_library
from bot import access, due
from bot.channels import Parcel
from bot.conversation.effects import SetDue
from bot.deployment import Chance, Clinic, Deployment
from bot.dispatching import dispatch
from bot.inbound import Inbound, InboundKind
from bot.inbox import Inbox
from bot.mailbox import mails
from bot.receiving import receive
from bot.sending import send_ready
from bot.transcript import transcript
from tests.bot.house import CHECK_IN, MORNING
from trajectory import patients
from trajectory.database import Database
from trajectory.keys import Ring

SOON = 30
THREADS = 8
MOST = 10_000
"""Turns of a process that nobody kills."""
GO = "go"
"""The file that appears when everybody may begin."""
COMMON = ("4", "2", "0", "6", "no", "no", "no", "skip", "back", "help", "who", "later", "A", "4-5")
SELDOM = ("how am i doing", "note my back", "what now?", "question may I cycle", "start", "7 or 8")
RARE = ("stop",)


class RunningClock:
    """The machine's time, moved so that the test began in the morning."""

    def __init__(self, began: float) -> None:
        self._began = began

    def now(self) -> datetime:
        return MORNING + timedelta(seconds=time.time() - self._began)


@dataclass(frozen=True)
class Scene:
    """What every process of a test knows; small enough to hand to a new one."""

    url: str
    ring: str
    journal: str
    began: float
    seconds: float
    patients: Mapping[str, int]
    """Id by address."""
    links: Sequence[str] = ()
    """The links that Anne holds, in the order of the patients."""
    words: str = ""


class Journal:
    """Facts, one line each; whole also when the process is killed."""

    def __init__(self, scene: Scene, name: str) -> None:
        path = Path(scene.journal) / f"{name}-{os.getpid()}.jsonl"
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def note(self, fact: str, **values: Any) -> None:
        os.write(self._file, orjson.dumps({"fact": fact, **values}) + b"\n")


def facts(folder: Path, fact: str) -> list[dict[str, Any]]:
    """All facts of this kind, of all processes."""
    lines = (line for path in folder.glob("*.jsonl") for line in path.read_bytes().splitlines())
    return [each for each in map(orjson.loads, lines) if each["fact"] == fact]


def begin_together(scene: Scene, journal: Journal) -> float:
    """Wait until every process of the test is ready; when it is to end."""
    journal.note("ready")
    go = Path(scene.journal) / GO
    deadline = time.monotonic() + SOON
    while not go.exists():
        assert time.monotonic() < deadline
        time.sleep(0.005)
    return time.monotonic() + scene.seconds


class Wire:
    """The far end of a channel: notes when a message began to be sent and when it was."""

    def __init__(self, name: str, journal: Journal) -> None:
        self.name = name
        self._journal = journal

    def send(self, parcel: Parcel) -> str | None:
        began = time.monotonic_ns()
        time.sleep(0.0005)
        self._journal.note("sent", row=parcel.outbox_id, began=began, ended=time.monotonic_ns())
        return None


@contextmanager
def deployed(scene: Scene, journal: Journal) -> Iterator[Deployment]:
    """This process's own deployment on the test's database."""
    database = Database(scene.url, durable=False)
    try:
        yield deploy(
            database,
            Ring.parse(scene.ring),
            shipped_library(),
            clock=RunningClock(scene.began),
            chance=Chance(SystemRandom()),
            channels={name: Wire(name, journal) for name in ("telegram", "email")},
            clinic=Clinic(),
        )
    finally:
        database.close()


def message(scene: Scene, writer: int, number: int) -> Inbound:
    """The same message whoever delivers it."""
    random = Random(writer * 1_000_003 + number)
    address = random.choice(sorted(scene.patients))
    moment = MORNING + timedelta(milliseconds=number)
    words = random.choices((COMMON, SELDOM, RARE), (150, 30, 1))[0]
    text = random.choice(words)
    return Inbound("telegram", address, f"{writer}.{number}", InboundKind.TEXT, moment, text)


def web(scene: Scene, writer: int, others: Sequence[int], alone: bool = False) -> None:
    """A web process: many patients write at once, some of it delivered by two processes.

    `alone`: it is the only one, so it also acts on what is due.
    """
    journal = Journal(scene, "web")
    with ExitStack() as stack:
        deployment = stack.enter_context(deployed(scene, journal))
        sizes: list[int] = []

        def take(batch: Sequence[Inbound]) -> list[bool]:
            sizes.append(len(batch))
            return receive(deployment, batch)

        inbox = Inbox(take, lambda: None)
        writing = [
            lambda each=each: _write(scene, journal, inbox, (writer, *others), each)
            for each in range(THREADS)
        ]
        acting = [lambda: _act(deployment, journal)] if alone else []
        _until_over(scene, journal, [*writing, *acting, lambda: _send(deployment)])
        inbox.close()
        journal.note("batches", count=len(sizes), messages=sum(sizes))


_numbers: dict[int, int] = {}


def _write(
    scene: Scene, journal: Journal, inbox: Inbox, writers: Sequence[int], thread: int
) -> None:
    number = _numbers[thread] = _numbers.get(thread, 0) + 1
    number = number * THREADS + thread
    own = message(scene, writers[0], number)
    waiting = [(own, inbox.put(own))]
    if number % 5 == 0:
        again = [message(scene, writer, number) for writer in writers]
        waiting += [(each, inbox.put(each)) for each in again]
    for each, done in waiting:
        done.result(SOON)
        journal.note("taken", id=each.external_id)


def worker(scene: Scene) -> None:
    """A worker process: acts on what is due, and sends."""
    journal = Journal(scene, "worker")
    with deployed(scene, journal) as deployment:
        _until_over(
            scene,
            journal,
            [lambda: _act(deployment, journal), lambda: _send(deployment)],
        )


def _act(deployment: Deployment, journal: Journal) -> None:
    count = dispatch(deployment)
    if count:
        journal.note("acted", count=count)
    else:
        time.sleep(0.01)


def _send(deployment: Deployment) -> None:
    if not send_ready(deployment):
        time.sleep(0.005)


def professionals(scene: Scene) -> None:
    """A web process at which Anne reads and writes, and patients look at their chat."""
    journal = Journal(scene, "professionals")
    with deployed(scene, journal) as deployment:
        cookies = [_open(scene, deployment, place) for place in range(len(scene.links))]
        random = Random(1)

        def read() -> None:
            access.read_summary(deployment, random.choice(cookies), deployment.clock.now())
            transcript(deployment, random.choice(list(scene.patients.values())))
            journal.note("read")

        def write() -> None:
            now = deployment.clock.now()
            access.write_note(deployment, random.choice(cookies), "walk 15 minutes", now)
            journal.note("noted")
            time.sleep(0.02)

        def ask() -> None:
            ask_again(deployment, random.choice(list(scene.patients.values())))
            journal.note("asked")
            time.sleep(0.005)

        _until_over(scene, journal, [read, write, ask])


def ask_again(deployment: Deployment, patient_id: int) -> None:
    """A check-in falls due that should have come a second ago."""
    at = deployment.clock.now() - timedelta(seconds=1)
    change = SetDue(f"start:{CHECK_IN}", "flow", at, payload={"flow": CHECK_IN})
    with deployment.database.write() as connection:
        patients.lock_conversations(connection, [patient_id])
        due.write(connection, deployment, [(patient_id, change)])


def _open(scene: Scene, deployment: Deployment, place: int) -> str:
    link, patient_id = scene.links[place], list(scene.patients.values())[place]
    access.request_code(deployment, link, deployment.clock.now())
    while send_ready(deployment):
        pass
    deadline = time.monotonic() + SOON
    while not (arrived := mails(deployment, [patient_id])):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    code = next(word for word in arrived[0].text.split() if word.isdecimal() and len(word) == 6)
    return access.open_page(deployment, link, code, scene.words, deployment.clock.now())


def _until_over(scene: Scene, journal: Journal, works: Sequence[Callable[[], object]]) -> None:
    """Do these over and over, each in a thread of its own, until the test is over."""
    end = begin_together(scene, journal)
    threads = [
        threading.Thread(target=_repeat, args=(end, journal, work), daemon=True) for work in works
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(scene.seconds + SOON)
        if thread.is_alive():
            journal.note("trouble", what="a thread hangs")


def _repeat(end: float, journal: Journal, work: Callable[[], object]) -> None:
    while time.monotonic() < end:
        try:
            work()
        except Exception as error:  # noqa: BLE001 - the test is told, and fails
            journal.note("trouble", what=f"{type(error).__name__}: {error}")
            return


def doomed(scene: Scene, life: int) -> None:
    """A process that does everything until it is killed."""
    journal = Journal(scene, "doomed")
    ids = list(scene.patients.values())
    with deployed(scene, journal) as deployment:
        number = 0
        while number < MOST:
            number += 1
            batch = [message(scene, life, number * 3 + each) for each in range(3)]
            receive(deployment, batch)
            for each in batch:
                journal.note("taken", id=each.external_id)
            ask_again(deployment, ids[number % len(ids)])
            dispatch(deployment)
            send_ready(deployment)
