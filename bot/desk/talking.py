"""A person at the desk answers: takes a conversation over, writes in it, and hands it back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection

from bot import ledger, loading
from bot.answering import key_of, tidied
from bot.conversation import desk_talk, told, with_desk
from bot.conversation.memory import Talk
from bot.conversation.step import Step
from bot.deployment import Deployment
from bot.desk import work
from bot.desk.talk_place import Barrier, barrier_of, place_of
from bot.desk.thread import newest_in
from bot.desk.worker import Worker
from bot.held import NoSuchPatient
from bot.ledger import Route, finish
from bot.loading import Loaded
from trajectory import entries, patients
from trajectory.case_reasons import Reason
from trajectory.web_access import CHANNEL as WEB

LONGEST = 1000
"""Characters of one reply."""


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
    place = place_of(connection, deployment, loaded, now)
    barrier = barrier_of(loaded, place.route)
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
