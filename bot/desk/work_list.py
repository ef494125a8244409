"""The clinic's list as somebody at the desk sees it: names, ways to reach people, and owners.

Of what patients answered there is nothing in it; of a warning sign the urgency only. Somebody
who may read a patient's answers is led to the page that the patient has granted them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from bot.deployment import Deployment
from bot.desk.contact import Contact, Delivery, contacts, deliveries
from bot.desk.permissions import Task
from bot.desk.work import NoSuchCase
from bot.desk.worker import Worker
from trajectory import cases, grants, patients, professionals
from trajectory.cases import SAFETY, Case, Kind
from trajectory.views import Page, scope_for

PAGE = 50
"""Cases a page."""
_DESK = "desk:"


@dataclass(frozen=True, slots=True)
class Line:
    """One case, with whose it is and how they are reached."""

    case: Case
    name: str
    """The patient's; empty where nobody has written it down."""
    status: str
    """Of the patient, as in table `patient`."""
    contact: Contact | None
    delivery: Delivery | None
    owner: str
    """The name of who looks after it; empty: nobody does, or they have left."""
    is_mine: bool
    grant_id: int | None = None
    """Opens the patient's page for this clinician; None: the patient has not granted it."""

    @property
    def is_safety(self) -> bool:
        """Whether it is about somebody's safety."""
        return self.case.kind in SAFETY


@dataclass(frozen=True, slots=True)
class Work:
    """A page of the list: `lines` of the `found` ones that were asked for, of `total` in all."""

    lines: Sequence[Line]
    found: int
    total: int
    mine: int
    urgent: int
    """How many of all are about somebody's safety."""
    kinds: Mapping[Kind, int]
    """How many there are of each kind, the most pressing kind first."""
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class Look:
    """One case by itself, and everything that there was of the same patient."""

    line: Line
    note: str
    """What was written beside the reason of one that is done."""
    closed_by: str
    """The name of who has done it; empty: nobody at the desk has."""
    others: Sequence[Case] = field(default_factory=tuple)
    """The patient's other open cases."""


def read_work(
    deployment: Deployment,
    worker: Worker,
    *,
    kind: Kind | None = None,
    mine: bool = False,
    page: int = 1,
) -> Work:
    """The list: all of it, of one kind, or what this person looks after."""
    owner = worker.actor if mine else None
    kinds = tuple(Kind) if kind is None else cases.seen_as(kind)
    with deployment.database.read() as connection:
        of_all, of_mine = cases.counted(connection), cases.counted(connection, worker.actor)
        found = sum((of_mine if mine else of_all).get(each, 0) for each in kinds)
        pages = max(1, -(-found // PAGE))
        page = min(max(page, 1), pages)
        offset = (page - 1) * PAGE
        shown = cases.listed(connection, kinds, owner=owner, limit=PAGE, offset=offset)
        lines = _lines(connection, deployment, worker, [cases.unsaid(each) for each in shown])
    return Work(
        lines,
        found,
        sum(of_all.values()),
        sum(of_mine.values()),
        sum(of_all.get(each, 0) for each in SAFETY),
        _seen(of_all),
        page,
        pages,
    )


def read_case(deployment: Deployment, worker: Worker, case_id: int) -> Look:
    """One case, open or done. Raises NoSuchCase: there is none, or its patient was erased."""
    with deployment.database.read() as connection:
        case = cases.by_id(connection, case_id)
        lines = _lines(connection, deployment, worker, [cases.unsaid(case)]) if case else []
        if case is None or not lines:
            raise NoSuchCase
        sealer = patients.sealers(connection, deployment.ring, [case.patient_id])[case.patient_id]
        note = cases.note_of(connection, sealer, case_id)
        others = cases.open_for(connection, case.patient_id)
        closed_by = owner_names(connection, deployment, [case.closed_by])
    return Look(
        lines[0],
        note,
        closed_by.get(case.closed_by or "", ""),
        [cases.unsaid(each) for each in others if each.id != case_id],
    )


def owner_names(
    connection: Connection, deployment: Deployment, actors: Iterable[str | None]
) -> Mapping[str, str]:
    """What those are called who are named as the audit does; whoever has left is left out."""
    wanted = {actor for actor in actors if actor is not None}
    if not any(actor.startswith(_DESK) for actor in wanted):
        return {}
    known = professionals.listed(connection, deployment.ring)
    return {f"{_DESK}{each.id}": each.name for each in known if f"{_DESK}{each.id}" in wanted}


def _seen(counts: Mapping[Kind, int]) -> Mapping[Kind, int]:
    seen = {kind: sum(counts.get(each, 0) for each in cases.seen_as(kind)) for kind in Kind}
    return {kind: count for kind, count in seen.items() if count}


def _lines(
    connection: Connection, deployment: Deployment, worker: Worker, shown: Sequence[Case]
) -> list[Line]:
    """Of patients who were erased meanwhile there are none."""
    rows = patients.read(connection, {case.patient_id for case in shown})
    sealers = {row.patient_id: row.sealer(deployment.ring) for row in rows}
    profiles = {
        row.patient_id: sealers[row.patient_id].open_json(
            patients.PROFILE, row.patient_id, row.profile
        )
        for row in rows
    }
    noted = {each: str(profile.get("phone", "")) for each, profile in profiles.items()}
    statuses = {row.patient_id: row.status for row in rows}
    reached = contacts(connection, sealers, noted)
    sent = deliveries(connection, list(sealers))
    owners = owner_names(connection, deployment, [case.owner for case in shown])
    granted = _granted(connection, worker, deployment.clock.now())
    return [
        Line(
            case,
            str(profiles[case.patient_id]["name"]),
            statuses[case.patient_id],
            reached.get(case.patient_id),
            sent.get(case.patient_id),
            owners.get(case.owner or "", ""),
            case.owner == worker.actor,
            granted.get(case.patient_id),
        )
        for case in shown
        if case.patient_id in profiles
    ]


def _granted(connection: Connection, worker: Worker, now: datetime) -> Mapping[int, int]:
    """By patient the grant by which this person may read their answers, if their role may."""
    if not worker.may(Task.READ_ANSWERS):
        return {}
    return {
        each.patient_id: each.grant_id
        for each in grants.shared_with(connection, worker.id, now)
        if scope_for(each.role, each.purposes).page is Page.WHOLE
    }
