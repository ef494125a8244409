"""A new current key in the ring: every patient's key is wrapped anew, what is found hashed anew.

What only its owner knows cannot be hashed anew: a device of the web chat is when it is used
(`trajectory.web_access.touch`); links, codes and open pages have run out before a key may go, and
an enrolment code of more than 35 days has not (docs/keys.md).
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, func, select, update

from trajectory import deployment, enrolment_marks, finding, patients, professionals, tables
from trajectory._addresses import VALUE, hash_purpose
from trajectory.erasure import ERASED
from trajectory.grants._given import LINK
from trajectory.keys import Ring, Sealer
from trajectory.patients import LockedPatient

_patient = tables.core(tables.Patient)
_address = tables.core(tables.Address)
_grant = tables.core(tables.AccessGrant)


def behind(connection: Connection, ring: Ring) -> int:
    """How many patients' keys are not yet wrapped with the ring's current key."""
    waiting = select(func.count()).select_from(_patient).where(*_is_behind(ring))
    return connection.execute(waiting).scalar_one()


class Slice(NamedTuple):
    """Some patients who were behind."""

    done: int
    reached: int | None
    """Behind whom to go on; None: there is nobody further."""


def rotate(connection: Connection, ring: Ring, after: int = 0, limit: int = 200) -> Slice:
    """Bring up to `limit` patients behind this one to the current key.

    Patients whom a turn holds are left for another call from the beginning. Raises WrongKey.
    """
    deployment.rewrap(connection, ring)
    professionals.rehash(connection, ring)
    chosen = list(
        connection.execute(
            select(_patient.c.id)
            .where(*_is_behind(ring), _patient.c.id > after)
            .order_by(_patient.c.id)
            .limit(limit)
        ).scalars()
    )
    held = patients.lock_free(connection, chosen, limit)
    for patient in held:
        _rotate_patient(connection, ring, patient)
    return Slice(len(held), chosen[-1] if chosen else None)


def _is_behind(ring: Ring) -> tuple[ColumnElement[bool], ...]:
    return (_patient.c.key_id != ring.current, _patient.c.status != ERASED)


def _rotate_patient(connection: Connection, ring: Ring, patient: LockedPatient) -> None:
    sealer = patient.sealer(ring)
    key_id, wrapped = ring.rewrap(patient.key_id, patient.wrapped_key, patient.patient_id)
    connection.execute(
        update(_patient)
        .where(_patient.c.id == patient.patient_id)
        .values(key_id=key_id, wrapped_key=wrapped)
    )
    _hash_addresses(connection, ring, sealer, patient.patient_id)
    _hash_links(connection, ring, sealer, patient.patient_id)
    profile = sealer.open_json(patients.PROFILE, patient.patient_id, patient.profile)
    finding.add_anew(connection, ring, patient.patient_id, profile)
    known_by = enrolment_marks.of_profile(profile)
    enrolment_marks.rehash(connection, ring, patient.patient_id, known_by)


def _hash_addresses(connection: Connection, ring: Ring, sealer: Sealer, patient_id: int) -> None:
    rows = connection.execute(_address.select().where(_address.c.patient_id == patient_id)).all()
    for row in rows:
        value = sealer.open_text(VALUE, row.id, row.value)
        key_id, digest = ring.find_hash(hash_purpose(row.channel), value)
        connection.execute(
            update(_address).where(_address.c.id == row.id).values(hash=digest, hash_key_id=key_id)
        )


def _hash_links(connection: Connection, ring: Ring, sealer: Sealer, patient_id: int) -> None:
    rows = connection.execute(_grant.select().where(_grant.c.patient_id == patient_id)).all()
    for row in rows:
        token = sealer.open_text(LINK, row.id, row.token)
        digest = ring.find_hash(LINK, token)[1]
        connection.execute(update(_grant).where(_grant.c.id == row.id).values(token_hash=digest))
