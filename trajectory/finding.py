"""Finding patients by name or birth date, which are sealed with each patient's own key.

Each beginning of two and of three letters of a name's words, the birth date, and the number of
somebody who was not heard yet are put into one of `HEAPS` heaps by a keyed hash. A heap is of many
beginnings, so that it says little of a name to who has no key of the ring; who is meant is read
from the few names that lie in the right heaps.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, delete, intersect, select

from trajectory import tables
from trajectory.bulk import Insert
from trajectory.erasure import ERASED
from trajectory.keys import Ring

HEAPS = 1024
MOST_READ = 5_000
"""So many names are opened for one search at most; who asks for more is asked for more letters."""
MOST_FOUND = 25
BORN, PHONE = "born", "phone"
"""Keys of the profile: the birth date (ISO), and the number of somebody who was not heard yet."""
PROFILE = "patient.profile"

_PURPOSE = "patient.find"
_BEGINNINGS = (2, 3)
_patient = tables.core(tables.Patient)
_heap = tables.core(tables.FindHeap)
_INSERT = Insert(_heap, "patient_id", "heap")
_WITHOUT = (
    select(_patient.c.id, _patient.c.key_id, _patient.c.wrapped_key, _patient.c.profile)
    .where(
        _patient.c.status != ERASED,
        ~select(_heap.c.heap).where(_heap.c.patient_id == _patient.c.id).exists(),
    )
    .order_by(_patient.c.id)
)

# One spelling for the ways in which a name is written: Åse, Aase and Ase are found by each other.
_ONE_LETTER = str.maketrans({"æ": "a", "ø": "o", "å": "a", "đ": "d", "ł": "l", "þ": "th", "ð": "d"})
_TWO_FOR_ONE = re.compile(r"aa|ae|oe")
_WORD = re.compile(r"[^\W_]+")
_APOSTROPHES = re.compile("['’`´]")


class Found(NamedTuple):
    """A patient who may be meant, in the clear."""

    patient_id: int
    name: str
    birth_date: date | None
    status: str


class Search(NamedTuple):
    """Who was found, by name; `more`: not all of them, so that more letters are wanted."""

    found: Sequence[Found]
    more: bool = False


def words_of(name: str) -> tuple[str, ...]:
    """The words of a name as they are compared: small letters, without accents, one spelling."""
    small = _APOSTROPHES.sub("", name.casefold()).translate(_ONE_LETTER)
    bare = "".join(
        each for each in unicodedata.normalize("NFKD", small) if not unicodedata.combining(each)
    )
    return tuple(_TWO_FOR_ONE.sub(_first, word) for word in _WORD.findall(bare))


def _first(two: re.Match[str]) -> str:
    return two[0][0]


def is_narrow(name: str) -> bool:
    """Whether these words can be looked for: at least one has two letters."""
    return any(len(word) >= _BEGINNINGS[0] for word in words_of(name))


def by_name(connection: Connection, ring: Ring, name: str) -> Search:
    """Who has words in their name that begin with each of these, in any order.

    Nobody where `name` is not narrow. Raises WrongKey.
    """
    asked = words_of(name)
    beginnings = {word[: _BEGINNINGS[-1]] for word in asked if len(word) >= _BEGINNINGS[0]}
    if not beginnings:
        return Search(())
    return _read(connection, ring, beginnings, lambda profile: _fits(asked, profile["name"]))


def by_birth_date(connection: Connection, ring: Ring, born: date) -> Search:
    """Who was born on this day. Raises WrongKey."""
    wanted = born.isoformat()
    return _read(connection, ring, {wanted}, lambda profile: profile.get(BORN) == wanted)


def by_phone(connection: Connection, ring: Ring, number: str) -> Search:
    """Who has this number (E.164) in their profile: whoever is reached there is found by address.

    Raises WrongKey.
    """
    return _read(connection, ring, {number}, lambda profile: profile.get(PHONE) == number)


def by_number(connection: Connection, ring: Ring, patient_id: int) -> Found | None:
    """The patient of this number, as the others are found. Raises WrongKey."""
    rows = connection.execute(_patients().where(_patient.c.id == patient_id)).all()
    return next((_found(row, _profile(ring, row)) for row in rows), None)


def add(connection: Connection, ring: Ring, people: Mapping[int, Any]) -> None:
    """Let these patients be found: by id the profile that is stored for them."""
    rows = [
        (patient_id, heap)
        for patient_id, profile in people.items()
        for heap in sorted({_heaps(ring, each)[0] for each in _beginnings(profile)})
    ]
    _INSERT.run(connection, rows)


def add_anew(
    connection: Connection, ring: Ring, patient_id: int, profile: Mapping[str, Any]
) -> None:
    """The same for a patient whose name, birth date or ring key is another now."""
    connection.execute(delete(_heap).where(_heap.c.patient_id == patient_id))
    add(connection, ring, {patient_id: profile})


def add_missing(connection: Connection, ring: Ring, after: int, most: int) -> int | None:
    """Let be found who was stored before anybody could be: up to so many behind this patient.

    The last of them; None: there is nobody further. Raises WrongKey.
    """
    rows = connection.execute(_WITHOUT.where(_patient.c.id > after).limit(most)).all()
    add(connection, ring, {row.id: _profile(ring, row) for row in rows})
    return rows[-1].id if rows else None


def _beginnings(profile: Mapping[str, Any]) -> Iterator[str]:
    for word in words_of(profile["name"]):
        if len(word) >= _BEGINNINGS[0]:
            yield from (word[:length] for length in _BEGINNINGS)
    yield from (profile[key] for key in (BORN, PHONE) if profile.get(key))


def _heaps(ring: Ring, beginning: str) -> list[int]:
    """In which heap it lies by each key of the ring, the current one first."""
    hashes = ring.find_hashes(_PURPOSE, beginning)
    return [int.from_bytes(digest[:4]) % HEAPS for _, digest in hashes]


def _read(
    connection: Connection,
    ring: Ring,
    beginnings: set[str],
    fits: Callable[[Mapping[str, Any]], bool],
) -> Search:
    rows = connection.execute(_in_all(ring, beginnings).limit(MOST_READ + 1)).all()
    found = []
    for row in rows[:MOST_READ]:
        profile = _profile(ring, row)
        if fits(profile):
            found.append(_found(row, profile))
    found.sort(key=lambda each: (words_of(each.name), each.patient_id))
    return Search(found[:MOST_FOUND], len(found) > MOST_FOUND or len(rows) > MOST_READ)


def _in_all(ring: Ring, beginnings: set[str]) -> Select[Any]:
    lying = [
        select(_heap.c.patient_id).where(_heap.c.heap.in_(_heaps(ring, each)))
        for each in sorted(beginnings)
    ]
    return _patients().where(_patient.c.id.in_(intersect(*lying) if len(lying) > 1 else lying[0]))


def _patients() -> Select[Any]:
    return select(
        _patient.c.id,
        _patient.c.status,
        _patient.c.key_id,
        _patient.c.wrapped_key,
        _patient.c.profile,
    ).where(_patient.c.status != ERASED)


def _profile(ring: Ring, row: Any) -> Mapping[str, Any]:
    sealer = ring.unwrap(row.key_id, row.wrapped_key, row.id)
    profile: Mapping[str, Any] = sealer.open_json(PROFILE, row.id, row.profile)
    return profile


def _found(row: Any, profile: Mapping[str, Any]) -> Found:
    born = profile.get(BORN)
    return Found(row.id, profile["name"], date.fromisoformat(born) if born else None, row.status)


def _fits(asked: Sequence[str], name: str) -> bool:
    words = words_of(name)
    return all(any(word.startswith(each) for word in words) for each in asked)
