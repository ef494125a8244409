"""`backtrace keys`: which keys there are, a new one, and bringing every patient to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from functools import partial
from itertools import count
from time import sleep

from rich.console import Console
from rich.progress import Progress
from sqlalchemy import Connection

from backtrace.clock import SystemClock
from backtrace.keyring import key_file, named, prove, replace_key_file, ring_of, ring_or_none
from backtrace.refusals import require_newest
from backtrace.settings import Settings
from flows.errors import Refusal
from trajectory import key_history, rotation
from trajectory.database import Database
from trajectory.key_history import KeyUse
from trajectory.keys import Ring
from trajectory.sole import older_sessions

SLICES = {"sqlite": 20, "postgresql": 200}
"""Patients a transaction; on SQLite, where a reply waits for it, about 10 ms."""
ROUNDS = 20
"""So often it goes over those whom a turn held each time."""
A_MOMENT = 0.5
"""Seconds between two such rounds."""

CLOCKS_DIFFER = timedelta(seconds=1)
"""The database's from a process's, at most."""


class NotYet(Refusal):
    """The keys must not be rotated now; the message says what comes first."""


def new(settings: Settings, name: str, *, last: bool) -> Iterator[str]:
    """A new key: the ring to be set, or in development a line saying where it was written.

    `last`: behind the others, so that every process can know it before one uses it. Raises BadKeys.
    """
    ring = ring_or_none(settings)
    if ring is None:
        yield Ring.generate(name or "k1").setting()
        return
    found = ring.with_new_key(name or _next_name(ring), last=last)
    file = key_file(settings)
    if file is None:
        yield found.setting()
        return
    replace_key_file(file, found)
    yield f"{file}: {', '.join(found.key_ids)}; keep a copy. Now start `backtrace serve` anew"


def _next_name(ring: Ring) -> str:
    return next(name for n in count(1) if (name := f"k{n}") not in ring.key_ids)


def listed(settings: Settings) -> Iterator[str]:
    """The keys, what each still wraps, and when it may go. Raises NotMigrated, NoKeys."""
    require_newest(settings)
    ring = ring_of(settings, make=False)
    with closing(Database(settings.database_url)) as database:
        prove(settings, database, ring)
        with database.read() as connection:
            found = key_history.uses(connection, ring)
    yield named(settings)
    yield from (f"{use.id:8} {_told(use)}" for use in found)


def _told(use: KeyUse) -> str:
    wraps = f"{use.patients} patients"
    if not use.in_ring:
        return f"not in the ring; {wraps}"
    if use.current:
        since = (
            f"since {use.current_since:%Y-%m-%d}"
            if use.current_since
            else "no process has run with it yet"
        )
        return f"current; {wraps}; {since}"
    if use.patients or use.wraps_own:
        known = f" known since {use.known_since:%Y-%m-%d};" if use.known_since else ""
        return f"older; {wraps};{known} `backtrace keys rotate` brings them to the current key"
    if use.current_since is None:
        return "to come; 0 patients; put it first in the ring once every process knows it"
    if use.may_go_at is None:
        return "older; 0 patients; `backtrace keys rotate` notes that it is retired"
    return (
        f"retired; 0 patients; may be destroyed with the backups it opens from "
        f"{use.may_go_at:%Y-%m-%d} on"
    )


def rotate(settings: Settings, *, stopped: bool) -> Iterator[str]:
    """Bring every patient to the current key, beside whatever runs; begun anew it goes on.

    `stopped`: no process of ours runs. Raises NotYet, NotMigrated, NoKeys, Unavailable.
    """
    require_newest(settings)
    ring = ring_of(settings, make=False)
    with closing(Database(settings.database_url)) as database:
        prove(settings, database, ring)
        with database.read() as connection:
            if not stopped:
                _require_known(connection, ring)
            waiting = rotation.behind(connection, ring)
        database.run(partial(key_history.note_used, now=SystemClock().now()))
        left = _rotate_all(database, ring, waiting)
        database.run(partial(key_history.note_retired, ring=ring, now=SystemClock().now()))
    if left:
        yield f"{waiting - left} patients brought to {ring.current}; {left} were busy: run it again"
    else:
        yield f"{waiting} patients brought to {ring.current}; nobody is behind"
    yield from listed(settings)


def _require_known(connection: Connection, ring: Ring) -> None:
    """Raise NotYet where a process may not know the current key."""
    since = key_history.known_since(connection, ring)
    if since is None:
        raise NotYet(
            f"no process has run with {ring.current} as its current key: whoever is moved to it is "
            "a stranger to processes that do not know it. Start all of them anew with the new ring "
            "first; or say --stopped if none runs"
        )
    if older := older_sessions(connection, since - CLOCKS_DIFFER):
        raise NotYet(
            f"{older} connections to the database are older than {ring.current}: a process that "
            "does not know it still runs. Start it anew first"
        )


def _rotate_all(database: Database, ring: Ring, waiting: int) -> int:
    """How many are still behind: held by turns each time, or made meanwhile by an older process."""
    left = waiting
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Rotating", total=waiting)
        for attempt in range(ROUNDS):
            if attempt:
                sleep(A_MOMENT)
            for done in _round(database, ring):
                bar.advance(task, done)
            with database.read() as connection:
                left = rotation.behind(connection, ring)
            if not left:
                break
    return left


def _round(database: Database, ring: Ring) -> Iterator[int]:
    after: int | None = 0
    while after is not None:
        turn = partial(rotation.rotate, ring=ring, after=after, limit=SLICES[database.dialect])
        done, after = database.run(turn)
        yield done
