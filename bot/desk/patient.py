"""A patient as the desk sees them: how they are reached and where their course stands.

No answers, no scores, no words of theirs, nothing that they share. That the page was opened stands
in the patient's audit first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import StrEnum

from sqlalchemy import bindparam, func, or_, select

from bot import due, outbox
from bot.conversation import pausing
from bot.conversation.memory import HANDS, Memory
from bot.conversation.step import Person
from bot.conversation.tasks import enrolment
from bot.deployment import Deployment
from bot.desk.addresses import BY_NUMBER
from bot.desk.identity import as_shown
from bot.desk.worker import Worker
from bot.held import Held, with_held
from trajectory import care_team, cases, consents, entries, patients, tables
from trajectory.care_team import Member
from trajectory.cases import Case
from trajectory.patients import LOCKED, Address

OPENED = "desk-opened"
"""What the audit calls it that somebody at the desk has opened a page with a patient's name."""

_outbox = tables.core(tables.Outbox)
_inbox = tables.core(tables.Inbox)
_due = tables.core(tables.Due)
_PATIENT = bindparam("patient", type_=_inbox.c.patient_id.type)
_LAST_OUT = select(func.max(_outbox.c.sent_at)).where(
    _outbox.c.patient_id == _PATIENT, _outbox.c.member_id.is_(None)
)
_LAST_IN = select(func.max(_inbox.c.received_at)).where(_inbox.c.patient_id == _PATIENT)
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_NEXT = (
    select(_due.c.at, _due.c.kind)
    .where(
        _due.c.owner_kind == due.PATIENT,
        _due.c.owner_id == _PATIENT,
        # What closes a question is nothing that the patient gets.
        _due.c.kind.not_in((*due.MISHAPS, "expire")),
        or_(
            _due.c.kind.not_in(pausing.HELD),
            _due.c.at >= bindparam("rests_until", type_=_due.c.at.type),
        ),
    )
    .order_by(_due.c.at, _due.c.id)
    .limit(1)
)


class Standing(StrEnum):
    """Where a patient's course stands."""

    NOT_HEARD = "not-heard"
    """Enrolled, and never heard from yet."""
    ENROLLING = "enrolling"
    RUNNING = "running"
    PAUSED = "paused"
    QUIET = "quiet"
    """The patient has left so much unanswered that nothing is asked until they write."""
    STOPPED = "stopped"
    """The patient has written STOP."""
    DECLINED = "declined"
    """The patient has said no to the questions."""
    MOVED = "moved"
    DISCHARGED = "discharged"
    DIED = "died"
    ERASING = "erasing"
    """The patient has asked to be erased; it happens in a moment."""


@dataclass(frozen=True, slots=True)
class Next:
    """What comes next by itself; `kind` is that of the due row."""

    at: datetime
    kind: str


@dataclass(frozen=True, slots=True)
class Consent:
    """What the patient agrees to: a purpose, the version of its text, and since when."""

    purpose: str
    version: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Contact:
    """All that the desk's page of a patient shows."""

    patient_id: int
    name: str
    birth_date: date | None
    language: str
    timezone: str
    hour: time
    weekday: int
    pathway: str | None
    standing: Standing
    paused_until: datetime | None
    in_doubt: bool
    """It is asked just now who reads at the patient's address."""
    has_code: bool
    """The patient has four digits of their own."""
    addresses: Sequence[Address]
    noted: str
    """The telephone number that the clinic has, in E.164; empty where it has none to ring."""
    held_back: int
    """Messages that wait for a lock's end."""
    last_out: datetime | None
    last_in: datetime | None
    next: Next | None
    care_team: Sequence[Member]
    consents: Sequence[Consent]
    cases: Sequence[Case]

    @property
    def identity(self) -> str:
        """From what a form that corrects it is filled."""
        return as_shown(self.name, self.birth_date)

    @property
    def phones(self) -> Sequence[Address]:
        """Addresses that a lost phone would open."""
        return [each for each in self.addresses if each.channel != "web"]

    @property
    def locked(self) -> Sequence[Address]:
        """Those that are locked."""
        return [each for each in self.addresses if each.status == LOCKED]

    @property
    def is_over(self) -> bool:
        """Whether the course was ended by the clinic or a death, and may be taken up again."""
        return self.standing in (Standing.MOVED, Standing.DISCHARGED, Standing.DIED)

    @property
    def may_rest(self) -> bool:
        """Whether a pause can begin or end."""
        running = (Standing.RUNNING, Standing.PAUSED, Standing.QUIET)
        return self.standing in running and not self.in_doubt


def open_contact(deployment: Deployment, worker: Worker, patient_id: int) -> Contact:
    """A patient's page, opened by this worker: it is audited.

    Raises:
        NoSuchPatient: nobody has this number.
        trajectory.database.Unavailable: nothing was read.
    """
    return with_held(deployment, patient_id, lambda held: _open(held, worker))


def note_opened(deployment: Deployment, worker: Worker, patient_id: int) -> None:
    """The audit says that another of the pages about this patient was opened.

    Raises:
        NoSuchPatient: nobody has this number.
        trajectory.database.Unavailable: nothing was stored.
    """
    with_held(deployment, patient_id, lambda held: held.audit(worker.actor, OPENED, ""))


def standing_of(person: Person, memory: Memory, now: datetime) -> Standing:
    """Where the course of this patient stands."""
    why = memory.ended.get("why") or ("died" if memory.died else "")
    if memory.erasing:
        return Standing.ERASING
    if person.status == "ended":
        return Standing(why) if why else Standing.DECLINED
    if person.status == "enrolling":
        waits = enrolment.waits(memory.task)
        return Standing.NOT_HEARD if waits else Standing.ENROLLING
    if person.status == "stopped":
        return Standing.STOPPED
    if _paused_until(memory, now):
        return Standing.PAUSED
    return Standing.QUIET if memory.quiet else Standing.RUNNING


def _paused_until(memory: Memory, now: datetime) -> datetime | None:
    until = datetime.fromisoformat(memory.paused_until) if memory.paused_until else None
    return until if until is not None and now < until else None


def _open(held: Held, worker: Worker) -> Contact:
    held.audit(worker.actor, OPENED, "")
    connection, person, memory = held.connection, held.person, held.loaded.memory
    asked = {"patient": held.patient_id}
    rests_until = _paused_until(memory, held.now)
    following = connection.execute(_NEXT, asked | {"rests_until": rests_until or _LONG_AGO}).first()
    known = patients.addresses(connection, held.sealer, held.patient_id)
    return Contact(
        patient_id=held.patient_id,
        name=person.name,
        birth_date=person.born,
        language=person.language,
        timezone=person.timezone,
        hour=person.hour,
        weekday=person.weekday,
        pathway=person.pathway,
        standing=standing_of(person, memory, held.now),
        paused_until=rests_until,
        in_doubt=memory.task is not None and memory.task.name == HANDS,
        has_code=bool(person.code),
        addresses=[each for each in known if each.status != "closed"],
        noted=_noted(person.phone, known),
        held_back=len(outbox.held_back(connection, held.patient_id)),
        last_out=connection.execute(_LAST_OUT, asked).scalar(),
        last_in=connection.execute(_LAST_IN, asked).scalar(),
        next=Next(following.at, following.kind) if following else None,
        care_team=care_team.active(connection, held.sealer, held.patient_id),
        consents=_consents(held),
        cases=[cases.unsaid(each) for each in cases.open_for(connection, held.patient_id)],
    )


def _noted(phone: str, known: Sequence[Address]) -> str:
    """The clinic's number, unless one that works is known, or it is locked or not theirs."""
    rings = (each.channel in BY_NUMBER and each.status == "active" for each in known)
    return "" if any(rings) or any(each.value == phone for each in known) else phone


def _consents(held: Held) -> list[Consent]:
    timeline = entries.timeline(
        held.connection, held.sealer, held.patient_id, kinds={consents.KIND}
    )
    return [
        Consent(purpose, str((entry.detail or {}).get("version", "")), entry.at)
        for purpose, entry in sorted(consents.given(timeline).items())
    ]
