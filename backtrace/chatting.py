"""`backtrace chat`: the conversation in the terminal, on a throw-away database.

Mail to professionals is printed. A line such as `+3h`, `+1d` or `+2w` lets time pass.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from random import SystemRandom

from backtrace.clock import ShiftedClock
from backtrace.composition import deploy
from bot.channels import Parcel
from bot.channels.console import Console
from bot.conversation.effects import SetDue
from bot.deployment import Chance, Clinic, Deployment
from bot.driving import drive, run_until_quiet
from bot.due import write as write_due
from bot.enrolling import Newcomer, enrol
from bot.inbound import Inbound, InboundKind
from bot.receiving import receive
from flows.errors import Refusal
from flows.library import Library
from templates.next_steps import next_steps
from trajectory.keys import Ring
from trajectory.migrations import throw_away
from trajectory.patients import PatientRef

ADDRESS = "terminal"
_LATER = re.compile(r"\+(\d{1,3})([hdw])")
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


class Unknown(Refusal):
    """There is no such language or flow; the message names those there are."""


class _PrintedMail:
    """Mail to professionals, printed where the patient can see it too."""

    name = "email"

    def __init__(self, show: Callable[[str], None]) -> None:
        self._show = show

    def send(self, parcel: Parcel) -> str | None:
        """Print it."""
        mail = parcel.rendered
        self._show(f"[mail] {mail.subject}\n{mail.text}")
        return None


@contextmanager
def _throw_away(
    library: Library, show: Callable[[str], None], clock: ShiftedClock
) -> Iterator[Deployment]:
    database = throw_away()
    try:
        yield deploy(
            database,
            Ring.generate(),
            library,
            clock=clock,
            chance=Chance(SystemRandom()),
            channels={"console": Console(show), "email": _PrintedMail(show)},
            clinic=Clinic(),
            steps=next_steps(),
        )
    finally:
        database.close()


def chat(
    library: Library,
    lines: Iterable[str],
    show: Callable[[str], None],
    *,
    language: str | None,
    flow: str | None,
    pathway: str = "low-back-pain",
) -> None:
    """Talk until `lines` end; `flow` alone is asked, or the whole enrolment and pathway.

    Raises:
        Unknown: no such language, flow or pathway.
    """
    _check("language", language, library.languages)
    _check("pathway", pathway, library.pathways)
    _check("flow", flow, library.flows)
    clock = ShiftedClock()
    with _throw_away(library, show, clock) as deployment:
        ref = enrol(
            deployment, _newcomer(language, None if flow else pathway), consented=flow is not None
        )
        if flow is not None:
            _ask(deployment, ref, flow)
        run_until_quiet(deployment)
        for number, line in enumerate(lines):
            _take(deployment, clock, number, line.strip())


def _check(what: str, wanted: str | None, there_are: Iterable[str]) -> None:
    names = sorted(there_are)
    if wanted is not None and wanted not in names:
        raise Unknown(f"no {what} is called {wanted!r}: choose {', '.join(names)}")


def _take(deployment: Deployment, clock: ShiftedClock, number: int, line: str) -> None:
    later = _LATER.fullmatch(line)
    if later is not None:
        drive(deployment, clock, clock.now() + int(later[1]) * _UNITS[later[2]])
    elif line:
        receive(deployment, [_said(deployment, number, line)])
        run_until_quiet(deployment)


def _newcomer(language: str | None, pathway: str | None) -> Newcomer:
    return Newcomer(
        "console",
        ADDRESS,
        language or "en",
        pathway=pathway,
        known=frozenset({"language"}) if language else frozenset(),
    )


def _ask(deployment: Deployment, ref: PatientRef, flow: str) -> None:
    due = SetDue(f"flow:{flow}", "flow", deployment.clock.now(), payload={"flow": flow})
    with deployment.database.write() as connection:
        write_due(connection, deployment, [(ref.patient_id, due)])


def _said(deployment: Deployment, number: int, line: str) -> Inbound:
    now = deployment.clock.now()
    return Inbound("console", ADDRESS, f"line-{number}", InboundKind.TEXT, now, text=line)
