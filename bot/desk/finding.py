"""Finding a patient by what the secretary has: a name or part of it, a number, or a birth date."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from bot.deployment import Deployment
from bot.desk.addresses import BY_NUMBER
from bot.desk.locking import PHONES
from bot.phone import read_number
from trajectory import finding, patients
from trajectory.finding import Found
from trajectory.keys import Ring
from trajectory.patients import LOCKED

LONGEST = 100
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_DAY_FIRST = re.compile(r"(\d{1,2})[./ -]+(\d{1,2})[./ -]+(\d{4})")
_LARGEST = 2**63 - 1


class TooLittle(Exception):
    """There is nothing in it that could be looked for."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A patient who may be meant."""

    found: Found
    phones: int
    """How many phones they are reached on, locked ones included."""
    locked: int
    """How many of those are locked."""


@dataclass(frozen=True, slots=True)
class Hits:
    """Who was found; `more`: there are others, and more letters would tell them apart."""

    hits: Sequence[Hit]
    more: bool = False


def look_for(deployment: Deployment, text: str) -> Hits:
    """Who is meant by these words, by name.

    Raises:
        TooLittle: neither a date, nor a number, nor two letters of a name.
        trajectory.database.Unavailable: the database is lost.
    """
    said = " ".join(text.split())[:LONGEST]
    born = read_birth_date(said)
    has_digits = any(each.isdecimal() for each in said)
    if born is None and not has_digits and not finding.is_narrow(said):
        raise TooLittle
    with deployment.database.read() as connection:
        if born is not None:
            search = finding.by_birth_date(connection, deployment.ring, born)
        elif has_digits:
            search = finding.Search(_by_digits(connection, deployment, said))
        else:
            search = finding.by_name(connection, deployment.ring, said)
        return Hits([_hit(connection, deployment.ring, each) for each in search.found], search.more)


def read_birth_date(text: str) -> date | None:
    """The day that is written out with its whole year: 1957-03-04, 4.3.1957 or 04/03 1957."""
    iso, day_first = _ISO.fullmatch(text), _DAY_FIRST.fullmatch(text)
    parts = iso.groups() if iso else day_first.groups()[::-1] if day_first else None
    if parts is None:
        return None
    try:
        return date(*map(int, parts))
    except ValueError:
        return None


def _by_digits(connection: Connection, deployment: Deployment, said: str) -> list[Found]:
    """Whose telephone number it is, however written; or whose number at the clinic."""
    ring = deployment.ring
    owners: list[int] = []
    number = read_number(said, deployment.clinic.timezone)
    if number is not None:
        places = [(channel, number) for channel in BY_NUMBER]
        refs = patients.find_by_address(connection, ring, places)
        owners += [ref.patient_id for ref in refs.values()]
        owners += [each.patient_id for each in finding.by_phone(connection, ring, number).found]
    if said.isdecimal() and int(said) <= _LARGEST:
        owners.append(int(said))
    found = (finding.by_number(connection, ring, each) for each in _once(owners))
    return [each for each in found if each is not None]


def _once(owners: Iterable[int]) -> Iterable[int]:
    return dict.fromkeys(owners)


def _hit(connection: Connection, ring: Ring, found: Found) -> Hit:
    standing = patients.statuses(connection, found.patient_id)
    phones = [status for channel, status in standing if channel in PHONES and status != "closed"]
    return Hit(found, len(phones), phones.count(LOCKED))
