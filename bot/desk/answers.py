"""Entering what a patient has answered on paper, by telephone or on the clinic's tablet.

The conversation is held, and the answers go through the same engine as those of the chat
(`bot.conversation.entering`), with the same records, scores, warning signs and timers.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection

from bot import ledger, loading
from bot.conversation import entering
from bot.conversation.effects import Audit, Say
from bot.conversation.entering import Told
from bot.conversation.memory import OpenSession
from bot.conversation.step import Entering, Step
from bot.deployment import Deployment
from bot.desk import sheets
from bot.desk.sheets import Mode, NotTaken, Refused, Sheet
from bot.desk.worker import Worker
from bot.held import NoSuchPatient
from bot.ledger import Route, finish
from bot.loading import Loaded
from bot.routing import routes
from flows import forms
from flows.conditions import enabled_items
from flows.forms import Form
from flows.model import Flow, ItemKind
from flows.recording import answered
from flows.session import Session
from flows.signs import SELF_HARM
from trajectory import patients
from trajectory.web_access import CHANNEL as WEB

STAFF, PATIENT = "staff", "patient"
ENTERED, PUT_RIGHT = "answers-entered", "answers-corrected"
"""What the audit says."""


class By(NamedTuple):
    """Who answers for what is entered."""

    author: str
    """Of the entries."""
    actor: str
    """In the audit."""
    worker: int
    """Number of whoever of the clinic typed it, or gave the tablet."""


class Stored(NamedTuple):
    """What became of it; never a score or an answer."""

    session_id: int
    flow: Flow
    answered: int
    of: int
    mode: Mode
    at: datetime
    urgency: str = ""
    """Of what the patient has to be told now, since a warning sign stands on the form; or
    `self-harm`."""
    asks_for: str = ""
    """The questions about warning signs, where an answer asks for them: to be gone through now."""
    reaches: bool = True
    """Whether what to do went to the patient's phone or chat as well."""


def enter(
    deployment: Deployment, worker: Worker, patient_id: int, sheet: Sheet, now: datetime
) -> Stored:
    """Store what this worker typed from paper or the telephone; the same page twice is one.

    Raises:
        NoSuchPatient: the patient has been erased.
        NotTaken: nothing was stored, and it says why.
    """
    by = By(STAFF, worker.actor, worker.id)
    return deployment.database.run(
        lambda connection: store(connection, deployment, by, patient_id, sheet, now)
    )


def correct(
    deployment: Deployment,
    worker: Worker,
    patient_id: int,
    session_id: int,
    form: Form,
    now: datetime,
) -> Stored:
    """Put right what this worker typed within the last minutes; both values stay.

    Raises:
        NoSuchPatient: the patient has been erased.
        NotTaken: nothing was changed, and it says why.
    """
    by = By(STAFF, worker.actor, worker.id)
    return deployment.database.run(
        lambda connection: _correct(connection, deployment, by, patient_id, session_id, form, now)
    )


def look(
    deployment: Deployment, worker: Worker, patient_id: int, session_id: int, now: datetime
) -> Stored:
    """What this worker stored within the last minutes. Raises NoSuchPatient, NotTaken."""
    blank, open = sheets.typed(deployment, worker.id, patient_id, session_id, now)
    return stored(open, blank.flow)


def store(
    connection: Connection,
    deployment: Deployment,
    by: By,
    patient_id: int,
    sheet: Sheet,
    now: datetime,
) -> Stored:
    """As `enter`, in the caller's transaction and in anybody's name."""
    loaded, step = _hold(connection, deployment, patient_id, now)
    before = sheets.same_mark(connection, loaded, sheet, now)
    if before is not None:
        return stored(before, step.flow_of(before))
    flow = _flow(step, sheet)
    _check(connection, deployment, loaded, step, flow, sheet)
    step.entering = Entering(sheet.mode, sheet.at, by.author, by.worker)
    was_open = step.open
    about = {"mode": sheet.mode, "worker": by.worker, "mark": sheet.mark}
    open = entering.take(step, flow, sheet.form, _told(deployment, flow, sheet.form), about)
    library, waiting = step.world.library, step.memory.waiting
    asks = next((w.flow for w in waiting if library.flow(w.flow).asks_for_signs), "")
    entering.go_on(step, sheet.mode, closed=was_open is not None and was_open is not step.open)
    step.do(Audit(ENTERED, f"session:{open.id}", by.actor))
    _note_outcome(step, open, asks)
    _write(connection, deployment, loaded, step)
    return stored(open, flow)


def _correct(
    connection: Connection,
    deployment: Deployment,
    by: By,
    patient_id: int,
    session_id: int,
    form: Form,
    now: datetime,
) -> Stored:
    loaded, step = _hold(connection, deployment, patient_id, now)
    open = sheets.correctable(connection, loaded, by.worker, session_id, now)
    step.recalled = {**step.recalled, **loading.recalled(connection, deployment, [open])}
    flow, mode = step.flow_of(open), Mode(open.form["mode"])
    _check_faults(deployment, step, flow, open.session, form)
    step.entering = Entering(mode, open.opened_at, by.author, by.worker)
    told = _told(deployment, flow, form, before=open)
    if entering.correct(step, open, form, told):
        entering.go_on(step, mode, closed=False)
        step.do(Audit(PUT_RIGHT, f"session:{open.id}", by.actor))
        _note_outcome(step, open, open.form["asks"])
        _write(connection, deployment, loaded, step)
    return stored(open, flow)


def _hold(
    connection: Connection, deployment: Deployment, patient_id: int, now: datetime
) -> tuple[Loaded, Step]:
    rows = patients.lock_conversations(connection, [patient_id])
    if not rows:
        raise NoSuchPatient
    loaded = loading.load(connection, deployment, rows)[patient_id]
    route = routes(connection, deployment, [patient_id]).get(patient_id)
    channel = "" if route is None else route.channel
    step = loading.step_for(connection, deployment, loaded, now, channel, {})
    step.care = loading.care(connection, loaded, now)
    return loaded, step


def _flow(step: Step, sheet: Sheet) -> Flow:
    why = sheets.refused(step)
    if why is not None:
        raise NotTaken(why)
    found = next((flow for flow in sheets.flows_of(step) if flow.id == sheet.flow_id), None)
    if found is None:
        raise NotTaken(Refused.NO_SUCH_FLOW)
    return found


def _check(
    connection: Connection,
    deployment: Deployment,
    loaded: Loaded,
    step: Step,
    flow: Flow,
    sheet: Sheet,
) -> None:
    sheets.check_moment(sheet.at, step.now)
    _check_faults(deployment, step, flow, sheets.empty(step, flow), sheet.form)
    # A warning sign waits for no question about the paper.
    if not (sheet.again or flow.is_screen) and sheets.same_day(connection, loaded, sheet):
        raise NotTaken(Refused.THERE_ALREADY)


def _check_faults(
    deployment: Deployment, step: Step, flow: Flow, session: Session, form: Form
) -> None:
    lexicon = deployment.lexicons[step.person.language]
    faults = forms.faults(flow, session, form, lexicon)
    if faults:
        raise NotTaken(faults=faults)


def _told(
    deployment: Deployment, flow: Flow, form: Form, before: OpenSession | None = None
) -> list[Told]:
    """Own words on the form, and the warning signs in them; of those `before` none anew."""
    known = {} if before is None else before.session.given
    texts = {item.id for item in flow.items if item.kind is ItemKind.TEXT}
    words = {item: mark.words.strip() for item, mark in form.items() if item in texts}
    return [
        Told(said, deployment.scanner.scan(said))
        for item, said in words.items()
        if said and (item not in known or known[item].text != said)
    ]


def _write(connection: Connection, deployment: Deployment, loaded: Loaded, step: Step) -> None:
    """Write the step; to somebody who can be told nothing, nothing is said."""
    patient_id = loaded.row.patient_id
    route = routes(connection, deployment, [patient_id]).get(patient_id)
    if route is None:
        step.effects[:] = [effect for effect in step.effects if not isinstance(effect, Say)]
    ledger.write(connection, deployment, [finish(loaded, step, route or Route(WEB, None))])


def _note_outcome(step: Step, open: OpenSession, asks: str) -> None:
    """Keep beside the session what whoever entered it has to be told."""
    self_harm = step.memory.self_harm_at == step.now.isoformat()
    urgency = SELF_HARM if self_harm else step.told
    asks = "" if urgency else asks
    outcome = {"urgency": urgency, "asks": asks, "reaches": bool(step.channel)}
    open.form = {**open.form, **outcome}


def stored(open: OpenSession, flow: Flow) -> Stored:
    """What became of a form, as its session tells it."""
    return Stored(
        open.id,
        flow,
        answered(open.session),
        len(enabled_items(flow, open.session)),
        Mode(open.form["mode"]),
        open.opened_at,
        open.form["urgency"],
        open.form["asks"],
        open.form["reaches"],
    )
