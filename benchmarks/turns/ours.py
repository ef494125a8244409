"""The product's own path of a turn, without a database: what a transaction reads is in memory.

Nothing here is a shortcut: a row is opened, a step made, answered and finished by the functions
that `bot.receiving` calls, and the reply is written by the channel's own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import wraps
from itertools import count
from random import SystemRandom
from time import thread_time
from typing import Any, cast

import orjson
from sqlalchemy import Connection

from backtrace.definitions import shipped_library
from backtrace.languages import shipped_lexicons, shipped_scanner
from benchmarks.turns.questionnaire import Questionnaire
from benchmarks.turns.wire import BOT, Wire
from bot import loading
from bot.channels import telegram
from bot.conversation import asking
from bot.conversation.effects import Record
from bot.conversation.memory import Waiting
from bot.conversation.step import Step
from bot.deployment import Chance, Clinic, Deployment
from bot.inbound import Inbound, InboundKind
from bot.ledger import Finished, Route, finish
from bot.loading import Loaded
from bot.receiving import take
from templates.catalogue import load_catalogues
from trajectory import patients
from trajectory.database import Database
from trajectory.ids import Ids
from trajectory.keys import Ring, Sealer
from trajectory.patients import LockedPatient

NOW = datetime(2026, 11, 24, 13, 5, tzinfo=UTC)
FLOW = "odi"
LANGUAGE = "en"
STAGES = ("parse", "load", "step", "render and seal", "save", "request")
NO_CONNECTION = cast(Connection, None)
"""Whatever asks the database for something in such a turn fails here."""


class Counted(Ids):
    """Ids from memory."""

    def __init__(self) -> None:
        self._numbers = count(1)

    def take(self, connection: Connection) -> int:
        return next(self._numbers)


class Unsealed(Sealer):
    """JSON as it is: the peers encrypt nothing either."""

    def __init__(self) -> None:
        pass

    def seal(self, place: str, row: int, data: bytes) -> bytes:
        return data

    def open(self, place: str, row: int, sealed: bytes) -> bytes:
        return sealed


class Clock:
    """Stands still."""

    def now(self) -> datetime:
        return NOW


def deployment(ring: Ring) -> Deployment:
    """What ships, with nothing behind it."""
    return Deployment(
        database=cast(Database, None),
        ids=Counted(),
        ring=ring,
        library=shipped_library(),
        lexicons=shipped_lexicons(),
        scanner=shipped_scanner(),
        catalogues=load_catalogues("messages"),
        clock=Clock(),
        chance=Chance(SystemRandom()),
        channels={},
        clinic=Clinic(),
    )


class OursContestant:
    """`seals`: whether everything is encrypted with the patient's key as in the database."""

    def __init__(self, questionnaire: Questionnaire, seals: bool = False) -> None:
        self.wire = Wire()
        self._ring = Ring.generate()
        self._deployment = deployment(self._ring)
        self._seals = seals
        self._unsealed = Unsealed()
        self._rows: dict[str, LockedPatient] = {}
        self._sessions: dict[str, bytes] = {}
        """By address the session that is open."""
        self._finished: dict[str, Finished] = {}
        """By address the turn that ended a questionnaire, until its score is asked for."""
        self._stages: dict[str, float] = {}

    async def open(self) -> None:
        pass

    async def begin(self, body: bytes, chat: int) -> None:
        """The questionnaire falls due."""
        address = str(chat)
        if address not in self._rows:
            self._rows[address] = self._enrolled(chat)
        loaded = self._load(address)
        step = loading.step_for(NO_CONNECTION, self._deployment, loaded, NOW, telegram.NAME, {})
        asking.request(step, Waiting(FLOW, free=True))
        finished = self._finish(loaded, step)
        self._save(address, finished)
        self._post(finished, None)

    async def take(self, body: bytes) -> None:
        message = self._parse(body)
        loaded = self._load(message.address)
        step = self._step(loaded, message)
        finished = self._finish(loaded, step)
        self._save(message.address, finished)
        self._post(finished, message)

    def score(self, chat: int) -> float | None:
        effects = self._finished.pop(str(chat)).step.effects
        scores = [e.value for e in effects if isinstance(e, Record) and e.kind == "score"]
        return scores[-1] if scores else None

    def profile(self) -> None:
        """From now on time every stage; what was measured before is forgotten."""
        if not self._stages:
            methods = ("_parse", "_load", "_step", "_finish", "_save", "_post")
            for stage, name in zip(STAGES, methods, strict=True):
                setattr(self, name, self._timed(stage, getattr(self, name)))
        self._stages = dict.fromkeys(STAGES, 0.0)

    def stages(self) -> Mapping[str, float]:
        """Seconds in each stage since `profile`, the opening of each questionnaire included."""
        return self._stages

    def _parse(self, body: bytes) -> Inbound:
        message = telegram.read(body, str(BOT), NOW)
        assert message is not None
        return message

    def _load(self, address: str) -> Loaded:
        row = self._rows[address]
        loaded = loading.opened(row, row.sealer(self._ring) if self._seals else self._unsealed)
        if row.session_id is not None:
            body = self._sessions[address]
            loaded.open = loading.open_session(loaded.sealer, row.session_id, body)
        return loaded

    def _step(self, loaded: Loaded, message: Inbound) -> Step:
        return take(NO_CONNECTION, self._deployment, loaded, message, NOW, {}, None)

    def _finish(self, loaded: Loaded, step: Step) -> Finished:
        return finish(loaded, step, Route(telegram.NAME, 1))

    def _save(self, address: str, finished: Finished) -> None:
        open, loaded = finished.step.open, finished.loaded
        session_id = open.id if open else None
        self._rows[address] = LockedPatient(*loaded.row[:-2], session_id, finished.body)
        if open is not None:
            self._sessions[address] = finished.sessions[open.id]
        else:
            self._finished[address] = finished

    def _post(self, finished: Finished, message: Inbound | None) -> None:
        """Post the replies as the sender does, and read the ids of what was sent."""
        address = str(finished.patient_id)
        for _, rendered, _ in finished.said:
            request = telegram.send_message(address, rendered)
            orjson.loads(self.wire.post(request.method, request.body))["result"]["message_id"]
        if message is not None and message.kind is InboundKind.CHOICE:
            request = telegram.answer_press(message)
            self.wire.post(request.method, request.body)

    def _enrolled(self, chat: int) -> LockedPatient:
        sealer, key_id, wrapped = self._ring.new_sealer(chat)
        if not self._seals:
            sealer = self._unsealed
        profile = {"name": "Birgit Holm", "hour": "18:00", "weekday": 0, "code": "4711"}
        return LockedPatient(
            patient_id=chat,
            status="active",
            language=LANGUAGE,
            timezone="Europe/Copenhagen",
            pathway=None,
            started_at=NOW,
            planned_by="",
            key_id=key_id,
            wrapped_key=wrapped,
            profile=sealer.seal_json(patients.PROFILE, chat, profile),
            sequence=0,
            session_id=None,
            body=sealer.seal_json(patients.BODY, chat, {}),
        )

    def _timed(self, stage: str, method: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(method)
        def timed(*given: Any) -> Any:
            begun = thread_time()
            result = method(*given)
            self._stages[stage] += thread_time() - begun
            return result

        return timed
