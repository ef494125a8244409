"""What the demo keeps beside the product: how far its clock is ahead, and who is in it."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection, delete, insert, select

from api.demo import DemoPatient
from backtrace.demo.people import ADDRESS
from bot import loading
from bot.deployment import Deployment
from bot.directory import staff
from trajectory import patients, professionals, tables
from trajectory.database import Database
from trajectory.professionals import STAFF, Professional
from trajectory.staff_tokens import Role

_deployment = tables.core(tables.Deployment)
_patient = tables.core(tables.Patient)
_SHIFT = "demo-shift"
_METTE = Professional(
    0,
    "Mette Dam",
    "mette@klinik-nord.example",
    STAFF,
    "",
    "en",
    desk=frozenset({Role.SECRETARY, Role.OPERATOR}),
)


def stored_shift(database: Database) -> timedelta:
    """How far the demo's clock was ahead."""
    with database.read() as connection:
        found = connection.execute(
            select(_deployment.c.value).where(_deployment.c.key == _SHIFT)
        ).scalar_one()
    return timedelta(seconds=float(bytes(found)))


def keep_shift(database: Database, shift: timedelta) -> None:
    """Remember how far the clock is ahead, for a process that starts again."""
    value = str(shift.total_seconds()).encode()
    with database.write() as connection:
        connection.execute(delete(_deployment).where(_deployment.c.key == _SHIFT))
        connection.execute(insert(_deployment), {"key": _SHIFT, "value": value})


def people(deployment: Deployment) -> list[DemoPatient]:
    """Everybody in the demo, the patient with a history first."""
    with deployment.database.read() as connection:
        ids = list(connection.execute(select(_patient.c.id).order_by(_patient.c.id)).scalars())
        found = loading.load(connection, deployment, patients.read(connection, ids))
        seeded = seeded_id(connection, deployment)
    return [
        DemoPatient(id, each.person.name, each.person.language, id == seeded)
        for id, each in sorted(found.items())
    ]


def seeded_id(connection: Connection, deployment: Deployment) -> int | None:
    """The patient with a history, or None before she is made."""
    found = patients.find_by_address(connection, deployment.ring, [("web", ADDRESS)])
    return next((ref.patient_id for ref in found.values()), None)


def secretary(deployment: Deployment) -> int:
    """The number of whoever works at the demo's desk: no mail and no authenticator is needed."""
    with deployment.database.read() as connection:
        found = professionals.by_email(connection, deployment.ring, _METTE.email)
    if found is not None:
        return found.id
    number, now = staff.add(deployment, _METTE), deployment.clock.now()
    deployment.database.run(lambda connection: professionals.make_ready(connection, number, now))
    return number
