"""A person at the desk answers: takes a conversation over, writes in it, and hands it back.

The desk sees the newest conversation only: the message with which the patient asked for a
person, what they wrote to that person, and what the desk wrote. Answers, questionnaires and
what else was said to the assistant are not in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection, bindparam, select

from bot import ledger, loading
from bot.answering import key_of, tidied
from bot.channels.forms import FORMS
from bot.conversation import desk_talk, told, with_desk
from bot.conversation.memory import HANDS, Talk
from bot.conversation.step import Step
from bot.deployment import Deployment
from bot.desk import work
from bot.desk.thread import Line, lines, newest_heard, newest_in
from bot.desk.worker import Worker
from bot.held import NoSuchPatient
from bot.ledger import Route, finish
from bot.loading import Loaded
from bot.routing import routes
from bot.schedule import awake
from bot.segments import segments
from flows.model import Urgency
from trajectory import audit, cases, entries, patients, tables
from trajectory.case_reasons import Reason
from trajectory.cases import Kind
from trajectory.web_access import CHANNEL as WEB

LONGEST = 1000
"""Characters of one reply."""
LATELY = timedelta(hours=1)
"""Whoever wrote so lately is answered where they wrote, and in the quiet hours too."""
_SPEAKS = ("text", "choice", "edit", "other")

_inbox = tables.core(tables.Inbox)
_HEARD = (
    select(_inbox.c.channel, _inbox.c.received_at)
    .where(_inbox.c.patient_id == bindparam("patient"), _inbox.c.kind.in_(_SPEAKS))
    .order_by(_inbox.c.received_at.desc(), _inbox.c.id.desc())
    .limit(1)
)


class Barrier(StrEnum):
    """Why nobody can write to the patient now."""

    STOPPED = "stopped"
    """The patient has written STOP."""
    OVER = "over"
    """Their course has ended."""
    IN_DOUBT = "in-doubt"
    """It is being asked who reads at the patient's number."""
    UNREACHABLE = "unreachable"
    """No address works."""
    LEAVING = "leaving"
    """The patient has asked that everything be deleted."""


class CannotWrite(Exception):
    """Nothing reaches the patient now, for this reason."""

    def __init__(self, why: Barrier) -> None:
        super().__init__(why)
        self.why = why


class HeldBySomebody(Exception):
    """Somebody else at the desk, of this name, holds the conversation."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name


class NewMessages(Exception):
    """The patient has written since the page was made that this reply was typed on."""


class NotUnderWay(Exception):
    """The assistant has the conversation."""


class BadReply(Exception):
    """A reply that cannot be sent; `problem` is `empty` or `too-long`."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


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
    place = _place(connection, deployment, loaded, now)
    route = place.route
    barrier = _barrier(loaded, route)
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
        wanted = {
            case.patient_id: case.opened_at
            for case in cases.listed(connection)
            if case.kind is Kind.PERSON
        }
        rows = patients.read(connection, wanted)
        found = loading.load(connection, deployment, rows)
    now = deployment.clock.now()
    waiting = [_waiting(each, wanted[number], now) for number, each in found.items()]
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

    def note(connection: Connection) -> None:
        if patients.lock_conversations(connection, [patient_id]):
            audit.append(
                connection,
                deployment.ids,
                patient_id,
                actor=worker.actor,
                action="talk-opened",
                subject="",
                at=deployment.clock.now(),
            )

    deployment.database.run(note)


def take_over(deployment: Deployment, worker: Worker, patient_id: int) -> None:
    """What the patient writes from now on goes to the desk; the patient is told who writes.

    Raises:
        NoSuchPatient: erased meanwhile.
        CannotWrite: nothing would reach the patient.
    """

    def take(connection: Connection) -> None:
        with _turn(connection, deployment, patient_id) as turn:
            if not _holds(turn.step, worker):
                desk_talk.begin(turn.step, worker.id, worker.name, worker.actor)
        work.take_wish(connection, deployment, worker.actor, patient_id, turn.step.now)

    deployment.database.run(take)


def say(
    deployment: Deployment,
    worker: Worker,
    patient_id: int,
    text: str,
    *,
    form_id: str = "",
    seen: int = 0,
) -> None:
    """Send a reply, signed with the worker's name; the first takes the conversation over.

    `form_id` is of one form as it was shown: what comes twice is sent once. `seen` is
    `Conversation.seen` of the page that it was typed on.

    Raises:
        BadReply: empty, or longer than LONGEST.
        NoSuchPatient, CannotWrite: as `take_over`.
        HeldBySomebody: somebody else holds it; who wants to write takes it over first.
        NewMessages: the patient has written meanwhile.
    """
    words, key = tidied(text), key_of(form_id)
    if not words:
        raise BadReply("empty")
    if len(words) > LONGEST:
        raise BadReply("too-long")

    def send(connection: Connection) -> None:
        with _turn(connection, deployment, patient_id) as turn:
            if key and _is_said(connection, turn.loaded, worker, key):
                return
            _require_up_to_date(connection, turn.step, worker, seen)
            if not with_desk.is_on(turn.step):
                desk_talk.begin(turn.step, worker.id, worker.name, worker.actor)
            desk_talk.say(turn.step, words, key, worker.actor)
        work.take_wish(connection, deployment, worker.actor, patient_id, turn.step.now)

    deployment.database.run(send)


def hand_back(deployment: Deployment, worker: Worker, patient_id: int) -> None:
    """The assistant is back: the patient hears so, and what has waited is asked.

    Raises:
        NoSuchPatient: erased meanwhile.
        NotUnderWay: nobody holds it.
        HeldBySomebody: somebody else does.
    """

    def back(connection: Connection) -> None:
        with _turn(connection, deployment, patient_id, speaks=False) as turn:
            talk = turn.step.memory.talk
            if talk is None or not with_desk.is_on(turn.step):
                raise NotUnderWay
            if not _holds(turn.step, worker):
                raise HeldBySomebody(talk.name)
            desk_talk.hand_back(turn.step, worker.actor)
        row, now = turn.loaded.row, turn.step.now
        met = _met_by(connection, patient_id, talk)
        work.end_wish(connection, deployment, worker.actor, row, met, now)

    deployment.database.run(back)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a reply goes and when; no route: nowhere."""

    route: Route | None
    not_before: datetime | None
    lately: bool
    """The patient has just written."""


@dataclass(frozen=True, slots=True)
class _Turn:
    """One step that the desk takes in a conversation which this transaction holds."""

    step: Step
    loaded: Loaded


@contextmanager
def _turn(
    connection: Connection, deployment: Deployment, patient_id: int, *, speaks: bool = True
) -> Iterator[_Turn]:
    """Hold the conversation, and write what the step has left.

    `speaks`: raises CannotWrite where nothing reaches the patient; otherwise nothing is said then.
    """
    rows = patients.lock_conversations(connection, [patient_id])
    if not rows:
        raise NoSuchPatient
    now = deployment.clock.now()
    loaded = loading.load(connection, deployment, rows)[patient_id]
    place = _place(connection, deployment, loaded, now)
    barrier = _barrier(loaded, place.route)
    if speaks and barrier is not None:
        raise CannotWrite(barrier)
    route = place.route or Route(WEB, None)
    step = loading.step_for(connection, deployment, loaded, now, route.channel, {})
    step.not_before = place.not_before
    # Whoever has not written lately is not asked at night, nor more than the limits allow.
    step.hushed = step.bulk = not speaks and not place.lately
    yield _Turn(step, loaded)
    step.flush()
    if barrier is not None:
        told.hush(step)
    ledger.write(connection, deployment, [finish(loaded, step, route)])


def _place(connection: Connection, deployment: Deployment, loaded: Loaded, now: datetime) -> _Place:
    """Whoever has just written is answered there; a linked phone gets its link, as ever."""
    patient_id = loaded.row.patient_id
    best = routes(connection, deployment, [patient_id]).get(patient_id)
    heard = connection.execute(_HEARD, {"patient": patient_id}).first()
    if heard is None or now - heard.received_at > LATELY:
        waking = awake(now, loaded.person.zone)
        return _Place(best, waking if waking > now else None, lately=False)
    if best is None or (heard.channel == WEB and deployment.links(best.channel)):
        return _Place(best, None, lately=True)
    found = patients.addresses(connection, loaded.sealer, patient_id)
    there = [each for each in found if each.channel == heard.channel and each.status == "active"]
    there = [each for each in there if each.channel in FORMS]
    if not there or any(each.id == best.address_id for each in there):
        return _Place(best, None, lately=True)
    return _Place(Route(there[-1].channel, there[-1].id), None, lately=True)


def _barrier(loaded: Loaded, route: Route | None) -> Barrier | None:
    task, memory = loaded.memory.task, loaded.memory
    if memory.erasing:
        return Barrier.LEAVING
    if loaded.person.status == "stopped":
        return Barrier.STOPPED
    if loaded.person.status not in with_desk.REACHED:
        return Barrier.OVER
    if task is not None and task.name == HANDS:
        return Barrier.IN_DOUBT
    return Barrier.UNREACHABLE if route is None else None


def _met_by(connection: Connection, patient_id: int, talk: Talk) -> Reason | None:
    """How a conversation has met the wish for a person; None: the patient has had no word."""
    if talk.said_at:
        return Reason.ANSWERED
    return None if newest_in(connection, patient_id, talk.number) else Reason.NOTHING


def _holds(step: Step, worker: Worker) -> bool:
    talk = step.memory.talk
    return talk is not None and with_desk.is_on(step) and talk.who == worker.id


def _is_said(connection: Connection, loaded: Loaded, worker: Worker, key: str) -> bool:
    """Whether this form has come before: a second press."""
    said = entries.timeline(
        connection, loaded.sealer, loaded.row.patient_id, kinds={desk_talk.MESSAGE}
    )
    return any(
        each.author == worker.actor and (each.detail or {}).get("form") == key for each in said
    )


def _require_up_to_date(connection: Connection, step: Step, worker: Worker, seen: int) -> None:
    talk = step.memory.talk
    if talk is None or talk is not with_desk.newest(step):
        return
    if with_desk.is_on(step) and talk.who != worker.id:
        raise HeldBySomebody(talk.name)
    if newest_in(connection, step.person.id, talk.number) != seen:
        raise NewMessages


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
