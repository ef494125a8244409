"""Messages in: one transaction for a batch, from the inbox's unique keys to the outbox.

Lock order: inbox keys (sorted), conversations (by id), then all the rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Connection, bindparam, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from bot import ledger, loading
from bot.commands import recognise
from bot.conversation.answering import answer
from bot.conversation.memory import OpenSession
from bot.conversation.step import Step
from bot.deployment import Deployment
from bot.inbound import Inbound, InboundKind
from bot.ledger import Finished, Route
from bot.loading import Loaded
from flows.model import FlowKind
from trajectory import deployment as deployment_key
from trajectory import patients, tables
from trajectory.keys import Sealer
from trajectory.patients import PatientRef

BODY = "inbox.body"

_log = structlog.get_logger(__name__)
_inbox = tables.core(tables.Inbox)
_MARK_ANSWERED = (
    update(_inbox)
    .where(_inbox.c.id == bindparam("message"))
    .values(session_id=bindparam("session"), turn=bindparam("new_turn"))
)
_MARK_FAILED = (
    update(_inbox)
    .where(_inbox.c.id == bindparam("message"))
    .values(status="failed", error=bindparam("new_error"))
)


@dataclass(frozen=True, slots=True)
class Stored:
    """A message that is new, with its row and whose it is."""

    id: int
    message: Inbound
    ref: PatientRef


def receive(deployment: Deployment, batch: Sequence[Inbound]) -> None:
    """Take a batch: after this returns, every message is stored once and answered once.

    A message that was stored before is left alone. One that the conversation cannot digest
    is kept as failed, and the rest goes through.

    Raises:
        trajectory.database.Unavailable: nothing of the batch was stored.
    """
    now = deployment.clock.now()
    deployment.database.run(lambda connection: _receive(connection, deployment, batch, now))


def _receive(
    connection: Connection, deployment: Deployment, batch: Sequence[Inbound], now: datetime
) -> None:
    stored = _store_new(connection, deployment, batch, now)
    for messages in _rounds(stored):
        _answer(connection, deployment, messages, now)


def _rounds(stored: Sequence[Stored]) -> Iterator[list[Stored]]:
    """One message of each patient at a time, so that each sees what the one before did."""
    waiting = list(stored)
    while waiting:
        now: dict[int, Stored] = {}
        later = []
        for message in waiting:
            if now.setdefault(message.ref.patient_id, message) is not message:
                later.append(message)
        yield list(now.values())
        waiting = later


def _store_new(
    connection: Connection, deployment: Deployment, batch: Sequence[Inbound], now: datetime
) -> list[Stored]:
    refs = patients.find_by_address(
        connection, deployment.ring, [(m.channel, m.address) for m in batch]
    )
    sealers = _sealers(connection, deployment, batch, refs)
    ordered = sorted(
        {(m.channel, m.external_id): m for m in reversed(batch)}.values(),
        key=lambda m: (m.channel, m.external_id),
    )
    rows = {}
    for message in ordered:
        row_id = deployment.ids.take(connection)
        ref = refs.get((message.channel, message.address))
        sealer = sealers[ref.patient_id if ref else None]
        rows[row_id] = _row(row_id, message, ref, sealer, now)
    by_key = {(row["channel"], row["external_id"]): row_id for row_id, row in rows.items()}
    fresh = _insert(connection, list(rows.values()))
    return [
        Stored(row_id, message, ref)
        for message in dict.fromkeys(batch)
        if (row_id := by_key[message.channel, message.external_id]) in fresh
        and (ref := refs.get((message.channel, message.address))) is not None
    ]


def _sealers(
    connection: Connection,
    deployment: Deployment,
    batch: Sequence[Inbound],
    refs: Mapping[tuple[str, str], PatientRef],
) -> dict[int | None, Sealer]:
    known = {ref.patient_id for ref in refs.values()}
    sealers: dict[int | None, Sealer] = {
        row.patient_id: row.sealer(deployment.ring) for row in patients.read(connection, known)
    }
    if any((m.channel, m.address) not in refs for m in batch):
        sealers[None] = deployment_key.sealer(connection, deployment.ring)
    return sealers


def _row(
    row_id: int, message: Inbound, ref: PatientRef | None, sealer: Sealer, now: datetime
) -> dict[str, Any]:
    body = {"text": message.text, "choice": message.choice, "address": message.address}
    return {
        "id": row_id,
        "channel": message.channel,
        "external_id": message.external_id,
        "patient_id": ref.patient_id if ref else None,
        "at": message.at,
        "received_at": now,
        "kind": message.kind.value,
        "body": sealer.seal_json(BODY, row_id, body),
        "status": "done" if ref else "unknown-sender",
    }


def _insert(connection: Connection, rows: Sequence[dict[str, Any]]) -> set[int]:
    """Insert what is new; the ids of those rows."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(_inbox).on_conflict_do_nothing().returning(_inbox.c.id)
    return set(connection.execute(statement, list(rows)).scalars())


def _answer(
    connection: Connection, deployment: Deployment, messages: Sequence[Stored], now: datetime
) -> None:
    held = patients.lock_conversations(connection, {m.ref.patient_id for m in messages})
    found = loading.load(connection, deployment, held)
    amended = _amended(connection, messages)
    older = _older(connection, found, messages, amended)
    finished = []
    for stored in messages:
        loaded = found[stored.ref.patient_id]
        _add_what_it_needs(connection, deployment, loaded, stored.message, now)
        mine = {
            key: session for key, (owner, session) in older.items()
            if owner == stored.ref.patient_id
        }  # fmt: skip
        step = loading.step_for(connection, deployment, loaded, now, stored.message.channel, mine)
        route = Route(stored.message.channel, stored.ref.address_id)
        finished.append(
            _one(connection, stored, loaded, step, route, amended.get(_key(stored.message)))
            or _failed(connection, deployment, loaded, stored, route, now)
        )
    ledger.write(connection, deployment, finished)
    _mark_answered(connection, messages, finished)


def _one(
    connection: Connection,
    stored: Stored,
    loaded: Loaded,
    step: Step,
    route: Route,
    amends: tuple[int, int] | None,
) -> Finished | None:
    """Take one message; None when the conversation could not digest it.

    The broad catch is the rule for poison: whatever a message does to the pure step, the
    rest of its batch goes through, and the message is kept for a person to see.
    """
    try:
        answer(step, stored.message, amends)
    except Exception as error:  # noqa: BLE001
        name = type(error).__name__
        _log.error("message set aside", inbox_id=stored.id, error=name)
        connection.execute(_MARK_FAILED, {"message": stored.id, "new_error": name})
        return None
    return Finished(loaded, step, route)


def _failed(
    connection: Connection,
    deployment: Deployment,
    loaded: Loaded,
    stored: Stored,
    route: Route,
    now: datetime,
) -> Finished:
    """Tell the patient that the message is kept and was not understood by the machine."""
    step = loading.step_for(connection, deployment, loaded, now, route.channel, {})
    step.add_line("failed", doctor=deployment.clinic.doctor_number)
    step.flush()
    return Finished(loaded, step, route)


def _may_alert(deployment: Deployment, loaded: Loaded) -> bool:
    """Whether an answer may raise a red flag, which mails those who are to be alerted."""
    if loaded.open is None:
        return False
    return deployment.library.flow(loaded.open.session.flow).kind is FlowKind.SCREEN


def _add_what_it_needs(
    connection: Connection,
    deployment: Deployment,
    loaded: Loaded,
    message: Inbound,
    now: datetime,
) -> None:
    command = recognise(message.text, loaded.person.language)
    if loaded.memory.task is not None or command is not None or _may_alert(deployment, loaded):
        loading.add_care(connection, loaded, now)
    if command is not None and command.name == "progress":
        loading.add_timeline(connection, loaded)


def _key(message: Inbound) -> tuple[str, str]:
    return message.channel, message.edit_of


def _amended(
    connection: Connection, messages: Sequence[Stored]
) -> dict[tuple[str, str], tuple[int, int]]:
    """Which session and turn the messages answered that were now edited."""
    keys = sorted({_key(m.message) for m in messages if m.message.kind is InboundKind.EDIT})
    if not keys:
        return {}
    rows = connection.execute(
        select(_inbox.c.channel, _inbox.c.external_id, _inbox.c.session_id, _inbox.c.turn).where(
            tuple_(_inbox.c.channel, _inbox.c.external_id).in_(keys),
            _inbox.c.session_id.is_not(None),
        )
    )
    return {(row.channel, row.external_id): (row.session_id, row.turn) for row in rows}


def _older(
    connection: Connection,
    found: Mapping[int, Loaded],
    messages: Sequence[Stored],
    amended: Mapping[tuple[str, str], tuple[int, int]],
) -> dict[int, tuple[int, OpenSession]]:
    """Sessions that are not open any more and that a message may correct."""
    wanted = {session_id for session_id, _ in amended.values()}
    for stored in messages:
        kind, _, rest = stored.message.choice.partition(".")
        named = rest.partition(".")[0]
        if kind == "q" and named.isdecimal() and len(named) < 19:
            wanted.add(int(named))
    open_now = {loaded.open.id for loaded in found.values() if loaded.open}
    return loading.sessions(connection, found, wanted - open_now)


def _mark_answered(
    connection: Connection, messages: Sequence[Stored], finished: Sequence[Finished]
) -> None:
    marks = [
        {"message": stored.id, "session": done.step.answered[0], "new_turn": done.step.answered[1]}
        for stored, done in zip(messages, finished, strict=True)
        if done.step.answered is not None
    ]
    if marks:
        connection.execute(_MARK_ANSWERED, marks)
