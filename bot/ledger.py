"""Writes the effects of steps: a few statements for a whole batch, in its transaction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection, bindparam, insert, update

from bot import due, outbox, rerouting
from bot.channels.forms import FORMS
from bot.conversation import effects as done
from bot.conversation.step import Step
from bot.deployment import Deployment
from bot.loading import SESSION_BODY, Loaded
from bot.messages import Message, Priority, Rendered
from bot.outbox import Outgoing
from bot.parts import in_parts
from trajectory import audit, care_team, cases, entries, grants, patients, tables
from trajectory.entries import NewEntry
from trajectory.patients import ConversationState

_session = tables.core(tables.Session)
_INSERT_SESSION = insert(_session)
_UPDATE_SESSION = (
    update(_session)
    .where(_session.c.id == bindparam("session"))
    .values(
        status=bindparam("new_status"),
        closed_at=bindparam("new_closed_at"),
        body=bindparam("new_body"),
    )
)
_Kind = TypeVar("_Kind")


@dataclass(frozen=True, slots=True)
class Route:
    """Where a step's messages to the patient go; None: nowhere is left."""

    channel: str
    address_id: int | None


@dataclass(slots=True)
class Finished:
    """A step that went through, to be written; made by `finish`."""

    loaded: Loaded
    step: Step
    route: Route
    said: Sequence[tuple[Message, Rendered]]
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


def finish(loaded: Loaded, step: Step, route: Route) -> Finished:
    """Render and seal what a step has left, so that nothing in it can fail any more."""
    form = FORMS[route.channel]
    said, saved = [], {}
    for effect in step.effects:
        if isinstance(effect, done.Say):
            message = effect.message
            said += [(message, part) for part in in_parts(form(message, step.words))]
        elif isinstance(effect, done.SaveSession):
            saved[effect.open.id] = effect.open
    sealer = loaded.sealer
    body = sealer.seal_json(patients.BODY, loaded.row.patient_id, step.memory.to_json())
    sessions = {
        row_id: sealer.seal_json(SESSION_BODY, row_id, open.to_json())
        for row_id, open in saved.items()
    }
    return Finished(loaded, step, route, said, body, sessions)


def write(connection: Connection, deployment: Deployment, steps: Sequence[Finished]) -> None:
    """Write every effect of these steps, at most one step a patient."""
    for finished in steps:
        finished.sequence = finished.loaded.row.sequence
    _write_entries(connection, steps)
    _write_sessions(connection, steps)
    _write_due(connection, deployment, steps)
    for finished in steps:
        for effect in finished.step.effects:
            _write_rare(connection, deployment, finished, effect)
    _write_messages(connection, deployment, steps)
    _write_conversations(connection, steps)


def _of_kind(steps: Sequence[Finished], kind: type[_Kind]) -> Iterator[tuple[Finished, _Kind]]:
    for finished in steps:
        for effect in finished.step.effects:
            if isinstance(effect, kind):
                yield finished, effect


def _write_entries(connection: Connection, steps: Sequence[Finished]) -> None:
    rows = [
        (finished.loaded.sealer, _entry(finished, record))
        for finished, record in _of_kind(steps, done.Record)
    ]
    if rows:
        entries.append(connection, rows)


def _entry(finished: Finished, record: done.Record) -> NewEntry:
    now = finished.step.now
    return NewEntry(
        id=record.id,
        patient_id=finished.patient_id,
        sequence=finished.next_sequence(),
        at=record.at or now,
        recorded_at=now,
        kind=record.kind,
        flow=record.flow,
        definition=record.definition,
        item=record.item,
        value=record.value,
        code=record.code,
        unit=record.unit,
        text=record.text,
        detail=record.detail,
        author=record.author,
        channel=finished.route.channel,
        session_id=record.session_id,
        turn=record.turn,
        supersedes=record.supersedes,
    )


def _write_sessions(connection: Connection, steps: Sequence[Finished]) -> None:
    opened: dict[int, dict[str, Any]] = {}
    changed: dict[int, dict[str, Any]] = {}
    for finished, save in _of_kind(steps, done.SaveSession):
        if save.opened or save.open.id in opened:
            opened[save.open.id] = _session_row(finished, save)
        else:
            changed[save.open.id] = _session_change(finished, save)
    if opened:
        connection.execute(_INSERT_SESSION, list(opened.values()))
    if changed:
        connection.execute(_UPDATE_SESSION, list(changed.values()))


def _session_row(finished: Finished, save: done.SaveSession) -> dict[str, Any]:
    session = save.open.session
    return {
        "id": save.open.id,
        "patient_id": finished.patient_id,
        "flow": session.flow,
        "definition": session.definition,
        "status": session.status.value,
        "opened_at": save.open.opened_at,
        "closed_at": save.open.closed_at,
        "body": finished.sessions[save.open.id],
    }


def _session_change(finished: Finished, save: done.SaveSession) -> dict[str, Any]:
    return {
        "session": save.open.id,
        "new_status": save.open.session.status.value,
        "new_closed_at": save.open.closed_at,
        "new_body": finished.sessions[save.open.id],
    }


def _write_due(connection: Connection, deployment: Deployment, steps: Sequence[Finished]) -> None:
    changes: list[tuple[int, done.SetDue | done.DropDue]] = [
        (finished.patient_id, effect)
        for finished in steps
        for effect in finished.step.effects
        if isinstance(effect, done.SetDue | done.DropDue)
    ]
    if changes:
        due.write(connection, deployment, changes)


def _write_rare(
    connection: Connection, deployment: Deployment, finished: Finished, effect: done.Effect
) -> None:
    """What happens seldom, one statement each."""
    loaded, step = finished.loaded, finished.step
    patient_id, now = finished.patient_id, step.now
    match effect:
        case done.SavePatient():
            _save_patient(connection, finished)
        case done.DropUnsent(safety):
            outbox.drop_unsent(connection, patient_id, safety=safety)
        case done.CloseAddress():
            if finished.route.address_id is not None:
                patients.set_address_status(connection, finished.route.address_id, "closed")
        case (
            done.SendCheck()
            | done.CountTry()
            | done.AddAddress()
            | done.PreferAddress()
            | done.MakeCode()
            | done.MakeLink()
        ):
            rerouting.write(connection, deployment, finished, effect)
        case done.AddMember(member):
            care_team.add(connection, loaded.sealer, member, patient_id=patient_id, now=now)
        case done.GiveGrant():
            grants.give(
                connection,
                deployment.ids,
                deployment.ring,
                loaded.sealer,
                patient_id=patient_id,
                member_id=effect.member_id,
                purposes=effect.purposes,
                until=effect.until,
                token=effect.token,
                word=effect.word,
                now=now,
            )
        case done.ChangePurposes(grant_id, purposes):
            grants.change_purposes(connection, grant_id, purposes)
        case done.EndGrant(grant_id):
            grants.end(connection, grant_id, now)
        case done.OpenCase(kind, urgency, entry_id):
            cases.open_case(
                connection,
                deployment.ids.take(connection),
                patient_id,
                kind,
                now=now,
                urgency=urgency,
                entry_id=entry_id,
            )
        case done.SetCase(kind, state):
            cases.set_state(connection, patient_id, kind, state, now)
        case done.Audit(action, subject, actor):
            audit.append(
                connection,
                deployment.ids,
                patient_id,
                actor=actor,
                action=action,
                subject=subject,
                at=now,
            )


def _save_patient(connection: Connection, finished: Finished) -> None:
    person = finished.step.person
    patients.change(
        connection,
        finished.patient_id,
        status=person.status,
        language=person.language,
        pathway=person.pathway,
        started_at=person.started_at,
    )
    patients.save_profile(connection, finished.loaded.sealer, finished.patient_id, person.profile())


def _write_messages(
    connection: Connection, deployment: Deployment, steps: Sequence[Finished]
) -> None:
    says = [
        _to_patient(finished, message, rendered)
        for finished in steps
        for message, rendered in finished.said
    ]
    mails = [_to_member(*pair) for pair in _of_kind(steps, done.Mail)]
    outbox.post(connection, deployment, says + mails)


def _to_patient(finished: Finished, message: Message, rendered: Rendered) -> Outgoing:
    return _outgoing(
        finished,
        finished.route.channel,
        rendered,
        message.priority,
        address_id=finished.route.address_id,
        session_id=message.session_id,
        turn=message.turn,
    )


def _to_member(finished: Finished, mail: done.Mail) -> Outgoing:
    rendered = Rendered(mail.text, subject=mail.subject)
    return _outgoing(
        finished, "email", rendered, Priority.REPLY, member_id=mail.member_id, to=mail.email
    )


def _outgoing(
    finished: Finished, channel: str, rendered: Rendered, priority: Priority, **more: Any
) -> Outgoing:
    return Outgoing(
        finished.loaded.sealer,
        finished.patient_id,
        finished.next_sequence(),
        channel,
        rendered,
        priority,
        finished.step.now,
        **more,
    )


def _write_conversations(connection: Connection, steps: Sequence[Finished]) -> None:
    patients.save_conversations(connection, [_state(finished) for finished in steps])


def _state(finished: Finished) -> ConversationState:
    open = finished.step.open
    return ConversationState(
        finished.patient_id, finished.sequence, open.id if open else None, finished.body
    )
