"""The audit's own proof: heads noted outside the database, and `backtrace audit verify`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from sqlalchemy import Connection

from backtrace.erased import sqlite_file
from backtrace.keyring import ring_of
from backtrace.refusals import require_newest
from backtrace.settings import Settings
from bot.chores import Long
from bot.deployment import Deployment
from trajectory import audit
from trajectory.audit import Head
from trajectory.audit_checks import Chain, check, check_clinic, erased_after
from trajectory.audit_log import REWOUND, AuditLog, BadLog
from trajectory.audit_noting import Noting, Points
from trajectory.clinic_audit import CLINIC
from trajectory.database import Database
from trajectory.keys import Ring

KIND = "audit-log"
EVERY = timedelta(minutes=15)
LATE = timedelta(hours=1)
"""A record that is older, and that no line of the log covers, is a problem of its own."""
SLICE = 500
"""So many chains are checked in one transaction."""

_log = structlog.get_logger(__name__)
_WHAT = {
    "changed": "changed",
    "removed": "removed",
    "order": "does not follow the one before it: inserted, moved, or one was removed",
    "inserted": "inserted before the first",
    "cut-off": "cut off: the audit log has it",
    "rewritten": "rewritten: the audit log has another one",
    "no-erasure": "missing: the patient is erased, and no record says so",
    "not-erased": "says that the patient was erased, who is there",
}


def file_of(settings: Settings) -> Path | None:
    """Where the heads are noted; None: nowhere, as on PostgreSQL without the setting."""
    if settings.audit_log is not None:
        return settings.audit_log
    file = sqlite_file(settings)
    return None if file is None else Path(f"{file}.audit")


def chores(settings: Settings, deployment: Deployment) -> dict[str, Long]:
    """Noting the heads, where there is a file for it."""
    if file_of(settings) is None:
        return {}
    noting = noting_of(settings, deployment.database, deployment.ring)
    return {KIND: Long(EVERY, lambda place: _note(noting, place or 0, deployment.clock.now()))}


def _note(noting: Noting, place: int, now: datetime) -> int | None:
    try:
        reached = noting.note(place, now)
    except (BadLog, OSError) as error:
        _log.error("the audit log cannot be continued", error=type(error).__name__)
        raise
    if reached is None:
        _log.info("audit noted", root=noting.log.root.hex())
    return reached


@dataclass
class Verdict:
    """What `verify` has found so far."""

    chains: int = 0
    records: int = 0
    problems: int = 0
    unnoted: int = 0
    """Records older than an hour that no line of the log covers."""

    @property
    def whole(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


@dataclass
class _Log:
    """What the log says, apart from its points."""

    roots: set[str] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def verify(
    settings: Settings, verdict: Verdict, now: datetime, patient: int | None = None, root: str = ""
) -> Iterator[str]:
    """Check every chain, or one patient's; what is wrong, and at last a summary, as lines.

    `root`: one that was kept elsewhere, which the log must still contain. It works beside the
    processes that serve the database. Raises NotMigrated, NoKeys, Unavailable.
    """
    require_newest(settings)
    file, ring = file_of(settings), ring_of(settings, make=False)
    with Points.opened() as points, closing(Database(settings.database_url)) as database:
        # Before the chains: what is noted later is in them already.
        log = _read(file, ring, points)
        if root and root not in log.roots:
            log.problems.append(f"the audit log does not contain the root {root}")
        yield from log.notes
        if patient is None:
            yield from _told(_own(database, points, verdict, now))
        for noted, chains in _slices(database, points, patient):
            for chain in chains:
                _count(verdict, chain, noted.get(chain.patient_id, ()), now)
                yield from _told(chain)
    log.problems += _not_covered(file, verdict)
    verdict.problems += len(log.problems)
    yield from log.problems
    end = "whole" if verdict.whole else f"{verdict.problems} problems"
    yield f"{verdict.chains} chains, {verdict.records} records, {end}"


def _own(database: Database, points: Points, verdict: Verdict, now: datetime) -> Chain:
    """The clinic's own chain, counted."""
    noted = points.between(CLINIC - 1, CLINIC).get(CLINIC, ())
    with database.read() as connection:
        chain = check_clinic(connection, noted)
    _count(verdict, chain, noted, now)
    return chain


def _read(file: Path | None, ring: Ring, points: Points) -> _Log:
    log = _Log()
    if file is None or not file.exists():
        return log
    try:
        for line in AuditLog(file, ring).unread():
            points.add(line)
            log.roots.add(line.root.hex())
            if line.kind == REWOUND:
                when = line.at.isoformat(timespec="seconds")
                log.notes.append(f"{when}: a restore has set {len(line.heads)} chains back")
    except BadLog as error:
        log.problems.append(str(error))
    return log


def _not_covered(file: Path | None, verdict: Verdict) -> Iterator[str]:
    blind = "a record that is cut off at a chain's end would not be found"
    if file is None:
        yield f"no audit log, set BACKTRACE_AUDIT_LOG: {blind}"
    elif not file.exists() and verdict.records:
        yield f"there is no audit log at {file}, a worker makes it: {blind}"
    elif verdict.unnoted:
        yield (
            f"{verdict.unnoted} records are over an hour old and not in the audit log. Is a worker "
            "running? If one is, lines were cut off from the log"
        )


def _slices(
    database: Database, points: Points, patient: int | None
) -> Iterator[tuple[Mapping[int, Sequence[Head]], Sequence[Chain]]]:
    """What was noted and what is there, so many chains at a time, each from one snapshot."""
    after = 0 if patient is None else patient - 1
    while True:
        with database.read() as connection:
            chosen = [patient] if patient is not None else _next(connection, points, after)
            if not chosen:
                return
            noted = points.between(after, chosen[-1])
            chains = check(connection, chosen, noted)
        yield noted, chains
        if patient is not None:
            return
        after = chosen[-1]


def _next(connection: Connection, points: Points, after: int) -> list[int]:
    """The next patients who have a chain, or had one, or whose erasure it should tell."""
    found = {head.patient_id for head in audit.heads(connection, after, SLICE)}
    found |= set(points.patients(after, SLICE)) | set(erased_after(connection, after, SLICE))
    return sorted(found)[:SLICE]


def _count(verdict: Verdict, chain: Chain, noted: Sequence[Head], now: datetime) -> None:
    covered = max((head.n for head in noted), default=0)
    verdict.chains += chain.records > 0
    verdict.records += chain.records
    verdict.problems += len(chain.problems)
    verdict.unnoted += sum(at < now - LATE for n, at in chain.times.items() if n > covered)


def _told(chain: Chain) -> Iterator[str]:
    whose = "the clinic's own" if chain.patient_id == CLINIC else f"patient {chain.patient_id}"
    for problem in chain.problems:
        yield f"{whose}, record {problem.n}: {_WHAT[problem.what]}"


def has_log(settings: Settings) -> bool:
    """Whether something was noted already, which a restore may set back."""
    file = file_of(settings)
    return file is not None and file.exists()


def noting_of(settings: Settings, database: Database, ring: Ring) -> Noting:
    """The notes of this database, where there are some."""
    file = file_of(settings)
    assert file is not None
    return Noting(database, AuditLog(file, ring))
