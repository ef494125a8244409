"""The deployment's own: the key that seals what belongs to no patient, such as unknown senders'
words, and whether its patients are invented.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, inspect, select, update

from trajectory.erasure import ERASED
from trajectory.keys import DEPLOYMENT, Ring, Sealer
from trajectory.sql import insert_once
from trajectory.tables import Deployment, Patient, core

_deployment = core(Deployment)
_SIMULATED = "simulated"
_MARKED = select(_deployment.c.key).where(_deployment.c.key == _SIMULATED)
STORED = select(_deployment.c.value).where(_deployment.c.key == "key")
_patient = core(Patient)
_SEALED = (
    select(_patient.c.id, _patient.c.key_id, _patient.c.wrapped_key)
    .where(_patient.c.status != ERASED)
    .limit(1)
)
# By the primary key, so that a million patients take no longer than two.
_FIRST_AND_LAST = (_SEALED.order_by(_patient.c.id), _SEALED.order_by(_patient.c.id.desc()))


def is_sealed(connection: Connection) -> bool:
    """Whether there is anything that only a ring opens; a database of any revision is asked."""
    return any(True for _ in _wrapped(connection))


def prove(connection: Connection, ring: Ring) -> None:
    """Raise WrongKey where the ring does not open the deployment's own key, or a patient's.

    The first and the last patient are asked: a ring has its keys one after the other.
    """
    for key_id, wrapped, owner in _wrapped(connection):
        ring.unwrap(key_id, wrapped, owner)


def _wrapped(connection: Connection) -> Iterator[tuple[str, bytes, int]]:
    """Key id, wrapped key and owner of some of what only a ring opens."""
    tables = inspect(connection)
    if tables.has_table("deployment"):
        for stored in connection.execute(STORED).scalars():
            yield *_split(stored), DEPLOYMENT
    if tables.has_table("patient"):
        for one in _FIRST_AND_LAST:
            for row in connection.execute(one):
                yield row.key_id, row.wrapped_key, row.id


def take(connection: Connection, ring: Ring) -> None:
    """`prove`, and leave something to be proved against next time. Raises WrongKey."""
    prove(connection, ring)
    sealer(connection, ring)


def sealer(connection: Connection, ring: Ring) -> Sealer:
    """The deployment's sealer; made at its first use, so in a write transaction.

    Raises WrongKey.
    """
    stored = connection.execute(STORED).scalar_one_or_none()
    if stored is None:
        _, key_id, wrapped = ring.new_sealer(DEPLOYMENT)
        insert_once(connection, _deployment, {"key": "key", "value": _join(key_id, wrapped)})
        # Another process may have been first; what is stored counts.
    return opened(connection, ring)


def opened(connection: Connection, ring: Ring) -> Sealer:
    """As `sealer`, where something was sealed with it before. Raises WrongKey."""
    key_id, wrapped = _split(connection.execute(STORED).scalar_one())
    return ring.unwrap(key_id, wrapped, DEPLOYMENT)


def mark_simulated(connection: Connection) -> None:
    """Whoever is in this database is invented."""
    insert_once(connection, _deployment, {"key": _SIMULATED, "value": b""})


def is_simulated(connection: Connection) -> bool:
    """Whether `mark_simulated` was ever called on this database."""
    return connection.execute(_MARKED).first() is not None


def _join(key_id: str, wrapped: bytes) -> bytes:
    return key_id.encode() + b":" + wrapped


def _split(stored: bytes) -> tuple[str, bytes]:
    key_id, _, wrapped = bytes(stored).partition(b":")
    return key_id.decode(), wrapped


def key_id_of(stored: bytes) -> str:
    """Which key of the ring wraps the deployment's own, as it is stored."""
    return _split(stored)[0]


def rewrap(connection: Connection, ring: Ring) -> None:
    """Wrap the deployment's key with the current key of the ring. Raises WrongKey."""
    stored = connection.execute(STORED).scalar_one_or_none()
    if stored is None:
        return
    key_id, wrapped = _split(stored)
    if key_id != ring.current:
        anew = _join(*ring.rewrap(key_id, wrapped, DEPLOYMENT))
        connection.execute(update(_deployment).where(_deployment.c.key == "key").values(value=anew))
