"""Codes that a patient says aloud in the room, such as K7M 42P: good once, for a short while.

Nineteen characters that nobody can take for one another, read or heard, and no vowel that could
make a word of them. Only a signed-in professional can try one.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from sqlalchemy import Connection, insert, select, update

from trajectory import tables
from trajectory.ids import Ids
from trajectory.keys import Ring

LIFE = timedelta(minutes=15)
ALPHABET = "2346789CFHJKMPRTWXY"
LENGTH = 6
_HALF = LENGTH // 2
_PURPOSE = "room_code"
_code = tables.core(tables.RoomCode)


def draw(random: Random) -> str:
    """A code that nobody can guess in the time: one in 47 million."""
    return "".join(random.choices(ALPHABET, k=LENGTH))


def shown(code: str) -> str:
    """As it is said: K7M 42P."""
    return f"{code[:_HALF]} {code[_HALF:]}"


def read(typed: str) -> str:
    """The code in what somebody typed, without blanks and marks."""
    return "".join(each for each in typed.upper() if each.isalnum())


def create(
    connection: Connection, ids: Ids, ring: Ring, patient_id: int, code: str, now: datetime
) -> None:
    """A new code of a patient whose conversation is held; earlier ones stop working."""
    close_all(connection, patient_id, now)
    row = {
        "id": ids.take(connection),
        "patient_id": patient_id,
        "hash": ring.find_hash(_PURPOSE, code)[1],
        "created_at": now,
        "expires_at": now + LIFE,
    }
    connection.execute(insert(_code), row)


def find(connection: Connection, ring: Ring, code: str, now: datetime) -> int | None:
    """Whose code this is; None where it opens nothing: nobody learns why.

    Should two patients have the same at once, it is neither's.
    """
    hashes = [digest for _, digest in ring.find_hashes(_PURPOSE, code)]
    found = connection.execute(
        select(_code.c.patient_id).where(
            _code.c.hash.in_(hashes), _code.c.used_at.is_(None), _code.c.expires_at > now
        )
    )
    owners = list(found.scalars())
    return owners[0] if len(owners) == 1 else None


def use(connection: Connection, ring: Ring, patient_id: int, code: str, now: datetime) -> bool:
    """Use the code up, the patient's conversation held; False where it opens nothing any more."""
    hashes = [digest for _, digest in ring.find_hashes(_PURPOSE, code)]
    used = connection.execute(
        update(_code)
        .where(
            _code.c.patient_id == patient_id,
            _code.c.hash.in_(hashes),
            _code.c.used_at.is_(None),
            _code.c.expires_at > now,
        )
        .values(used_at=now)
        .returning(_code.c.id)
    )
    return used.first() is not None


def close_all(connection: Connection, patient_id: int, now: datetime) -> None:
    """No code of this patient that is still out opens anything."""
    connection.execute(
        update(_code)
        .where(_code.c.patient_id == patient_id, _code.c.used_at.is_(None))
        .values(used_at=now)
    )
