"""The deployment's own: the key that seals what belongs to no patient, such as unknown senders'
words, and whether its patients are invented.
"""

from __future__ import annotations

from sqlalchemy import Connection, select, update

from trajectory.keys import DEPLOYMENT, Ring, Sealer
from trajectory.sql import insert_once
from trajectory.tables import Deployment, core

_deployment = core(Deployment)
_SIMULATED = "simulated"
_MARKED = select(_deployment.c.key).where(_deployment.c.key == _SIMULATED)
_STORED = select(_deployment.c.value).where(_deployment.c.key == "key")


def sealer(connection: Connection, ring: Ring) -> Sealer:
    """The deployment's sealer; made at its first use, so in a write transaction.

    Raises WrongKey.
    """
    stored = connection.execute(_STORED).scalar_one_or_none()
    if stored is None:
        _, key_id, wrapped = ring.new_sealer(DEPLOYMENT)
        insert_once(connection, _deployment, {"key": "key", "value": _join(key_id, wrapped)})
        # Another process may have been first; what is stored counts.
        stored = connection.execute(_STORED).scalar_one()
    key_id, wrapped = _split(stored)
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
    stored = connection.execute(_STORED).scalar_one_or_none()
    if stored is None:
        return
    key_id, wrapped = _split(stored)
    if key_id != ring.current:
        anew = _join(*ring.rewrap(key_id, wrapped, DEPLOYMENT))
        connection.execute(update(_deployment).where(_deployment.c.key == "key").values(value=anew))
