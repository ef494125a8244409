"""The deployment that a transcript is played on, and a simulation."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random

from backtrace.composition import deploy
from bot.channels import Parcel
from bot.deployment import Chance, Clinic, Deployment
from flows.library import Library
from templates.next_steps import next_steps
from trajectory.database import Database
from trajectory.keys import Ring
from trajectory.migrations import throw_away, upgrade_database

PUBLIC_URL = "https://backtrace.example"
SEED = 20261124
_CLINIC = Clinic(public_url=PUBLIC_URL)


class ReplayClock:
    """Shows the time that the transcript is at."""

    def __init__(self, start: datetime) -> None:
        self._moment = start.astimezone(UTC)

    def now(self) -> datetime:
        """The transcript's time."""
        return self._moment

    def set(self, moment: datetime) -> None:
        """Move on."""
        self._moment = moment.astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that went out, as its channel rendered it."""

    at: datetime
    channel: str
    parcel: Parcel


@dataclass
class Wire:
    """A channel whose other end is the transcript: what is sent is kept for printing."""

    name: str
    clock: ReplayClock
    sent: list[Sent] = field(default_factory=list)

    def send(self, parcel: Parcel) -> str | None:
        """Keep the message; a transcript always delivers."""
        self.sent.append(Sent(self.clock.now(), self.name, parcel))
        return None


@dataclass(frozen=True)
class Stage:
    """A deployment, its clock, and all that was sent on any channel, in order."""

    deployment: Deployment
    clock: ReplayClock
    sent: list[Sent]


def build(library: Library, start: datetime) -> Stage:
    """A stage whose clock shows `start`. Ids, tokens and codes are the same at every run."""
    return furnish(throw_away(), Ring.generate(), library, start, SEED)


def furnish(
    database: Database,
    ring: Ring,
    library: Library,
    start: datetime,
    seed: int,
    clinic: Clinic = _CLINIC,
) -> Stage:
    """As `build`, on a database of the caller's, which is brought to the newest revision."""
    upgrade_database(database)
    clock = ReplayClock(start)
    sent: list[Sent] = []
    channels = {
        name: Wire(name, clock, sent) for name in ("sms", "telegram", "whatsapp", "web", "email")
    }
    deployment = deploy(
        database,
        ring,
        library,
        clock=clock,
        chance=Chance(Random(seed)),  # noqa: S311 - nothing that it draws guards anything
        channels=channels,
        clinic=clinic,
        steps=next_steps(),
    )
    return Stage(deployment, clock, sent)
