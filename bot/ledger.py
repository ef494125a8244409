"""Writes the effects of steps: a few statements for a whole batch, in its transaction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias, TypeVar

from sqlalchemy import Connection

from bot import due, giving, outbox, readdressing
from bot.conversation import effects as done
from bot.conversation.memory import HANDS
from bot.conversation.step import Person, Step
from bot.deployment import Deployment
from bot.linking import Chat, Said, Talk, is_hidden, open_chats, spread
from bot.loading import SESSION_BODY, Loaded
from bot.messages import Priority, Rendered
from bot.outbox import Outgoing
from trajectory import (
    audit,
    care_team,
    cases,
    entries,
    finding,
    grants,
    patients,
    room_codes,
    tables,
    web_access,
)
from trajectory.audit import NewRecord
from trajectory.bulk import Insert, Update
from trajectory.entries import NewEntry
from trajectory.patients import ConversationState, NewPatient

_session = tables.core(tables.Session)
_INSERT_SESSION = Insert(
    _session, "id", "patient_id", "flow", "definition", "status", "opened_at", "closed_at", "body"
)
_UPDATE_SESSION = Update(_session, "id", "status", "closed_at", "body")
_TIMERS = (done.SetDue, done.DropDue)
_MANY_AT_ONCE = (
    done.Say,
    done.Record,
    done.SaveSession,
    *_TIMERS,
    done.SavePatient,
    done.Mail,
    done.Audit,
)
"""What is written for all steps at once; everything else by `_write_rare`."""
_Kind = TypeVar("_Kind")


class Route(NamedTuple):
    """Where a step's messages to the patient go; None: nowhere is left."""

    channel: str
    address_id: int | None


@dataclass(slots=True)
class Finished:
    """A step that went through, to be written; made by `finish`."""

    loaded: Loaded
    step: Step
    route: Route
    said: Sequence[Said]
    body: bytes
    """The conversation as it is after the step, sealed."""
    sessions: Mapping[int, bytes]
    """By id the sessions that the step opened, moved or closed, sealed."""
    sequence: int = 0

    @property
    def patient_id(self) -> int:
        """Whose step it is."""
        return self.loaded.row.patient_id

    def next_sequence(self) -> int:
        """The next number in this patient's order of entries and messages."""
        self.sequence += 1
        return self.sequence


_Effects: TypeAlias = Sequence[tuple[Finished, done.Effect]]
"""All effects of some steps, in order."""


def finish(loaded: Loaded, step: Step, route: Route) -> Finished:
    """Render and seal what a step has left, so that nothing in it can fail any more."""
    said: list[Said] = []
    saved = {}
    for effect in step.effects:
        if isinstance(effect, done.Say):
            said += spread(effect.message, step.words, route.channel, linked=step.linked)
        elif isinstance(effect, done.SaveSession):
            saved[effect.open.id] = effect.open
    sealer = loaded.sealer
    body = sealer.seal(patients.BODY, loaded.row.patient_id, step.memory.to_json())
    sessions = {
        row_id: sealer.seal(SESSION_BODY, row_id, open.to_json()) for row_id, open in saved.items()
    }
    return Finished(loaded, step, route, said, body, sessions)


def write(connection: Connection, deployment: Deployment, steps: Sequence[Finished]) -> None:
    """Write every effect of these steps, at most one step a patient; of none, nothing."""
    if not steps:
        return
    for finished in steps:
        finished.sequence = finished.loaded.row.sequence
    effects = [(finished, effect) for finished in steps for effect in finished.step.effects]
    _write_entries(connection, effects)
    _write_sessions(connection, effects)
    _write_due(connection, deployment, effects)
    _write_patients(connection, deployment, effects)
    _hold_unsent(connection, effects)
    for finished, effect in effects:
        if not isinstance(effect, _MANY_AT_ONCE):
            _write_rare(connection, deployment, finished, effect)
    _write_audits(connection, deployment, effects)
    _write_messages(connection, deployment, steps, effects)
    _write_conversations(connection, steps)


def _of_kind(effects: _Effects, kind: type[_Kind]) -> list[tuple[Finished, _Kind]]:
    return [(finished, effect) for finished, effect in effects if isinstance(effect, kind)]


def _write_entries(connection: Connection, effects: _Effects) -> None:
    rows = [
        (finished.loaded.sealer, _entry(finished, record))
        for finished, record in _of_kind(effects, done.Record)
    ]
    if rows:
        entries.append(connection, rows)


def _entry(finished: Finished, record: done.Record) -> NewEntry:
    step = finished.step
    return NewEntry(
        record.id,
        finished.patient_id,
        finished.next_sequence(),
        record.at or step.said_at,
        step.now,
        record.kind,
        record.flow,
        record.definition,
        record.item,
        record.value,
        record.code,
        record.unit,
        record.text,
        record.detail,
        record.author,
        finished.route.channel if step.entering is None else step.entering.mode,
        record.session_id,
        record.turn,
        record.supersedes,
    )


def _write_sessions(connection: Connection, effects: _Effects) -> None:
    opened: dict[int, tuple[Any, ...]] = {}
    changed: dict[int, tuple[Any, ...]] = {}
    for finished, save in _of_kind(effects, done.SaveSession):
        if save.opened or save.open.id in opened:
            opened[save.open.id] = _session_row(finished, save)
        else:
            changed[save.open.id] = _session_change(finished, save)
    _INSERT_SESSION.run(connection, list(opened.values()))
    _UPDATE_SESSION.run(connection, list(changed.values()))


def _session_row(finished: Finished, save: done.SaveSession) -> tuple[Any, ...]:
    open, session = save.open, save.open.session
    return (
        open.id,
        finished.patient_id,
        session.flow,
        session.definition,
        str(session.status),
        open.opened_at,
        open.closed_at,
        finished.sessions[open.id],
    )


def _session_change(finished: Finished, save: done.SaveSession) -> tuple[Any, ...]:
    open = save.open
    return open.id, str(open.session.status), open.closed_at, finished.sessions[open.id]


def _write_due(connection: Connection, deployment: Deployment, effects: _Effects) -> None:
    changes: list[tuple[int, done.SetDue | done.DropDue]] = [
        (finished.patient_id, effect) for finished, effect in effects if isinstance(effect, _TIMERS)
    ]
    if changes:
        due.write(connection, deployment, changes)


def _hold_unsent(connection: Connection, effects: _Effects) -> None:
    """Before any of the batch's addresses is written, since what follows may close one."""
    silenced = {finished.patient_id for finished, _ in _of_kind(effects, done.DropUnsent)}
    if silenced:
        outbox.hold_unsent(connection, silenced)


def _write_rare(
    connection: Connection, deployment: Deployment, finished: Finished, effect: done.Effect
) -> None:
    """What happens seldom, one statement each."""
    loaded, step = finished.loaded, finished.step
    patient_id, now = finished.patient_id, step.now
    match effect:
        case done.DropUnsent(safety):
            outbox.drop_unsent(connection, patient_id, safety=safety)
        case done.CloseAddress():
            if finished.route.address_id is not None:
                patients.set_address_status(connection, finished.route.address_id, "closed")
                web_access.close_links(connection, patient_id, now)
        case (
            done.SendCheck()
            | done.CountTry()
            | done.AddAddress()
            | done.PreferAddress()
            | done.MakeCode()
            | done.MakeLink()
        ):
            readdressing.write(connection, deployment, finished, effect)
        case done.MakeRoomCode(code):
            room_codes.create(connection, deployment.ids, deployment.ring, patient_id, code, now)
        case done.AddMember(member):
            care_team.add(connection, loaded.sealer, member, patient_id=patient_id, now=now)
        case done.GiveEmail(member_id, email):
            care_team.give_email(connection, loaded.sealer, member_id, email)
        case done.GiveGrant() | done.KeepWorkPage() | done.RenameMember() | done.RemoveMember():
            giving.write(connection, deployment, finished, effect)
        case done.ChangePurposes(grant_id, purposes):
            grants.change_purposes(connection, grant_id, purposes)
        case done.EndGrant(grant_id):
            grants.end(connection, grant_id, now)
        case done.OpenCase(kind, urgency, entry_id, cause):
            cases.open_case(
                connection,
                deployment.ids.take(connection),
                patient_id,
                kind,
                now=now,
                urgency=urgency,
                entry_id=entry_id,
                cause=cause,
            )
        case done.SetCase(kind, state, by, reason):
            cases.set_state(connection, patient_id, kind, state, now, by, reason)


def _write_patients(connection: Connection, deployment: Deployment, effects: _Effects) -> None:
    saved = {finished.patient_id: finished for finished, _ in _of_kind(effects, done.SavePatient)}
    people = [(key, each.loaded.sealer, described(each.step.person)) for key, each in saved.items()]
    patients.save_all(connection, people)
    for patient_id, each in saved.items():
        person = each.step.person
        if person.name != each.loaded.name:
            finding.add_anew(connection, deployment.ring, patient_id, person.profile())


def described(person: Person) -> NewPatient:
    """What table `patient` keeps of this person."""
    return NewPatient(
        person.language,
        person.timezone,
        person.pathway,
        person.status,
        person.profile(),
        person.started_at,
        person.planned_by,
    )


def _write_audits(connection: Connection, deployment: Deployment, effects: _Effects) -> None:
    records = [
        NewRecord(finished.patient_id, audited.actor, audited.action, audited.subject)
        for finished, audited in _of_kind(effects, done.Audit)
    ]
    if records:
        audit.append_all(connection, deployment.ids, records, effects[0][0].step.now)


def _write_messages(
    connection: Connection, deployment: Deployment, steps: Sequence[Finished], effects: _Effects
) -> None:
    talks = [_talk(finished) for finished in steps if finished.step.linked and finished.said]
    first = steps[0].step
    chats = open_chats(connection, deployment, talks, first.now, first.not_before) if talks else {}
    says = [
        message
        for finished in steps
        for message in _to_patient(finished, chats.get(finished.patient_id))
    ]
    mails = [_to_member(*pair) for pair in _of_kind(effects, done.Mail)]
    outbox.post(connection, deployment, says + mails)


def _talk(finished: Finished) -> Talk:
    step = finished.step
    in_doubt = step.memory.task is not None and step.memory.task.name == HANDS
    return Talk(
        finished.patient_id,
        finished.loaded.sealer,
        step.words,
        finished.route.address_id,
        nudges=not in_doubt and any(is_hidden(said) for said in finished.said),
        scheduled=step.bulk,
    )


def place_of(chat: Chat | None) -> Route:
    """Where what is meant for the web chat goes; nowhere else, should it be missing."""
    if chat is None:
        raise ValueError("no web chat was opened")
    return Route(web_access.CHANNEL, chat.address_id)


def _to_patient(finished: Finished, chat: Chat | None) -> Iterator[Outgoing]:
    here, waits = finished.route, finished.step.not_before
    for message, rendered, in_chat in finished.said:
        route = place_of(chat) if in_chat else here
        yield _outgoing(
            finished,
            route.channel,
            rendered,
            message.priority,
            address_id=route.address_id,
            session_id=message.session_id,
            turn=message.turn,
            not_before=None if message.priority is Priority.SAFETY else waits,
            entry_id=message.entry_id,
        )
    if chat and chat.nudge:
        yield _outgoing(
            finished,
            here.channel,
            chat.nudge,
            Priority.BULK if finished.step.bulk else Priority.REPLY,
            address_id=here.address_id,
            not_before=waits,
            entry_id=next((said.message.entry_id for said in finished.said if said.in_chat), None),
        )


def _to_member(finished: Finished, mail: done.Mail) -> Outgoing:
    rendered = Rendered(mail.text, subject=mail.subject)
    return _outgoing(
        finished, "email", rendered, Priority.REPLY, member_id=mail.member_id, to=mail.email
    )


def _outgoing(
    finished: Finished,
    channel: str,
    rendered: Rendered,
    priority: Priority,
    *,
    address_id: int | None = None,
    member_id: int | None = None,
    to: str = "",
    session_id: int | None = None,
    turn: int | None = None,
    not_before: datetime | None = None,
    entry_id: int | None = None,
) -> Outgoing:
    return Outgoing(
        finished.loaded.sealer,
        finished.patient_id,
        finished.next_sequence(),
        channel,
        rendered,
        priority,
        finished.step.now,
        address_id,
        member_id,
        to,
        session_id,
        turn,
        not_before,
        entry_id,
    )


def _write_conversations(connection: Connection, steps: Sequence[Finished]) -> None:
    patients.save_conversations(connection, [_state(finished) for finished in steps])


def _state(finished: Finished) -> ConversationState:
    open = finished.step.open
    return ConversationState(
        finished.patient_id, finished.sequence, open.id if open else None, finished.body
    )
