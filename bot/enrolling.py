"""Making a patient: what the clinic knows, an address, and the conversation that begins."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from bot import ledger, loading
from bot.conversation.step import Person
from bot.conversation.tasks import enrolment
from bot.deployment import Deployment
from bot.ledger import Route, finish
from trajectory import patients
from trajectory.keys import Sealer
from trajectory.patients import PatientRef


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
    now = deployment.clock.now()
    return deployment.database.run(
        lambda connection: _enrol(connection, deployment, newcomer, consented, now)
    )


def _enrol(
    connection: Connection,
    deployment: Deployment,
    newcomer: Newcomer,
    consented: bool,
    now: datetime,
) -> PatientRef:
    ref = _create(connection, deployment, newcomer, now)
    (row,) = patients.lock_conversations(connection, [ref.patient_id])
    loaded = loading.load(connection, deployment, [row])[ref.patient_id]
    step = loading.step_for(connection, deployment, loaded, now, newcomer.channel, {})
    if consented:
        enrolment.complete(step)
    else:
        enrolment.begin(step, newcomer.known)
    step.flush()
    finished = finish(loaded, step, Route(newcomer.channel, ref.address_id))
    ledger.write(connection, deployment, [finished])
    return ref


def _create(
    connection: Connection, deployment: Deployment, newcomer: Newcomer, now: datetime
) -> PatientRef:
    person = Person(0, "enrolling", newcomer.language, newcomer.timezone, newcomer.pathway)
    person.name, person.code = newcomer.name, newcomer.code
    person.weekday = newcomer.weekday
    patient_id, sealer = create_patient(connection, deployment, person, now)
    address = patients.add_address(
        connection,
        deployment.ids,
        deployment.ring,
        sealer,
        patient_id=patient_id,
        channel=newcomer.channel,
        address=newcomer.address,
        now=now,
    )
    return PatientRef(patient_id, address)


def create_patient(
    connection: Connection, deployment: Deployment, person: Person, now: datetime
) -> tuple[int, Sealer]:
    """A patient as `person` says, whom no address leads to yet: the number and the sealer."""
    return patients.create(
        connection,
        deployment.ids,
        deployment.ring,
        language=person.language,
        timezone=person.timezone,
        pathway=person.pathway,
        status=person.status,
        profile=person.profile(),
        now=now,
    )
