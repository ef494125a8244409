"""Making patients: what the clinic knows, an address, and the conversation that begins."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from bot import ledger, loading
from bot.conversation.step import Person, Step
from bot.conversation.tasks import enrolment
from bot.deployment import Deployment
from bot.ledger import Route, finish
from trajectory import patients
from trajectory.keys import Sealer
from trajectory.patients import NewAddress, PatientRef


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A patient to be; `known` are the enrolment's steps that need not be asked."""

    channel: str
    address: str
    language: str
    timezone: str = "Europe/Copenhagen"
    pathway: str | None = "low-back-pain"
    name: str = ""
    code: str = ""
    weekday: int = 0
    """Day of the weekly check-in, Monday 0."""
    known: frozenset[str] = field(default_factory=frozenset)


def enrol(deployment: Deployment, newcomer: Newcomer, *, consented: bool) -> PatientRef:
    """Make the patient; `consented`: on paper already, otherwise the conversation asks.

    Raises:
        trajectory.patients.AddressTaken: another patient has this address.
        trajectory.database.Unavailable: nothing was stored.
    """
    begin = complete if consented else ask
    (ref,) = enrol_all(deployment, [newcomer], begin)
    return ref


def complete(step: Step, _newcomer: Newcomer) -> None:
    """The clinic has done it all, consent on paper included."""
    enrolment.complete(step)


def ask(step: Step, newcomer: Newcomer) -> None:
    """The conversation asks for consent, and for what is not known."""
    enrolment.begin(step, newcomer.known)


def enrol_all(
    deployment: Deployment,
    newcomers: Sequence[Newcomer],
    begin: Callable[[Step, Newcomer], None],
) -> list[PatientRef]:
    """As `enrol`, for many in one transaction; `begin` says how the conversation of each does.

    In the order of the newcomers. Raises as `enrol`; nobody is enrolled then.
    """
    now = deployment.clock.now()
    return deployment.database.run(
        lambda connection: _enrol(connection, deployment, newcomers, begin, now)
    )


def _enrol(
    connection: Connection,
    deployment: Deployment,
    newcomers: Sequence[Newcomer],
    begin: Callable[[Step, Newcomer], None],
    now: datetime,
) -> list[PatientRef]:
    refs = _create(connection, deployment, newcomers, now)
    rows = patients.lock_conversations(connection, [ref.patient_id for ref in refs])
    loaded = loading.load(connection, deployment, rows)
    finished = []
    for newcomer, ref in zip(newcomers, refs, strict=True):
        own = loaded[ref.patient_id]
        step = loading.step_for(connection, deployment, own, now, newcomer.channel, {})
        begin(step, newcomer)
        step.flush()
        finished.append(finish(own, step, Route(newcomer.channel, ref.address_id)))
    ledger.write(connection, deployment, finished)
    return refs


def _create(
    connection: Connection, deployment: Deployment, newcomers: Sequence[Newcomer], now: datetime
) -> list[PatientRef]:
    people = [ledger.described(_person(newcomer)) for newcomer in newcomers]
    made = patients.create_all(connection, deployment.ids, deployment.ring, people, now)
    addresses = [
        NewAddress(sealer, patient_id, newcomer.channel, newcomer.address)
        for (patient_id, sealer), newcomer in zip(made, newcomers, strict=True)
    ]
    found = patients.add_addresses(connection, deployment.ids, deployment.ring, addresses, now)
    return [
        PatientRef(patient_id, address)
        for (patient_id, _), address in zip(made, found, strict=True)
    ]


def _person(newcomer: Newcomer) -> Person:
    person = Person(0, "enrolling", newcomer.language, newcomer.timezone, newcomer.pathway)
    person.name, person.code = newcomer.name, newcomer.code
    person.weekday = newcomer.weekday
    return person


def create_patient(
    connection: Connection, deployment: Deployment, person: Person, now: datetime
) -> tuple[int, Sealer]:
    """A patient as `person` says, whom no address leads to yet: the number and the sealer."""
    ids, ring = deployment.ids, deployment.ring
    (made,) = patients.create_all(connection, ids, ring, [ledger.described(person)], now)
    return made
