"""Messages in: one transaction for a batch, from the inbox's unique keys to the outbox.

Lock order: inbox keys (sorted), conversations (by id), then all the rest.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any, NamedTuple

import structlog
from sqlalchemy import Connection, bindparam, select, tuple_, update
from sqlalchemy.exc import SQLAlchemyError

from bot import blocking, ledger, loading, looking_back, metrics, outbox
from bot.admitting import admit, refuse_locked
from bot.channels import NotSent, Trouble
from bot.channels.whatsapp import NO_TEMPLATE
from bot.conversation import needs, taking_back
from bot.conversation.answering import answer
from bot.conversation.effects import OpenCase
from bot.conversation.heard import Heard, hear
from bot.conversation.last import needs_finished
from bot.conversation.memory import OpenSession
from bot.conversation.step import SILENT, Step
from bot.conversation.tasks import helping
from bot.deployment import Deployment
from bot.inbound import CHOICE, EDIT, GROUP, HELP, START, STOP, Inbound
from bot.kept import masked, sealed
from bot.ledger import Finished, Route, finish
from bot.loading import Loaded
from bot.opaque_ids import opaque
from bot.refusing import REFUSED, refuse
from trajectory import deployment as deployment_key
from trajectory import patients, tables
from trajectory.bulk import Insert, Update
from trajectory.cases import Kind
from trajectory.keys import Sealer
from trajectory.patients import PatientRef

UNKNOWN = "unknown-sender"
FOR_DESK = "desk"
"""The status of what a patient wrote to a person at the clinic."""

_log = structlog.get_logger(__name__)
_inbox = tables.core(tables.Inbox)
_INSERT = Insert(
    _inbox,
    "id",
    "channel",
    "external_id",
    "patient_id",
    "at",
    "received_at",
    "kind",
    "body",
    "status",
    once=True,
)
_KEY = itemgetter(1, 2)
"""Channel and external id of such a row."""
_MARK_ANSWERED = Update(_inbox, "id", "session_id", "turn")
_MARK_EDITED = (
    update(_inbox)
    .where(_inbox.c.channel == bindparam("in"), _inbox.c.external_id == bindparam("message"))
    .where(_inbox.c.patient_id == bindparam("patient"), _inbox.c.status != FOR_DESK)
    .values(session_id=bindparam("session"), turn=bindparam("of_turn"))
)
_MARK_FAILED = (
    update(_inbox)
    .where(_inbox.c.id == bindparam("message"))
    .values(status="failed", error=bindparam("new_error"))
)
_MARK_FOR_DESK = Update(_inbox, "id", "status", "turn")
_MASK = update(_inbox).where(_inbox.c.id == bindparam("message")).values(body=bindparam("new_body"))
_DISOWN = (
    update(_inbox)
    .where(_inbox.c.id == bindparam("message"))
    .values(patient_id=None, status=UNKNOWN, body=bindparam("new_body"))
)


class Stored(NamedTuple):
    """A message that is new, with its row and whose it is."""

    id: int
    message: Inbound
    ref: PatientRef


@dataclass(frozen=True, slots=True)
class _Senders:
    """Who is behind each address of a batch, and whose key seals what they wrote."""

    refs: Mapping[tuple[str, str], PatientRef]
    locked: Mapping[tuple[str, str], PatientRef]
    """Whose phone is lost: what comes from there is a stranger's."""
    sealers: Mapping[int, Sealer]
    others: Sealer | None
    """For unknown senders; None: there are none."""

    def ref_of(self, message: Inbound) -> PatientRef | None:
        """The patient who wrote this; what is written in a group is nobody's."""
        return None if message.kind is GROUP else self.refs.get(_place(message))

    def sealer_of(self, ref: PatientRef | None) -> Sealer:
        sealer = self.others if ref is None else self.sealers[ref.patient_id]
        assert sealer is not None
        return sealer


def receive(deployment: Deployment, batch: Sequence[Inbound]) -> list[bool]:
    """Take a batch: after this returns, every message is stored once and answered once.

    Of each message, whether it has answered a question, or corrected an answer, just now.

    A message that was stored before is left alone. One that the conversation cannot digest
    is kept as failed, and the rest goes through.

    Raises:
        trajectory.database.Unavailable: nothing of the batch was stored.
        trajectory.keys.WrongKey: the key of a patient who wrote is not in the ring; nothing
            of the batch was stored.
    """
    if not batch:
        return []
    return deployment.database.run(lambda connection: _receive(connection, deployment, batch))


def _receive(
    connection: Connection, deployment: Deployment, batch: Sequence[Inbound]
) -> list[bool]:
    batch = opaque(connection, deployment.ring, batch)
    senders = _senders(connection, deployment, batch)
    stored = _store_new(connection, deployment, batch, senders, deployment.clock.now())
    answers: set[tuple[str, str]] = set()
    for messages in _rounds(stored):
        answers |= _answer(connection, deployment, messages, senders.sealers)
    return [(message.channel, message.external_id) in answers for message in batch]


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
    connection: Connection,
    deployment: Deployment,
    batch: Sequence[Inbound],
    senders: _Senders,
    now: datetime,
) -> list[Stored]:
    """Store what is new; the messages of patients among it, in the order in which they came."""
    came = [
        (deployment.ids.take(connection), message, senders.ref_of(message))
        for message in _first_of_each(batch)
    ]
    rows = [_row(row_id, m, ref, senders.sealer_of(ref), now) for row_id, m, ref in came]
    fresh = _INSERT.once(connection, sorted(rows, key=_KEY))
    new = [each for each in came if each[0] in fresh]
    refuse(connection, deployment, [m for _, m, _ in new if m.kind is GROUP], now)
    stored = [
        Stored(row_id, message, ref)
        for row_id, message, ref in new
        if ref is not None and message.handled is not HELP
    ]
    strangers = [(row_id, m) for row_id, m, ref in new if ref is None and m.kind is not GROUP]
    others = {s.ref.patient_id for s in stored}
    admitted = admit(connection, deployment, strangers, others, senders.locked, now)
    return stored + [Stored(*each) for each in admitted]


def _first_of_each(batch: Sequence[Inbound]) -> Collection[Inbound]:
    found: dict[tuple[str, str], Inbound] = {}
    for message in batch:
        found.setdefault((message.channel, message.external_id), message)
    return found.values()


def _senders(connection: Connection, deployment: Deployment, batch: Sequence[Inbound]) -> _Senders:
    ring = deployment.ring
    places = {_place(message) for message in batch if message.kind is not GROUP}
    known, sealers = patients.senders(connection, ring, places)
    locked = {place: ref for place, ref in known.items() if ref.status == patients.LOCKED}
    refs = {place: ref for place, ref in known.items() if place not in locked}
    all_known = len(refs) == len(places) and not any(m.kind is GROUP for m in batch)
    others = None if all_known else deployment_key.sealer(connection, ring)
    return _Senders(refs, locked, sealers, others)


def _place(message: Inbound) -> tuple[str, str]:
    return message.channel, message.address


def _row(
    row_id: int, message: Inbound, ref: PatientRef | None, sealer: Sealer, now: datetime
) -> tuple[Any, ...]:
    return (
        row_id,
        message.channel,
        message.external_id,
        ref.patient_id if ref else None,
        message.at,
        now,
        str(message.kind),
        sealed(sealer, row_id, message),
        _status(message, ref),
    )


def _status(message: Inbound, ref: PatientRef | None) -> str:
    if message.kind is GROUP:
        return REFUSED
    return "done" if ref else UNKNOWN


def _answer(
    connection: Connection,
    deployment: Deployment,
    messages: Sequence[Stored],
    sealers: Mapping[int, Sealer],
) -> set[tuple[str, str]]:
    """Channel and id of those that have answered a question."""
    held = patients.lock_conversations(connection, {m.ref.patient_id for m in messages})
    # After the wait for the lock, so that a patient's times rise as their numbers do.
    now = deployment.clock.now()
    found = loading.load(connection, deployment, held, sealers)
    messages = _still_known(connection, deployment, messages, found)
    messages = _not_locked(connection, deployment, messages, found, now)
    messages = blocking.note(connection, messages)
    _reach_again(connection, messages)
    _open_window(connection, deployment, messages, now)
    amended = _amended(connection, messages)
    older = _older(connection, found, messages, amended)
    finished: list[Finished] = []
    for stored in messages:
        patient_id = stored.ref.patient_id
        amends, known = amended.get(_key(stored.message)), older.get(patient_id, {})
        done = _one(connection, deployment, stored, found[patient_id], known, amends, now)
        if done.step.answered is not None:
            # Its edit may be in the same batch.
            amended[_written(stored.message)] = done.step.answered
        finished.append(done)
    ledger.write(connection, deployment, finished)
    answers = [
        (stored, done.step.answered)
        for stored, done in zip(messages, finished, strict=True)
        if done.step.answered is not None
    ]
    _mark_answered(connection, answers)
    _mark_for_desk(connection, messages, finished)
    _hide_secrets(connection, messages, finished)
    return {(stored.message.channel, stored.message.external_id) for stored, _ in answers}


def _still_known(
    connection: Connection,
    deployment: Deployment,
    messages: Sequence[Stored],
    found: Mapping[int, Loaded],
) -> list[Stored]:
    """Without those who were erased while this waited: they are unknown senders now."""
    gone = [each for each in messages if each.ref.patient_id not in found]
    _disown(connection, deployment, gone)
    return [each for each in messages if each.ref.patient_id in found]


def _not_locked(
    connection: Connection,
    deployment: Deployment,
    messages: Sequence[Stored],
    found: Mapping[int, Loaded],
    now: datetime,
) -> list[Stored]:
    """Without those whose phone was locked while this waited: it is a stranger's now."""
    locked = [
        each for each in messages if each.ref.address_id in found[each.ref.patient_id].memory.locked
    ]
    if not locked:
        return list(messages)
    _disown(connection, deployment, locked)
    refuse_locked(connection, deployment, [(each.message, each.ref) for each in locked], now)
    return [each for each in messages if each not in locked]


def _disown(connection: Connection, deployment: Deployment, messages: Sequence[Stored]) -> None:
    """They belong to no patient, and are sealed as such."""
    if messages:
        sealer = deployment_key.sealer(connection, deployment.ring)
        bodies = [
            {"message": each.id, "new_body": sealed(sealer, each.id, each.message)}
            for each in messages
        ]
        connection.execute(_DISOWN, bodies)


def _reach_again(connection: Connection, messages: Sequence[Stored]) -> None:
    """Whoever writes from an address that had failed can be reached there again.

    Not so where the provider has taken a STOP: it lets nothing through until START.
    """
    stopped = {m.ref.address_id for m in messages if m.message.handled is STOP}
    failed = {m.ref.address_id for m in messages if m.ref.status == "gone" or m.ref.failures}
    # What `ref` says is from before the batch, which may have brought the STOP.
    failed |= {m.ref.address_id for m in messages if m.message.handled is START}
    for address_id in sorted(stopped):
        patients.lose_address(connection, address_id)
    for address_id in sorted(failed - stopped):
        patients.reach_again(connection, address_id)


def _open_window(
    connection: Connection, deployment: Deployment, messages: Sequence[Stored], now: datetime
) -> None:
    """What only waited for the patient to write on WhatsApp need wait no longer."""
    wrote = {m.ref.patient_id for m in messages if m.message.channel == looking_back.WINDOWED}
    if wrote:
        error = str(NotSent(Trouble.CONFIGURATION, NO_TEMPLATE))
        outbox.resume(connection, deployment, wrote, looking_back.WINDOWED, error, now)


def _one(
    connection: Connection,
    deployment: Deployment,
    stored: Stored,
    loaded: Loaded,
    older: Mapping[int, OpenSession],
    amends: tuple[int, int] | None,
    now: datetime,
) -> Finished:
    """Take one message; one that the conversation cannot digest is set aside.

    The broad catch is the rule for poison: whatever a message does to the pure step, the
    rest of its batch goes through, and the message is kept for a person to see. Trouble with
    the database is never the message's fault.
    """
    route = Route(stored.message.channel, stored.ref.address_id)
    try:
        step = take(connection, deployment, loaded, stored.message, now, older, amends)
        return finish(loaded, step, route)
    except SQLAlchemyError:
        raise
    except Exception as error:  # noqa: BLE001
        _set_aside(connection, stored, type(error).__name__)
    return _failed(connection, deployment, loaded, route, now)


def take(
    connection: Connection,
    deployment: Deployment,
    loaded: Loaded,
    message: Inbound,
    now: datetime,
    older: Mapping[int, OpenSession],
    amends: tuple[int, int] | None,
) -> Step:
    """Take one message to a step that is not written yet.

    The database is asked only for what few messages need.
    """
    step = loading.step_for(connection, deployment, loaded, now, message.channel, older)
    heard = _hear(deployment, step, message, amends)
    if needs_finished(step, heard):
        loading.add_finished(connection, deployment, loaded, step)
    _add_what_it_needs(connection, deployment, loaded, step, heard)
    answer(step, heard, amends)
    return step


def _hear(
    deployment: Deployment, step: Step, message: Inbound, amends: tuple[int, int] | None
) -> Heard:
    """A press has no words to be looked at."""
    if message.kind is CHOICE:
        return Heard(message, None)
    silent = step.person.status in SILENT
    helped = helping.may_write(step, amends)
    return hear(message, step.person.language, deployment.scanner, silent=silent, helped=helped)


def _set_aside(connection: Connection, stored: Stored, error: str) -> None:
    _log.error("message set aside", inbox_id=stored.id, error=error)
    metrics.SET_ASIDE.inc()
    connection.execute(_MARK_FAILED, {"message": stored.id, "new_error": error})


def _failed(
    connection: Connection, deployment: Deployment, loaded: Loaded, route: Route, now: datetime
) -> Finished:
    """Tell the patient that the message is kept and was not understood; a person looks at it.

    The failed step may have moved what was loaded.
    """
    loaded = loading.load(connection, deployment, [loaded.row])[loaded.row.patient_id]
    step = loading.step_for(connection, deployment, loaded, now, route.channel, {})
    step.do(OpenCase(Kind.FAILED))
    step.add_line("failed", doctor=deployment.clinic.doctor_number)
    step.flush()
    return finish(loaded, step, route)


def _add_what_it_needs(
    connection: Connection, deployment: Deployment, loaded: Loaded, step: Step, heard: Heard
) -> None:
    command = heard.command
    needed = step.memory.task is not None or command is not None or heard.stops or heard.signs
    may_take_back = taking_back.may_need_people(step, heard.message)
    if needed or may_take_back or step.memory.visits or _may_alert(step):
        step.care = loading.care(connection, loaded, step.now)
    if command is None and step.memory.task is None:
        return
    if needs.addresses(step, command):
        loading.add_addresses(connection, deployment, loaded, step)
    if needs.directory(step, command):
        step.directory = loading.directory(connection, deployment)
    if needs.timeline(step, command):
        step.timeline = loading.timeline(connection, loaded)
    if needs.looks(step, command):
        step.looks = loading.looks(connection, loaded, needs.LOOKS)


def _may_alert(step: Step) -> bool:
    """Whether an answer may raise a red flag, which mails those who are to be alerted."""
    if step.open is not None and step.flow_of(step.open).has_flags:
        return True
    return bool(step.older) and any(step.flow_of(each).has_flags for each in step.older.values())


def _key(message: Inbound) -> tuple[str, str]:
    return message.channel, message.edit_of


def _written(message: Inbound) -> tuple[str, str]:
    """Channel and id of the message itself, whether this is its first version or an edit."""
    return message.channel, message.edit_of or message.external_id


def _amended(
    connection: Connection, messages: Sequence[Stored]
) -> dict[tuple[str, str], tuple[int, int]]:
    """Which session and turn the messages answered that were now edited."""
    keys = sorted({_key(m.message) for m in messages if m.message.kind is EDIT})
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
) -> dict[int, dict[int, OpenSession]]:
    """By patient, sessions that are not open any more and that a message may correct."""
    wanted = {session_id for session_id, _ in amended.values()}
    for stored in messages:
        kind, _, rest = stored.message.choice.partition(".")
        named = rest.partition(".")[0]
        if kind in ("q", "n") and named.isdecimal() and len(named) < 19:
            wanted.add(int(named))
    open_now = {loaded.open.id for loaded in found.values() if loaded.open}
    older: dict[int, dict[int, OpenSession]] = {}
    closed = loading.sessions(connection, found, wanted - open_now)
    for session_id, (patient_id, session) in closed.items():
        older.setdefault(patient_id, {})[session_id] = session
    return older


def _mark_answered(
    connection: Connection, answers: Sequence[tuple[Stored, tuple[int, int]]]
) -> None:
    """An edit of these finds its question; what was pressed cannot be edited.

    What an edit has answered is what the message answers from then on.
    """
    typed = [(stored.id, *place) for stored, place in answers if stored.message.kind is not CHOICE]
    _MARK_ANSWERED.run(connection, typed)
    for stored, (session, turn) in answers:
        if stored.message.edit_of:
            channel, message = _written(stored.message)
            owner = stored.ref.patient_id
            values = {"patient": owner, "session": session, "of_turn": turn}
            connection.execute(_MARK_EDITED, {"in": channel, "message": message, **values})


def _mark_for_desk(
    connection: Connection, messages: Sequence[Stored], finished: Sequence[Finished]
) -> None:
    """The desk sees what was written to it, never an answer to the assistant, nor a code."""
    marks = [
        (stored.id, FOR_DESK, done.step.memory.talk.number)
        for stored, done in zip(messages, finished, strict=True)
        if done.step.for_desk and not done.step.secret and done.step.memory.talk is not None
    ]
    _MARK_FOR_DESK.run(connection, marks)


def _hide_secrets(
    connection: Connection, messages: Sequence[Stored], finished: Sequence[Finished]
) -> None:
    """Whoever looks at the conversation later sees no code, and nothing that is not to be kept."""
    masks = [
        {
            "message": stored.id,
            "new_body": sealed(done.loaded.sealer, stored.id, masked(stored.message)),
        }
        for stored, done in zip(messages, finished, strict=True)
        if done.step.secret
    ]
    if masks:
        connection.execute(_MASK, masks)
