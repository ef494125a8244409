"""What can be entered for a patient from paper, by telephone or on the clinic's tablet, and when.

Nothing here shows an answer, save what somebody has just typed themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from bot import loading
from bot.conversation import consents
from bot.conversation.memory import OpenSession
from bot.conversation.step import Step
from bot.deployment import Deployment
from bot.held import NoSuchPatient
from bot.loading import Loaded
from bot.schedule import at_local
from flows import forms
from flows.forms import Fault, Form
from flows.model import Flow, Item
from flows.session import FINISHED, Session
from trajectory import patients, tables

CORRECTED_FOR = timedelta(minutes=15)
"""How long whoever typed something may put it right."""
OLDEST = timedelta(days=366)
"""Answers older than this are taken for a slip in the year."""
REPEATED_WITHIN = timedelta(hours=12)
"""How long a page that is posted once more is known to be the same."""

_session = tables.core(tables.Session)


class Mode(StrEnum):
    """How the patient answered."""

    PAPER = "paper"
    TELEPHONE = "telephone"
    TABLET = "tablet"


class Refused(StrEnum):
    """Why nothing may be entered for this patient, or not for this time."""

    NOT_AGREED = "not-agreed"
    """The patient has not agreed yet that anything is kept, or not any more."""
    ENDED = "ended"
    """The course has ended."""
    NO_SUCH_MODE = "no-such-mode"
    """Neither on paper, nor by telephone, nor on a tablet."""
    NO_SUCH_DAY = "no-such-day"
    """Not a date, or not a time."""
    FUTURE = "future"
    TOO_OLD = "too-old"
    NO_SUCH_FLOW = "no-such-flow"
    """The patient's pathway does not ask this."""
    TOO_LATE = "too-late"
    """It was entered too long ago to be corrected here, or by somebody else."""
    THERE_ALREADY = "there-already"
    """The same questionnaire is finished for that day."""


class NotTaken(Exception):
    """Nothing was stored: `why` says why, or `faults` what is wrong at which question."""

    def __init__(self, why: Refused | None = None, faults: dict[str, Fault] | None = None) -> None:
        super().__init__(why or "faults")
        self.why = why
        self.faults = faults or {}


@dataclass(frozen=True, slots=True)
class Sheet:
    """What was typed from a form. `mark` is the page's own, so that a repeat is none."""

    flow_id: str
    mode: Mode
    at: datetime
    form: Form
    mark: str
    again: bool = False
    """Enter it although the same is finished for that day."""


class Offered(NamedTuple):
    """A patient, and what can be entered for them."""

    name: str
    timezone: str
    language: str
    flows: tuple[Flow, ...]
    waiting: frozenset[str]
    """Ids of those that the chat is asking, or is about to ask."""
    refused: Refused | None

    def flow(self, flow_id: str) -> Flow:
        """The one of this id. Raises NotTaken."""
        found = next((flow for flow in self.flows if flow.id == flow_id), None)
        if found is None:
            raise NotTaken(Refused.NO_SUCH_FLOW)
        return found


class Blank(NamedTuple):
    """A form as its page shows it, empty or as it was typed."""

    patient: Offered
    flow: Flow
    items: tuple[Item, ...]
    form: Form


def offered(deployment: Deployment, patient_id: int, now: datetime) -> Offered:
    """What this patient's pathway asks, due or not. Raises NoSuchPatient."""
    with deployment.database.read() as connection:
        return _offered(_step(connection, deployment, patient_id, now)[1])


def blank(deployment: Deployment, patient_id: int, flow_id: str, now: datetime) -> Blank:
    """An empty form. Raises NoSuchPatient, NotTaken."""
    with deployment.database.read() as connection:
        step = _step(connection, deployment, patient_id, now)[1]
    patient = _offered(step)
    if patient.refused is not None:
        raise NotTaken(patient.refused)
    flow = patient.flow(flow_id)
    return Blank(patient, flow, forms.asked(flow, empty(step, flow)), {})


def typed(
    deployment: Deployment, worker_id: int, patient_id: int, session_id: int, now: datetime
) -> tuple[Blank, OpenSession]:
    """The form as this worker typed it a moment ago. Raises NoSuchPatient, NotTaken."""
    with deployment.database.read() as connection:
        loaded, step = _step(connection, deployment, patient_id, now)
        open = correctable(connection, loaded, worker_id, session_id, now)
        step.recalled = loading.recalled(connection, deployment, [open])
    flow = step.flow_of(open)
    marked = {item: tuple(two) for item, two in open.form.get("marked", {}).items()}
    form = forms.read_back(flow, open.session, marked)
    shown = Blank(_offered(step), flow, forms.asked(flow, open.session), form)
    return shown, open


def moment(day: str, clock: str, zone: ZoneInfo, now: datetime) -> datetime:
    """When it was answered, from a date (ISO) and a time, which may be left out.

    Without a time it is noon, or now where noon is still to come. Raises NotTaken.
    """
    try:
        on = date.fromisoformat(day)
        at = at_local(on, time.fromisoformat(clock) if clock else time(12), zone)
    except (ValueError, OverflowError):
        raise NotTaken(Refused.NO_SUCH_DAY) from None
    if not clock and at > now and on == now.astimezone(zone).date():
        at = now
    check_moment(at, now)
    return at


def check_moment(at: datetime, now: datetime) -> None:
    """Nobody answers in the future, or enters what is so old. Raises NotTaken."""
    if at > now:
        raise NotTaken(Refused.FUTURE)
    if now - at > OLDEST:
        raise NotTaken(Refused.TOO_OLD)


def refused(step: Step) -> Refused | None:
    """Why nothing can be entered for this patient; None: it can."""
    if step.person.status == "ended" or step.memory.died:
        return Refused.ENDED
    agreed = consents.is_agreed(step) and not step.memory.erasing
    return None if agreed else Refused.NOT_AGREED


def flows_of(step: Step) -> tuple[Flow, ...]:
    """What the patient's pathway may ask, in the order in which questions go before others."""
    library, pathway = step.world.library, step.pathway
    if pathway is not None:
        found = library.offering([pathway.id]).asked()
    else:
        found = list(library.flows.values())
    return tuple(sorted(found, key=lambda flow: (flow.priority, flow.id)))


def empty(step: Step, flow: Flow) -> Session:
    """The session that this patient's form is filled into."""
    return forms.empty(flow, language=step.person.language, facts=step.memory.facts)


def same_mark(
    connection: Connection, loaded: Loaded, sheet: Sheet, now: datetime
) -> OpenSession | None:
    """The session that came of the same page, posted before."""
    if not sheet.mark:
        return None
    rows = connection.execute(
        select(_session.c.id, _session.c.body).where(
            _session.c.patient_id == loaded.row.patient_id,
            _session.c.flow == sheet.flow_id,
            _session.c.closed_at > now - REPEATED_WITHIN,
        )
    )
    found = (loading.open_session(loaded.sealer, row.id, row.body) for row in rows)
    return next((each for each in found if each.form.get("mark") == sheet.mark), None)


def same_day(connection: Connection, loaded: Loaded, sheet: Sheet) -> bool:
    """Whether the same is finished for that day already, however it was answered."""
    zone = loaded.person.zone
    day = sheet.at.astimezone(zone).date()
    found = connection.execute(
        select(_session.c.id).where(
            _session.c.patient_id == loaded.row.patient_id,
            _session.c.flow == sheet.flow_id,
            _session.c.status == FINISHED.value,
            _session.c.opened_at >= at_local(day, time(0), zone),
            _session.c.opened_at < at_local(day + timedelta(days=1), time(0), zone),
        )
    )
    return found.first() is not None


def correctable(
    connection: Connection, loaded: Loaded, worker_id: int, session_id: int, now: datetime
) -> OpenSession:
    """What this worker typed a moment ago. Raises NotTaken."""
    found = loading.sessions(connection, {loaded.row.patient_id: loaded}, {session_id})
    _, open = found.get(session_id, (0, None))
    if open is None or open.closed_at is None or now - open.closed_at > CORRECTED_FOR:
        raise NotTaken(Refused.TOO_LATE)
    if open.form.get("worker") != worker_id or open.form.get("mode") == Mode.TABLET:
        raise NotTaken(Refused.TOO_LATE)
    return open


def _offered(step: Step) -> Offered:
    waiting = {each.flow for each in step.memory.waiting}
    waiting |= {step.open.session.flow} if step.open is not None else set()
    person = step.person
    return Offered(
        person.name,
        person.timezone,
        person.language,
        flows_of(step),
        frozenset(waiting),
        refused(step),
    )


def _step(
    connection: Connection, deployment: Deployment, patient_id: int, now: datetime
) -> tuple[Loaded, Step]:
    """How the conversation stands, to be read only."""
    rows = patients.read(connection, [patient_id])
    if not rows:
        raise NoSuchPatient
    loaded = loading.load(connection, deployment, rows)[patient_id]
    return loaded, loading.step_for(connection, deployment, loaded, now, "", {})
