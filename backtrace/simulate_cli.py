"""`backtrace simulate`."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar
from sqlalchemy import Connection

from backtrace.clock import SystemClock
from backtrace.definitions import worded_library
from backtrace.furnishing import clinic_of, library_of
from backtrace.keyring import proved, ring_of
from backtrace.replay.stage import PUBLIC_URL, Stage, furnish
from backtrace.settings import Settings, folders
from backtrace.simulate.checks import newest_patient, problems
from backtrace.simulate.people import CHANNELS, LANGUAGES, PATHWAY, ZONE, Crowd
from backtrace.simulate.report import Line, summary
from backtrace.simulate.run import Progress, Simulation
from bot.deployment import Clinic
from flows.errors import Refusal
from trajectory import deployment as own_key
from trajectory.database import Database, exclusive
from trajectory.deployment import is_simulated, mark_simulated
from trajectory.keys import Ring
from trajectory.sole import require_alone

FIRST_DAY = datetime(2026, 1, 5, tzinfo=ZONE)
"""Of a throw-away run, so that every run is like the other."""
MIX = "mix"
_MOST_NAMED = 20
"""Problems that are named; of the others only their number."""


class NotForPatients(Refusal):
    """Invented patients were to be put among real ones, or could not be told from them."""


class ChannelChoice(StrEnum):
    """Where the invented patients write."""

    MIX = MIX
    TELEGRAM = "telegram"
    SMS = "sms"
    WEB = "web"


class LanguageChoice(StrEnum):
    """What they speak."""

    MIX = MIX
    EN = "en"
    DA = "da"


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asks for; `start` None: so that it ends today, or `FIRST_DAY`."""

    patients: int
    weeks: int
    seed: int
    add: bool = False
    start: datetime | None = None
    channel: str = MIX
    language: str = MIX


Patients = Annotated[int, typer.Option(min=1, help="How many invented patients.")]
Weeks = Annotated[int, typer.Option(min=1, max=520, help="How many weeks go by.")]
Seed = Annotated[int, typer.Option(min=0, help="The same seed gives the same run.")]
Target = Annotated[
    str | None,
    typer.Option(
        help="Fill this database, sqlite:///FILE or postgresql://..., instead of a throw-away one."
    ),
]
Add = Annotated[
    bool, typer.Option("--add", help="It may hold invented patients; these come to them.")
]
Start = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d"], help="The first day; with --database it ends today."),
]
ChannelOption = Annotated[ChannelChoice, typer.Option(help="Where the patients write.")]
LanguageOption = Annotated[LanguageChoice, typer.Option(help="What the patients speak.")]


def run(asked: Asked, settings: Settings | None) -> bool:
    """Simulate, print what came of it, and say what is wrong; whether nothing is.

    `settings` name the database to be filled; without them it is a throw-away one.

    Raises:
        NotForPatients: the database holds patients who are real, or unasked for, or is in
            production.
        trajectory.database.InUse: something else is connected to it.
        Whatever `backtrace.furnishing.deployed` raises for the database that is to be filled.
    """
    start = asked.start.replace(tzinfo=ZONE) if asked.start else _first_day(asked, settings)
    with _stage(asked, settings, start) as stage:
        before = stage.deployment.database.run(lambda connection: _before(connection, asked))
        crowd = Crowd(
            asked.patients,
            asked.seed,
            start,
            CHANNELS if asked.channel == MIX else (asked.channel,),
            LANGUAGES if asked.language == MIX else (asked.language,),
            before,
        )
        end = start + timedelta(weeks=asked.weeks)
        simulation = Simulation(stage, crowd, end)
        began = time.perf_counter()
        _watch(simulation, start, asked.weeks)
        took = time.perf_counter() - began
        _print(summary(stage.deployment, simulation.people, before, start, end))
        _say_speed(simulation.progress, took)
        return _is_right([str(each) for each in problems(stage.deployment, before)])


def _before(connection: Connection, asked: Asked) -> int:
    """The newest patient who is here, none of whom is a real one. Raises NotForPatients."""
    before = newest_patient(connection)
    if before and not is_simulated(connection):
        raise NotForPatients(
            "this database holds patients who are not invented: choose another one"
        )
    if before and not asked.add:
        raise NotForPatients(
            "this database holds patients already: choose another, or --add to them"
        )
    mark_simulated(connection)
    return before


def _first_day(asked: Asked, settings: Settings | None) -> datetime:
    if settings is None:
        return FIRST_DAY
    today = SystemClock().now().astimezone(ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    return today - timedelta(weeks=asked.weeks)


@contextmanager
def _stage(asked: Asked, settings: Settings | None, start: datetime) -> Iterator[Stage]:
    if settings is None:
        library, clinic = worded_library(*folders()), Clinic(public_url=PUBLIC_URL)
        stage = furnish(Database.for_replay(), Ring.generate(), library, start, asked.seed, clinic)
        with _closing(stage):
            yield stage
        return
    if settings.env == "production":
        raise NotForPatients("BACKTRACE_ENV is production: invented patients have no place there")
    ring, library = ring_of(settings), library_of(settings)
    if PATHWAY not in library.pathways:
        raise NotForPatients(f"invented patients follow {PATHWAY}, which BACKTRACE_PATHWAYS lacks")
    require_alone(settings.database_url)
    with exclusive(settings.database_url):
        typer.echo("Nothing waits for the disk meanwhile: after a crash, begin anew.", err=True)
        database = Database(settings.database_url, durable=False)
        clinic = clinic_of(settings, mails=True)
        stage = furnish(database, ring, library, start, asked.seed, clinic)
        with _closing(stage):
            with proved(settings):
                database.run(partial(own_key.take, ring=ring))
            yield stage


@contextmanager
def _closing(stage: Stage) -> Iterator[None]:
    try:
        yield
    finally:
        stage.deployment.database.close()


def _watch(simulation: Simulation, start: datetime, weeks: int) -> None:
    """Run it, with a bar on a terminal and elsewhere a line when a week is over."""
    console = Console(stderr=True)
    if console.is_terminal:
        _with_bar(simulation, start, weeks, console)
        return
    over = 0
    for progress in simulation.run():
        week = _week(progress, start)
        if over + 1 < week <= weeks:
            over = week - 1
            typer.echo(f"{_told(progress, over)} of {weeks}", err=True)
    typer.echo(f"{_told(simulation.progress, weeks)} of {weeks}", err=True)


def _with_bar(simulation: Simulation, start: datetime, weeks: int, console: Console) -> None:
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    length = timedelta(weeks=weeks).total_seconds()
    with Bar(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=length)
        for progress in simulation.run():
            passed = (progress.moment - start).total_seconds()
            bar.update(task, completed=passed, description=_told(progress, _week(progress, start)))


def _week(progress: Progress, start: datetime) -> int:
    return (progress.moment - start) // timedelta(weeks=1) + 1


def _told(progress: Progress, week: int) -> str:
    return f"{progress.turns:,} turns, {progress.messages:,} messages, week {week}"


def _print(lines: list[Line]) -> None:
    width = max(len(name) for name, _ in lines)
    for name, value in lines:
        typer.echo(f"{name:{width}}  {value}")


def _say_speed(progress: Progress, took: float) -> None:
    """Apart from the summary, which is the same at every run."""
    typer.echo(f"{took:.1f} s, {progress.turns / took:,.0f} turns/s", err=True)


def _is_right(found: list[str]) -> bool:
    for problem in found[:_MOST_NAMED]:
        typer.echo(f"wrong: {problem}")
    if len(found) > _MOST_NAMED:
        typer.echo(f"wrong: {len(found) - _MOST_NAMED:,} more")
    if not found:
        typer.echo("checked: scores, what is due, openings a day and a week, nothing set aside")
    sys.stdout.flush()
    return not found
