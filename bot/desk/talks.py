"""What the desk sees of conversations with patients: who waits, and one of them as it stands.

It is the newest conversation only: the message with which the patient asked for a person, what
they wrote to that person, and what the desk wrote. Answers, questionnaires and what else was
said to the assistant are not in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from bot import loading
from bot.answering import tidied
from bot.conversation import with_desk
from bot.conversation.memory import Talk
from bot.deployment import Deployment
from bot.desk.talk_place import Barrier, barrier_of, place_of
from bot.desk.thread import Line, lines, newest_heard
from bot.desk.worker import Worker
from bot.held import NoSuchPatient
from bot.loading import Loaded
from bot.segments import segments
from flows.model import Urgency
from trajectory import audit, cases, patients
from trajectory.cases import Kind

OPENED = "talk-opened"
"""What the audit calls it that somebody has read what the patient wrote to the desk."""
ONE_LOOK = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Conversation:
    """What the desk sees of one patient's conversation with a person."""

    patient_id: int
    name: str
    language: str
    zone: str
    lines: tuple[Line, ...]
    talk: Talk | None
    """How it stands; None: there has never been one."""
    under_way: bool
    """Somebody at the desk holds it."""
    barrier: Barrier | None
    channel: str
    """Where a reply would go; empty: nowhere."""
    by_link: bool
    """The reply stands on the secure page, and the phone gets a link to it."""
    goes_at: datetime | None
    """When a reply would go out, where that is not at once."""
    now: datetime
    """The moment that all of this is of."""
    danger: str
    """How urgent a warning sign is that stands on the work list; empty: there is none."""

    @property
    def taken_at(self) -> datetime | None:
        """Since when somebody at the desk holds it."""
        return _moment(self.talk.taken_at) if self.talk and self.under_way else None

    @property
    def waits_since(self) -> datetime | None:
        """Since when the patient waits for an answer."""
        return _moment(self.talk.waits_since) if self.talk and self.under_way else None

    @property
    def seen(self) -> int:
        """What the reply form gives back: the number of the patient's newest message."""
        return newest_heard(self.lines)


@dataclass(frozen=True, slots=True)
class Waiting:
    """One line of the list of conversations: somebody who wants a person, or writes with one."""

    patient_id: int
    name: str
    since: datetime
    holder: str
    """Who holds it; empty: nobody yet."""
    waits_since: datetime | None
    """Since when the patient waits for an answer from the desk."""


def conversation(deployment: Deployment, patient_id: int) -> Conversation:
    """How it stands. Raises NoSuchPatient."""
    now = deployment.clock.now()
    with deployment.database.read() as connection:
        rows = patients.read(connection, [patient_id])
        if not rows:
            raise NoSuchPatient
        loaded = loading.load(connection, deployment, rows)[patient_id]
        return _conversation(connection, deployment, loaded, now)


def _conversation(
    connection: Connection, deployment: Deployment, loaded: Loaded, now: datetime
) -> Conversation:
    person, talk = loaded.person, loaded.memory.talk
    place = place_of(connection, deployment, loaded, now)
    route = place.route
    barrier = barrier_of(loaded, route)
    return Conversation(
        person.id,
        person.name,
        person.language,
        person.timezone,
        tuple(lines(connection, loaded.sealer, person.id, talk.number)) if talk else (),
        talk,
        with_desk.is_under_way(talk, now) and barrier not in (Barrier.STOPPED, Barrier.OVER),
        barrier,
        route.channel if route else "",
        route is not None and deployment.links(route.channel),
        place.not_before,
        now,
        _danger(connection, person.id),
    )


def _danger(connection: Connection, patient_id: int) -> str:
    found = [cases.open_of(connection, patient_id, kind) for kind in cases.SAFETY]
    urgencies = [case.urgency or Urgency.SAME_DAY for case in found if case is not None]
    return next((each.value for each in Urgency if each in urgencies), "")


def listed(deployment: Deployment) -> list[Waiting]:
    """Everybody who waits for a person or writes with one, longest waiting first."""
    with deployment.database.read() as connection:
        found = cases.listed(connection, (Kind.PERSON,))
        wanted = {case.patient_id: case.opened_at for case in found}
        rows = patients.read(connection, wanted)
        loaded = loading.load(connection, deployment, rows)
    now = deployment.clock.now()
    waiting = [_waiting(each, wanted[number], now) for number, each in loaded.items()]
    return sorted(waiting, key=lambda each: (each.waits_since or each.since, each.patient_id))


def _waiting(loaded: Loaded, since: datetime, now: datetime) -> Waiting:
    talk, name = loaded.memory.talk, loaded.person.name
    if talk is None or not with_desk.is_under_way(talk, now):
        return Waiting(loaded.row.patient_id, name, since, "", since)
    return Waiting(loaded.row.patient_id, name, since, talk.name, _moment(talk.waits_since))


def _moment(iso: str) -> datetime | None:
    return datetime.fromisoformat(iso) if iso else None


def note_opened(deployment: Deployment, worker: Worker, patient_id: int) -> None:
    """The patient's audit says who has opened what they wrote to the desk."""
    now = deployment.clock.now()

    def note(connection: Connection) -> None:
        if patients.lock_conversations(connection, [patient_id]):
            audit.append(
                connection,
                deployment.ids,
                patient_id,
                actor=worker.actor,
                action=OPENED,
                subject="",
                at=now,
            )

    deployment.database.run(note)


def note_open_still(deployment: Deployment, worker: Worker, patient_id: int) -> None:
    """The same of a page that looks again by itself: noted once an hour."""
    since = deployment.clock.now() - ONE_LOOK
    with deployment.database.read() as connection:
        noted = audit.is_noted_since(connection, patient_id, worker.actor, OPENED, since)
    if not noted:
        note_opened(deployment, worker, patient_id)


def would_say(
    deployment: Deployment, worker: Worker, seen: Conversation, text: str
) -> tuple[str, int]:
    """A reply as it would go out to this patient, and the segments that it takes by SMS."""
    say, clinic = deployment.catalogues[seen.language].say, deployment.clinic
    signed = say("desk.says", name=worker.name, clinic=clinic.name, text=tidied(text))
    if seen.under_way:
        return signed, segments(signed)
    emergency = clinic.emergency_number
    begun = say("desk.begun", name=worker.name, clinic=clinic.name, emergency=emergency)
    whole = f"{begun}\n{signed}"
    return whole, segments(whole)
