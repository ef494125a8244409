"""By what a patient is known again who is to be enrolled a second time: keyed hashes, no data.

A name alone is nobody's mark: there are too many of each.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, delete, select, update

from trajectory import tables
from trajectory.erasure import ERASED
from trajectory.ids import Ids
from trajectory.keys import Ring
from trajectory.sql import Among, insert_once

_mark = tables.core(tables.EnrolmentMark)
_patient = tables.core(tables.Patient)
_FIND = (
    select(_mark.c.hash, _mark.c.patient_id, _mark.c.created_at, _patient.c.status)
    .join(_patient, _patient.c.id == _mark.c.patient_id)
    .where(Among(_mark.c.hash, "hashes"), _patient.c.status != ERASED)
)
_MOST = 500
"""Hashes that one statement asks for."""


class Kind(StrEnum):
    """What is the same."""

    ALL = "all"
    """Name, birth date and phone, each as given or left out."""
    PERSON = "person"
    """Name and birth date."""
    PHONE = "phone"


class Identity(NamedTuple):
    """Who is to be enrolled; `phone` is in E.164, empty where there is none."""

    name: str
    born: date | None
    phone: str


class Known(NamedTuple):
    """A patient who has such a mark."""

    patient_id: int
    at: datetime
    """When they were enrolled."""
    status: str


def of_profile(profile: Mapping[str, Any]) -> Identity:
    """Who it is by what table `patient` keeps sealed."""
    born = profile.get("born")
    day = date.fromisoformat(born) if born else None
    return Identity(profile.get("name", ""), day, profile.get("phone", ""))


def text_of(identity: Identity) -> str:
    """All of an identity in one text, the same however the name was typed."""
    born = identity.born and identity.born.isoformat()
    return orjson.dumps([_folded(identity.name), born, identity.phone]).decode()


def find(connection: Connection, ring: Ring, identity: Identity) -> Mapping[Kind, Known]:
    """Who has the marks of this identity, by kind."""
    return find_all(connection, ring, [identity])[identity]


def find_all(
    connection: Connection, ring: Ring, identities: Collection[Identity]
) -> Mapping[Identity, Mapping[Kind, Known]]:
    """As `find`, for many in few statements."""
    asked = [
        (digest, identity, kind)
        for identity in dict.fromkeys(identities)
        for kind, text in marks(identity)
        for _, digest in ring.find_hashes(_purpose(kind), text)
    ]
    rows = {}
    for start in range(0, len(asked), _MOST):
        hashes = sorted({digest for digest, _, _ in asked[start : start + _MOST]})
        for row in connection.execute(_FIND, {"hashes": hashes}):
            rows[bytes(row.hash)] = Known(row.patient_id, row.created_at, row.status)
    found: dict[Identity, dict[Kind, Known]] = {identity: {} for identity in identities}
    for digest, identity, kind in asked:
        if digest in rows:
            found[identity][kind] = rows[digest]
    return found


def note(
    connection: Connection,
    ids: Ids,
    ring: Ring,
    patient_id: int,
    identity: Identity,
    now: datetime,
) -> frozenset[Kind]:
    """Keep a patient's marks; the kinds that were nobody's yet.

    Those before stay, that a line enrols once however it is corrected; but not another phone.
    """
    other_phone = (_mark.c.patient_id == patient_id, _mark.c.kind == Kind.PHONE.value)
    connection.execute(delete(_mark).where(*other_phone))
    kept = set()
    for kind, text in marks(identity):
        row = {
            "id": ids.take(connection),
            "patient_id": patient_id,
            "kind": kind.value,
            "hash": ring.find_hash(_purpose(kind), text)[1],
            "created_at": now,
        }
        if insert_once(connection, _mark, row):
            kept.add(kind)
    return frozenset(kept)


def rehash(connection: Connection, ring: Ring, patient_id: int, identity: Identity) -> None:
    """Hash the marks that a patient has with the ring's current key."""
    for kind, text in marks(identity):
        digest = ring.find_hash(_purpose(kind), text)[1]
        taken = select(_mark.c.id).where(_mark.c.hash == digest)
        if connection.execute(taken).one_or_none() is None:
            before = [each for _, each in ring.find_hashes(_purpose(kind), text)]
            own = (_mark.c.patient_id == patient_id, _mark.c.hash.in_(before))
            connection.execute(update(_mark).where(*own).values(hash=digest))


def marks(identity: Identity) -> Iterator[tuple[Kind, str]]:
    """The text of each mark that this identity has, before it is hashed."""
    name, born, phone = identity
    if name and (born or phone):
        yield Kind.ALL, text_of(identity)
    if name and born:
        yield Kind.PERSON, text_of(identity._replace(phone=""))
    if phone:
        yield Kind.PHONE, phone


def _purpose(kind: Kind) -> str:
    return f"enrolment_mark.{kind}"


def _folded(name: str) -> str:
    return " ".join(unicodedata.normalize("NFC", name).casefold().split())
