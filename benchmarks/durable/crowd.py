"""Patients who answer the ten-item ODI by typed letters, all of them once a round."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from random import SystemRandom

from sqlalchemy import func, select

from backtrace.composition import deploy
from backtrace.definitions import shipped_library
from benchmarks.ours import FLOW, LANGUAGE
from benchmarks.wire import SENT_AT
from bot import due
from bot.conversation.effects import SetDue
from bot.deployment import Chance, Clinic, Deployment
from bot.dispatching import dispatch
from bot.enrolling import Newcomer, enrol
from trajectory import tables
from trajectory.database import Database
from trajectory.keys import Ring
from trajectory.migrations import upgrade_database

LETTERS = "ABCDEF"
_session = tables.core(tables.Session)
_inbox = tables.core(tables.Inbox)
_entry = tables.core(tables.Entry)


class _Clock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class Crowd:
    """So many patients of one deployment, whose webhook somebody else serves."""

    def __init__(self, deployment: Deployment, count: int) -> None:
        self._deployment = deployment
        self._addresses = {1_000_000 + number: 0 for number in range(count)}
        for address in self._addresses:
            newcomer = Newcomer("telegram", str(address), LANGUAGE, pathway=None)
            self._addresses[address] = enrol(deployment, newcomer, consented=True).patient_id
        self._questions = len(deployment.library.flow(FLOW).items)
        self._updates = 0
        self._posted = 0
        self._rounds = 0

    def begin(self) -> None:
        """The questionnaire falls due for everybody; returns when everybody has been asked."""
        now = self._deployment.clock.now()
        asked = SetDue(f"start:{FLOW}", "flow", now, payload={"flow": FLOW})
        changes = [(patient_id, asked) for patient_id in self._addresses.values()]
        self._deployment.database.run(
            lambda connection: due.write(connection, self._deployment, changes)
        )
        while dispatch(self._deployment) or self._count(_session.c.status == "waiting") < len(
            self._addresses
        ):
            pass
        self._rounds += 1

    def lanes(self, count: int) -> list[list[bytes]]:
        """Every patient's answers as updates, patient after patient in each of so many lanes."""
        lanes: list[list[bytes]] = [[] for _ in range(count)]
        for place, address in enumerate(self._addresses):
            lanes[place % count] += [
                self._update(address, LETTERS[(address + question) % len(LETTERS)])
                for question in range(self._questions)
            ]
        self._posted += len(self._addresses) * self._questions
        return lanes

    def check(self) -> None:
        """Whatever was answered 200 is stored once, and every questionnaire came to its score."""
        with self._deployment.database.read() as connection:
            stored = connection.execute(select(func.count()).select_from(_inbox)).scalar_one()
        assert stored == self._posted, (stored, self._posted)
        finished = len(self._addresses) * self._rounds
        assert self._count(_session.c.status == "finished") == finished
        with self._deployment.database.read() as connection:
            scores = select(func.count()).where(_entry.c.kind == "score")
            assert connection.execute(scores).scalar_one() == finished
            assert not connection.execute(
                select(_inbox.c.id).where(_inbox.c.status != "done")
            ).all()

    def _update(self, address: int, text: str) -> bytes:
        self._updates += 1
        person = {"id": address, "is_bot": False, "first_name": "Birgit", "language_code": "en"}
        message = {
            "message_id": self._updates,
            "from": person,
            "chat": {"id": address, "first_name": "Birgit", "type": "private"},
            "date": SENT_AT,
            "text": text,
        }
        return json.dumps({"update_id": self._updates, "message": message}).encode()

    def _count(self, which: object) -> int:
        with self._deployment.database.read() as connection:
            asked = select(func.count()).select_from(_session).where(which)  # type: ignore[arg-type]
            return connection.execute(asked).scalar_one()


@contextmanager
def crowd(database_url: str, ring: Ring, count: int) -> Iterator[Crowd]:
    """Patients enrolled in an empty database, without waiting for the disk."""
    database = Database(database_url, durable=False)
    try:
        upgrade_database(database)
        deployment = deploy(
            database,
            ring,
            shipped_library(),
            clock=_Clock(),
            chance=Chance(SystemRandom()),
            channels={},
            clinic=Clinic(),
        )
        yield Crowd(deployment, count)
    finally:
        database.close()
