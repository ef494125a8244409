"""Where what the desk writes to a patient goes and when, and why it may not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection, bindparam, select

from bot.channels.forms import FORMS
from bot.conversation import with_desk
from bot.conversation.memory import HANDS
from bot.deployment import Deployment
from bot.ledger import Route
from bot.loading import Loaded
from bot.routing import routes
from bot.schedule import awake
from trajectory import patients, tables
from trajectory.web_access import CHANNEL as WEB

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


@dataclass(frozen=True, slots=True)
class Place:
    """Where a reply goes and when; no route: nowhere."""

    route: Route | None
    not_before: datetime | None
    lately: bool
    """The patient has just written."""


def place_of(
    connection: Connection, deployment: Deployment, loaded: Loaded, now: datetime
) -> Place:
    """Whoever has just written is answered there; a linked phone gets its link, as ever."""
    patient_id = loaded.row.patient_id
    best = routes(connection, deployment, [patient_id]).get(patient_id)
    heard = connection.execute(_HEARD, {"patient": patient_id}).first()
    if heard is None or now - heard.received_at > LATELY:
        waking = awake(now, loaded.person.zone)
        return Place(best, waking if waking > now else None, lately=False)
    if best is None or (heard.channel == WEB and deployment.links(best.channel)):
        return Place(best, None, lately=True)
    found = patients.addresses(connection, loaded.sealer, patient_id)
    there = [each for each in found if each.channel == heard.channel and each.status == "active"]
    there = [each for each in there if each.channel in FORMS]
    if not there or any(each.id == best.address_id for each in there):
        return Place(best, None, lately=True)
    return Place(Route(there[-1].channel, there[-1].id), None, lately=True)


def barrier_of(loaded: Loaded, route: Route | None) -> Barrier | None:
    """Why nothing may be written to this patient, if so."""
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
