"""`backtrace enrol-many`: a table of patients, looked at and enrolled as the clinic's desk does."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from backtrace.clock import SystemClock
from backtrace.enrol_cli import OPERATOR, Unknown
from backtrace.furnishing import deployed
from backtrace.settings import Settings
from bot.deployment import Deployment
from bot.desk import enrolling_many, faults, sheet
from bot.desk.enrolling_many import Defaults, Line
from bot.desk.sheet import Sheet, Unreadable
from bot.inviting import cards_of

TOLD_EVERY = 20
"""Lines between two words on how far it is."""
_ENGLISH = "en"
_Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asks for."""

    file: Path
    language: str
    cards: Path | None
    errors: Path | None
    dry_run: bool


def enrol_all(settings: Settings, asked: Asked, tell: _Tell) -> int:
    """Enrol what is right in the table, and tell what is not; how many lines have errors.

    Raises:
        Unknown: the file is no such table, or what is to be written cannot be.
        backtrace.refusals.NotMigrated: there is no table to keep patients in.
    """
    for place in (asked.cards, asked.errors):
        _require_new(place)
    table = _read(asked.file)
    with deployed(settings, SystemClock(), {}, alone=False, names_bot=True) as deployment:
        if asked.language not in deployment.library.languages:
            raise Unknown(f"--language: choose {', '.join(deployment.library.languages)}")
        lines = _examined(deployment, table, asked)
        faulty = faults.faulty(lines)
        for line in faulty:
            says = "; ".join(faults.told(each, _ENGLISH) for each in line.problems)
            tell(f"line {line.row.line}: {says}")
        _write(asked.errors, lambda: faults.table(table, lines, _ENGLISH))
        new = sum(line.is_new for line in lines)
        before = sum(line.before is not None for line in lines)
        tell(f"{new} can be enrolled, {before} were enrolled before, {len(faulty)} have errors")
        if not asked.dry_run:
            _run(deployment, lines, new, tell)
            lines = _examined(deployment, table, asked)
            _write(asked.cards, lambda: _cards(deployment, lines))
    return len(faulty)


def _run(deployment: Deployment, lines: Sequence[Line], new: int, tell: _Tell) -> None:
    done = 0
    for outcome in enrolling_many.run(deployment, lines, OPERATOR):
        if outcome.problem is not None:
            says = faults.told(outcome.problem, _ENGLISH)
            tell(f"line {outcome.line.row.line}: {says}")
            continue
        done += 1
        if done % TOLD_EVERY == 0 or done == new:
            tell(f"{done} of {new} enrolled")


def _examined(deployment: Deployment, table: Sheet, asked: Asked) -> Sequence[Line]:
    return enrolling_many.examine(deployment, table, Defaults(asked.language))


def _cards(deployment: Deployment, lines: Sequence[Line]) -> bytes:
    return cards_of(deployment, enrolling_many.cards(deployment, lines)).encode()


def _read(file: Path) -> Sheet:
    try:
        return sheet.read(file.read_bytes())
    except OSError as error:
        raise Unknown(f"{file}: {error.strerror}") from None
    except Unreadable as wrong:
        raise Unknown(f"{file}: {faults.refused(wrong, _ENGLISH)}") from None


def _require_new(place: Path | None) -> None:
    """Nothing is written over; said before anybody is enrolled."""
    if place is not None and place.exists():
        raise Unknown(f"{place} is there already; choose another name")
    if place is not None and not place.parent.is_dir():
        raise Unknown(f"{place}: there is no such folder")


def _write(place: Path | None, made: Callable[[], bytes]) -> None:
    """A file for its owner only."""
    if place is None:
        return
    try:
        with os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(made())
    except OSError as error:
        raise Unknown(f"{place}: {error.strerror}; run it again with another name") from None
