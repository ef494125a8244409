"""What is done about a case on the clinic's list: taken, given back, and done for a reason.

The desk and `backtrace cases` do the same by these functions. Whoever acts is named as the
audit calls them: `desk:<number in the directory>`, or `operator`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import Connection

from bot import ledger, loading
from bot.conversation import safety
from bot.conversation.released import release
from bot.conversation.step import Step
from bot.deployment import Deployment
from bot.ledger import Route, finish
from bot.routing import routes
from trajectory import audit, cases, patients, web_access
from trajectory.case_reasons import REASONS, Reason
from trajectory.cases import Case, Kind
from trajectory.patients import LockedPatient

LONGEST_NOTE = 1000
"""Characters beside a reason."""
_SEEN: Mapping[Reason, bool | None] = {
    Reason.DOCTOR_LOOKED: True,
    Reason.SPOKE: None,
    Reason.MISTAKE: False,
}
"""What lets the questions go on that an emergency holds, and what it says of a doctor.

Where nobody spoke with the patient they stay held, and the patient is still asked.
"""


class NoSuchCase(Exception):
    """There is no case of this number, or its patient was erased."""


class IsDone(Exception):
    """The case is off the list already."""

    def __init__(self, case: Case) -> None:
        super().__init__()
        self.case = case


class HasOwner(Exception):
    """Somebody else looks after the case."""

    def __init__(self, owner: str) -> None:
        super().__init__()
        self.owner = owner


class NoReason(Exception):
    """A case of this kind is not done for this reason."""


class TooLong(Exception):
    """What was written beside the reason has more than `LONGEST_NOTE` characters."""


def take(deployment: Deployment, actor: str, case_id: int, before: str | None) -> None:
    """Look after this case from now on, and know how it stands.

    `before` is who had it as far as `actor` knows (None: nobody): of two who take it at the
    same moment one gets it, and the other is told.

    Raises:
        NoSuchCase: there is none.
        IsDone: it is off the list.
        HasOwner: somebody else has it by now.
    """
    now = deployment.clock.now()

    def work(connection: Connection) -> None:
        with _held(connection, case_id) as (case, _):
            if case.owner not in (before, actor):
                raise HasOwner(case.owner or "")
            cases.own(connection, case_id, actor, now)
            if case.owner != actor:
                _note(connection, deployment, case, actor, "case-taken", now)

    deployment.database.run(work)


def give_back(deployment: Deployment, actor: str, case_id: int) -> None:
    """Look after this case no more; it waits for anybody. Raises as `take`."""
    now = deployment.clock.now()

    def work(connection: Connection) -> None:
        with _held(connection, case_id) as (case, _):
            _require_free(case, actor)
            if case.owner is not None:
                cases.own(connection, case_id, None, now)
                _note(connection, deployment, case, actor, "case-given-back", now)

    deployment.database.run(work)


def done(deployment: Deployment, actor: str, case_id: int, reason: Reason, note: str = "") -> Case:
    """Take a case off the list for good; as it was before.

    What an emergency held goes on, where the reason says that the patient is looked after.

    Raises:
        NoSuchCase: there is none.
        IsDone: it is off the list.
        HasOwner: somebody else has it.
        NoReason: not one of the reasons for this kind of case.
        TooLong: the note is.
    """
    now, note = deployment.clock.now(), note.strip()
    if len(note) > LONGEST_NOTE:
        raise TooLong
    return deployment.database.run(
        lambda connection: _done(connection, deployment, actor, case_id, reason, note, now)
    )


def _done(
    connection: Connection,
    deployment: Deployment,
    actor: str,
    case_id: int,
    reason: Reason,
    note: str,
    now: datetime,
) -> Case:
    with _held(connection, case_id) as (case, row):
        _require_free(case, actor)
        if reason not in REASONS[case.kind]:
            raise NoReason
        sealer = row.sealer(deployment.ring)
        cases.close(connection, sealer, case_id, by=actor, reason=reason, note=note, now=now)
        _note(connection, deployment, case, actor, "case-handled", now, f",{reason}")
        _follow(connection, deployment, row, case, reason, now)
    return case


def take_wish(
    connection: Connection, deployment: Deployment, actor: str, patient_id: int, now: datetime
) -> None:
    """Whoever writes with a patient looks after their wish for a person; the patient is held."""
    case = cases.open_of(connection, patient_id, Kind.PERSON)
    if case is None:
        return
    cases.own(connection, case.id, actor, now)
    if case.owner != actor:
        _note(connection, deployment, case, actor, "case-taken", now)


def end_wish(
    connection: Connection,
    deployment: Deployment,
    actor: str,
    row: LockedPatient,
    reason: Reason | None,
    now: datetime,
) -> None:
    """The wish for a person is met for this reason; None: it waits on the list for anybody."""
    case = cases.open_of(connection, row.patient_id, Kind.PERSON)
    if case is None:
        return
    if reason is None:
        cases.own(connection, case.id, None, now)
        _note(connection, deployment, case, actor, "case-given-back", now)
        return
    sealer = row.sealer(deployment.ring)
    cases.close(connection, sealer, case.id, by=actor, reason=reason, note="", now=now)
    _note(connection, deployment, case, actor, "case-handled", now, f",{reason}")


@contextmanager
def _held(connection: Connection, case_id: int) -> Iterator[tuple[Case, LockedPatient]]:
    """A case that is on the list, and its patient, whose conversation is held."""
    found = cases.by_id(connection, case_id)
    rows = patients.lock_conversations(connection, [found.patient_id] if found else [])
    # Under the lock once more: somebody may have been quicker.
    case = cases.by_id(connection, case_id) if rows else None
    if case is None:
        raise NoSuchCase
    if not case.is_listed:
        raise IsDone(case)
    yield case, rows[0]


def _require_free(case: Case, actor: str) -> None:
    if case.owner not in (None, actor):
        raise HasOwner(case.owner or "")


def _note(
    connection: Connection,
    deployment: Deployment,
    case: Case,
    actor: str,
    action: str,
    now: datetime,
    more: str = "",
) -> None:
    audit.append(
        connection,
        deployment.ids,
        case.patient_id,
        actor=actor,
        action=action,
        subject=f"case:{case.id}{more}",
        at=now,
    )


def _follow(
    connection: Connection,
    deployment: Deployment,
    row: LockedPatient,
    case: Case,
    reason: Reason,
    now: datetime,
) -> None:
    """What the conversation is to know of it."""
    releases = case.kind is Kind.RED_FLAG and reason in _SEEN
    corrects = case.kind is Kind.UNREACHABLE and reason is Reason.CORRECTED
    if not (releases or corrects or case.kind is Kind.NOT_REACHED):
        return
    route = routes(connection, deployment, [row.patient_id]).get(row.patient_id)
    loaded = loading.load(connection, deployment, [row])[row.patient_id]
    channel = route.channel if route else web_access.CHANNEL
    step = loading.step_for(connection, deployment, loaded, now, channel, {})
    if releases:
        if safety.screens(step) or step.memory.visits:
            step.care = loading.care(connection, loaded, now)
        release(step, seen=_SEEN[reason], reached=route is not None)
    else:
        _look_anew(step)
    ledger.write(connection, deployment, [finish(loaded, step, route or Route(channel, None))])


def _look_anew(step: Step) -> None:
    """The next message that does not arrive is a new case."""
    step.memory.unreachable = ""
