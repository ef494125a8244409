"""The clinic's directory: who signs in, whom patients can pick by name, and who is at the desk.

Names and addresses are sealed with the deployment's key, and an address is found by keyed hash.
Whoever has left stays as an empty row, since care teams and audits name its id.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, and_, insert, or_, select, update

from trajectory import deployment, tables
from trajectory.ids import Ids
from trajectory.keys import Ring, Sealer
from trajectory.staff_tokens import Role

SECTORS = ("primary", "hospital", "municipal", "private")
STAFF = "staff"
"""The role of whoever works at the desk and treats nobody: no patient can pick them."""
INVITATION_LIFE = timedelta(days=7)

_professional = tables.core(tables.Professional)
_NAME, _EMAIL = "professional.name", "professional.email"
_SECRET = "professional.secret"  # noqa: S105 - the name of a place, not a password
_UNSUBSCRIBE = "professional.unsubscribe"
_BY_EMAIL, _BY_INVITATION = "professional.email", "professional.invitation"


class AlreadyListed(Exception):
    """Somebody of the directory has this address."""


class Rhythm(NamedTuple):
    """When the weekly digest comes, on the clinic's clock; Monday 0."""

    on: bool = True
    day: int = 2
    hour: int = 7


USUAL = Rhythm()


@dataclass(frozen=True, slots=True)
class Professional:
    """Somebody of the directory, in the clear."""

    id: int
    name: str
    email: str
    role: str
    sector: str
    language: str
    ready: bool = False
    """Whether the authenticator is set up: nobody signs in without."""
    invited_until: datetime | None = None
    rhythm: Rhythm = USUAL
    digested_at: datetime | None = None
    desk: frozenset[Role] = frozenset()
    """What they may do at the clinic's desk."""

    @property
    def treats(self) -> bool:
        """Whether patients can have them in their care team."""
        return self.role != STAFF


@dataclass(frozen=True, slots=True)
class Authenticator:
    """What a code is checked against."""

    secret: str
    last_step: int | None


def add(
    connection: Connection, ids: Ids, ring: Ring, newcomer: Professional, token: str, now: datetime
) -> int:
    """The id of somebody new; `newcomer.id` is not looked at. Raises AlreadyListed.

    `token` goes into the link that ends their digests.
    """
    if by_email(connection, ring, newcomer.email) is not None:
        raise AlreadyListed
    sealer, number = deployment.sealer(connection, ring), ids.take(connection)
    key_id, digest = ring.find_hash(_BY_EMAIL, _folded(newcomer.email))
    row = {
        "id": number,
        "name": sealer.seal_text(_NAME, number, newcomer.name),
        "email": sealer.seal_text(_EMAIL, number, newcomer.email),
        "hash": digest,
        "hash_key_id": key_id,
        "role": newcomer.role,
        "sector": newcomer.sector,
        "desk_roles": _joined(newcomer.desk),
        "language": newcomer.language,
        "created_at": now,
        "unsubscribe": sealer.seal_text(_UNSUBSCRIBE, number, token),
        "digests": newcomer.treats,
    }
    connection.execute(insert(_professional), row)
    return number


def listed(connection: Connection, ring: Ring) -> list[Professional]:
    """Everybody of the directory, in the order in which they came. Raises WrongKey."""
    rows = connection.execute(_here().order_by(_professional.c.id)).all()
    if not rows:
        return []
    sealer = deployment.sealer(connection, ring)
    return [_opened(sealer, row) for row in rows]


def by_id(connection: Connection, ring: Ring, number: int) -> Professional | None:
    """Somebody who has not left. Raises WrongKey."""
    return _one(connection, ring, _professional.c.id == number)


def hold_operators(connection: Connection) -> None:
    """Let nobody else change who can give roles until this transaction ends."""
    connection.execute(
        select(_professional.c.id)
        .where(_professional.c.desk_roles.contains(Role.OPERATOR.value))
        .order_by(_professional.c.id)
        .with_for_update()
    )


def was_ever_listed(connection: Connection, number: int) -> bool:
    """Whether this is the number of anybody, here or gone."""
    known = select(_professional.c.id).where(_professional.c.id == number)
    return connection.execute(known).one_or_none() is not None


def by_email(connection: Connection, ring: Ring, email: str) -> Professional | None:
    """Whose address this is, however it is written. Raises WrongKey."""
    hashes = [digest for _, digest in ring.find_hashes(_BY_EMAIL, _folded(email))]
    return _one(connection, ring, _professional.c.hash.in_(hashes))


def by_invitation(
    connection: Connection, ring: Ring, token: str, now: datetime
) -> Professional | None:
    """Whom this link invites to set an authenticator up; None where it opens nothing."""
    hashes = [digest for _, digest in ring.find_hashes(_BY_INVITATION, token)]
    wanted = and_(_professional.c.invitation_hash.in_(hashes), _professional.c.invited_until > now)
    return _one(connection, ring, wanted)


def invite(
    connection: Connection, ring: Ring, number: int, token: str, secret: str, now: datetime
) -> None:
    """Let whoever has `token` set an authenticator up; the one before opens nothing any more."""
    sealer = deployment.sealer(connection, ring)
    _change(
        connection,
        number,
        invitation_hash=ring.find_hash(_BY_INVITATION, token)[1],
        invited_until=now + INVITATION_LIFE,
        secret=sealer.seal_text(_SECRET, number, secret),
        ready_at=None,
        last_step=None,
    )


def authenticator(connection: Connection, ring: Ring, number: int) -> Authenticator | None:
    """What this person's codes are checked against. Raises WrongKey."""
    row = connection.execute(
        select(_professional.c.secret, _professional.c.last_step).where(
            _professional.c.id == number, _professional.c.secret.is_not(None)
        )
    ).one_or_none()
    if row is None:
        return None
    sealer = deployment.sealer(connection, ring)
    return Authenticator(sealer.open_text(_SECRET, number, row.secret), row.last_step)


def use_step(connection: Connection, number: int, step: int) -> bool:
    """Use a time step up; False where it or a later one has been used, also a moment ago."""
    used = connection.execute(
        update(_professional)
        .where(
            _professional.c.id == number,
            or_(_professional.c.last_step.is_(None), _professional.c.last_step < step),
        )
        .values(last_step=step)
        .returning(_professional.c.id)
    )
    return used.one_or_none() is not None


def make_ready(connection: Connection, number: int, now: datetime) -> None:
    """The authenticator is set up: the invitation opens nothing any more."""
    _change(connection, number, ready_at=now, invitation_hash=None, invited_until=None)


def describe(connection: Connection, ring: Ring, changed: Professional) -> None:
    """Name, role, sector and language are those of `changed` from now on. Raises WrongKey."""
    sealer = deployment.sealer(connection, ring)
    _change(
        connection,
        changed.id,
        name=sealer.seal_text(_NAME, changed.id, changed.name),
        role=changed.role,
        sector=changed.sector,
        language=changed.language,
        digests=changed.rhythm.on and changed.treats,
    )


def set_desk(connection: Connection, number: int, roles: frozenset[Role]) -> None:
    """What this person may do at the desk from now on; the empty set: nothing."""
    _change(connection, number, desk_roles=_joined(roles))


def remove(connection: Connection, number: int, now: datetime) -> None:
    """Take somebody out of the directory for good: nothing of them stays, the address is free."""
    _change(
        connection,
        number,
        removed_at=now,
        name=b"",
        email=b"",
        unsubscribe=b"",
        desk_roles="",
        hash=None,
        secret=None,
        ready_at=None,
        invitation_hash=None,
        invited_until=None,
        digests=False,
    )


def set_rhythm(connection: Connection, number: int, rhythm: Rhythm) -> None:
    """When this person's digest comes, if at all."""
    _change(
        connection,
        number,
        digests=rhythm.on,
        digest_day=rhythm.day,
        digest_hour=rhythm.hour,
    )


def hold(connection: Connection, number: int) -> None:
    """Nobody else changes this person meanwhile; before what falls due for them, as everywhere."""
    held = select(_professional.c.id).where(_professional.c.id == number)
    connection.execute(held.with_for_update(key_share=True))


def note_digest(connection: Connection, number: int, until: datetime) -> None:
    """Everything that was new until then has been counted."""
    _change(connection, number, digested_at=until)


def unsubscribe_token(connection: Connection, ring: Ring, number: int) -> str:
    """What the link in a digest shows to end them: it does nothing else. Raises WrongKey."""
    sealed = select(_professional.c.unsubscribe).where(_professional.c.id == number)
    token = connection.execute(sealed).scalar_one()
    sealer = deployment.sealer(connection, ring)
    return f"{number}-{sealer.open_text(_UNSUBSCRIBE, number, token)}"


def unsubscribed_by(connection: Connection, ring: Ring, token: str) -> Professional | None:
    """Whose digests this link ends; None: nobody's. Raises WrongKey."""
    number, _, _ = token.partition("-")
    if not (number.isascii() and number.isdecimal() and len(number) < 19):
        return None
    who = by_id(connection, ring, int(number))
    if who is None:
        return None
    known = unsubscribe_token(connection, ring, who.id)
    return who if hmac.compare_digest(known.encode(), token.encode()) else None


def rehash(connection: Connection, ring: Ring) -> None:
    """Hash every address with the ring's current key."""
    behind = _here().where(_professional.c.hash_key_id != ring.current)
    rows = connection.execute(behind.with_for_update()).all()
    if not rows:
        return
    sealer = deployment.sealer(connection, ring)
    for row in rows:
        email = sealer.open_text(_EMAIL, row.id, row.email)
        key_id, digest = ring.find_hash(_BY_EMAIL, _folded(email))
        _change(connection, row.id, hash=digest, hash_key_id=key_id)


def _here() -> Any:
    return select(_professional).where(_professional.c.removed_at.is_(None))


def _one(connection: Connection, ring: Ring, which: ColumnElement[bool]) -> Professional | None:
    row = connection.execute(_here().where(which)).one_or_none()
    return None if row is None else _opened(deployment.sealer(connection, ring), row)


def _change(connection: Connection, number: int, **values: Any) -> None:
    connection.execute(update(_professional).where(_professional.c.id == number).values(**values))


def _opened(sealer: Sealer, row: Row[*tuple[Any, ...]]) -> Professional:
    return Professional(
        row.id,
        sealer.open_text(_NAME, row.id, row.name),
        sealer.open_text(_EMAIL, row.id, row.email),
        row.role,
        row.sector,
        row.language,
        row.ready_at is not None,
        row.invited_until,
        Rhythm(row.digests, row.digest_day, row.digest_hour),
        row.digested_at,
        frozenset(Role(each) for each in row.desk_roles.split(",") if each),
    )


def _joined(roles: frozenset[Role]) -> str:
    return ",".join(sorted(roles))


def _folded(email: str) -> str:
    return email.strip().casefold()
