"""Patients who answer the ten-item ODI by buttons, all of them once a round."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from random import SystemRandom
from typing import Any

from sqlalchemy import ColumnElement, func, select

from backtrace.composition import deploy
from backtrace.definitions import shipped_library
from benchmarks.turns.measuring import questionnaire
from benchmarks.turns.ours import FLOW, LANGUAGE
from benchmarks.turns.wire import BOT, MESSAGE_ID, SENT_AT
from bot import due
from bot.conversation.effects import SetDue
from bot.deployment import Chance, Clinic, Deployment
from bot.dispatching import dispatch
from bot.enrolling import Newcomer, enrol
from trajectory import tables
from trajectory.database import Database
from trajectory.keys import Ring
from trajectory.migrations import upgrade_database

_session = tables.core(tables.Session)
_inbox = tables.core(tables.Inbox)
_entry = tables.core(tables.Entry)
FIRST_ADDRESS = 1_000_000


class SystemClock:
    """The machine's time."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class Crowd:
    """So many patients of one deployment, whose webhook somebody else serves."""

    def __init__(self, deployment: Deployment, count: int, first: int = FIRST_ADDRESS) -> None:
        self._deployment = deployment
        self.patients = {
            address: enrolled(deployment, address) for address in range(first, first + count)
        }
        """Id by address."""
        self._questions = questionnaire().questions
        self._posted = 0
        self._rounds = 0

    def begin(self) -> None:
        """The questionnaire falls due for everybody; returns when everybody has been asked."""
        fall_due(self._deployment, FLOW, list(self.patients.values()))
        while len(self._sessions()) < len(self.patients):
            dispatch(self._deployment)
        self._rounds += 1

    def lanes(self, count: int) -> list[list[bytes]]:
        """Every patient's presses as updates, patient after patient in each of so many lanes."""
        sessions, lanes = self._sessions(), [list[bytes]() for _ in range(count)]
        for place, (address, patient_id) in enumerate(self.patients.items()):
            lanes[place % count] += self._presses(address, sessions[patient_id])
        return lanes

    def check(self) -> None:
        """Whatever was answered 200 is stored once, and every questionnaire came to its score."""
        finished = len(self.patients) * self._rounds
        found = (
            self._count(_inbox, _inbox.c.status == "done"),
            self._count(_session, _session.c.status == "finished"),
            self._count(_entry, _entry.c.kind == "score"),
        )
        assert found == (self._posted, finished, finished), (found, self._posted, finished)

    def _presses(self, address: int, session: int) -> Iterator[bytes]:
        for number, question in enumerate(self._questions):
            option = question.options[(address + number) % len(question.options)].id
            self._posted += 1
            data = f"q.{session}.{number + 1}.{option}"
            yield _press(address * 1_000_000 + self._posted, address, question.text, data)

    def _sessions(self) -> Mapping[int, int]:
        """The open session of each patient."""
        ours = _session.c.patient_id.in_(self.patients.values())
        open_ones = select(_session.c.patient_id, _session.c.id).where(
            _session.c.status == "waiting", ours
        )
        with self._deployment.database.read() as connection:
            return {row.patient_id: row.id for row in connection.execute(open_ones)}

    def _count(self, table: Any, which: ColumnElement[bool]) -> int:
        with self._deployment.database.read() as connection:
            ours = table.c.patient_id.in_(self.patients.values())
            asked = select(func.count()).select_from(table).where(which, ours)
            return connection.execute(asked).scalar_one()


def enrolled(deployment: Deployment, address: int) -> int:
    """The id of a new patient on Telegram whom nothing is asked unasked."""
    newcomer = Newcomer("telegram", str(address), LANGUAGE, pathway=None)
    return enrol(deployment, newcomer, consented=True).patient_id


def fall_due(deployment: Deployment, flow: str, patient_ids: list[int]) -> None:
    """Let a flow fall due now for these patients."""
    now = deployment.clock.now()
    asked = SetDue(f"start:{flow}", "flow", now, payload={"flow": flow})
    changes = [(patient_id, asked) for patient_id in patient_ids]
    deployment.database.run(lambda connection: due.write(connection, deployment, changes))


def _press(number: int, address: int, text: str, data: str) -> bytes:
    person = {"id": address, "is_bot": False, "first_name": "Birgit", "language_code": "en"}
    bot = {"id": BOT, "is_bot": True, "first_name": "Nord", "username": "nord_bot"}
    before = data.rpartition(".")[0]
    letters = [{"text": each, "callback_data": f"{before}.{each.lower()}"} for each in "ABCDEF"]
    message = {
        "message_id": MESSAGE_ID,
        "from": bot,
        "chat": {"id": address, "first_name": "Birgit", "type": "private"},
        "date": SENT_AT,
        "text": text,
        "reply_markup": {"inline_keyboard": [letters]},
    }
    query = {
        "id": str(4_382_000_000_000 + number),
        "from": person,
        "message": message,
        "chat_instance": "-3921005812",
        "data": data,
    }
    return json.dumps({"update_id": number, "callback_query": query}).encode()


def deployment_on(database: Database, ring: Ring) -> Deployment:
    """What ships, on a migrated database, with no channel of its own: others send."""
    return deploy(
        database,
        ring,
        shipped_library(),
        clock=SystemClock(),
        chance=Chance(SystemRandom()),
        channels={},
        clinic=Clinic(),
    )


@contextmanager
def filling(database_url: str, ring: Ring) -> Iterator[Deployment]:
    """A deployment on an empty database that does not wait for the disk: it only prepares."""
    database = Database(database_url, durable=False)
    try:
        upgrade_database(database)
        yield deployment_on(database, ring)
    finally:
        database.close()
