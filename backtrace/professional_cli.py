"""`backtrace professional`: the clinic's directory of people who sign in at /pro."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated

import typer

from backtrace.clock import SystemClock
from backtrace.columns import in_columns
from backtrace.furnishing import deployed
from backtrace.settings import Settings
from bot.conversation.people import EMAIL
from bot.deployment import Deployment
from bot.directory import staff
from flows.errors import Refusal
from templates.catalogue import load_catalogues
from trajectory import professionals
from trajectory.care_team import TREATING
from trajectory.professionals import SECTORS, AlreadyListed, Professional

Number = Annotated[
    int, typer.Argument(min=1, max=2**63 - 1, help="The number that `professional list` shows.")
]
Name = Annotated[str, typer.Argument(help="As patients know them, such as 'Anne Skov'.")]
Address = Annotated[str, typer.Argument(help="Their own e-mail address; no shared mailbox.")]
Role = Annotated[str, typer.Option(help=", ".join(sorted(TREATING)) + ".")]
Sector = Annotated[str, typer.Option(help=", ".join(SECTORS) + ".")]
Language = Annotated[str, typer.Option(help="en or da.")]

_HEAD = ("number", "name", "e-mail", "role", "sector", "language", "state")


class Refused(Refusal):
    """It cannot be done; the message says why."""


def add(settings: Settings, newcomer: Professional) -> Iterator[str]:
    """Put somebody into the directory and invite them. Raises Refused."""
    _require_sense(settings, newcomer)
    with directory_of(settings) as deployment:
        try:
            number = staff.add(deployment, newcomer)
        except AlreadyListed:
            raise Refused("somebody of the directory has this address already") from None
        staff.invite(deployment, number)
    yield f"professional {number}"
    yield "An invitation is queued; its link works once, for a week."


def listed(settings: Settings) -> Iterator[str]:
    """Everybody of the directory, as a table."""
    with directory_of(settings) as deployment, deployment.database.read() as connection:
        found = professionals.listed(connection, deployment.ring)
        now = deployment.clock.now()
    yield from in_columns([_HEAD, *(_row(each, now) for each in found if each.treats)])


def invite(settings: Settings, number: int) -> Iterator[str]:
    """Send an invitation anew to somebody who has not set up yet. Raises Refused."""
    _require_mail(settings)
    with directory_of(settings) as deployment:
        with deployment.database.read() as connection:
            who = professionals.by_id(connection, deployment.ring, number)
        if who is not None and who.ready:
            raise Refused(f"the authenticator is set up; `professional reset {number}` ends that")
        staff.invite(deployment, number)
    yield "An invitation is queued; its link works once, for a week."


def reset(settings: Settings, number: int) -> Iterator[str]:
    """End every sign-in and the authenticator, and invite anew. Raises Refused."""
    _require_mail(settings)
    with directory_of(settings) as deployment:
        staff.invite(deployment, number)
    yield "Signed out everywhere. An invitation is queued; its link works once, for a week."


def remove(settings: Settings, number: int) -> Iterator[str]:
    """Take somebody out of the directory. Raises Refused."""
    with directory_of(settings) as deployment:
        count = staff.remove(deployment, number)
    yield f"Out of the directory and signed out, and out of the care teams of {count} patients."


@contextmanager
def directory_of(settings: Settings) -> Iterator[Deployment]:
    """The deployment, beside whatever runs. Raises Refused for what its block raises."""
    with deployed(settings, SystemClock(), {}, alone=False) as deployment:
        try:
            yield deployment
        except staff.NobodyListed:
            hint = "`backtrace professional list` and `staff list` show who there is"
            raise Refused(f"nobody of the directory has this number; {hint}") from None
        except staff.LastOperator:
            hint = "give it to somebody else first: `backtrace staff add`"
            raise Refused(f"the last operator keeps that role; {hint}") from None


def _require_sense(settings: Settings, newcomer: Professional) -> None:
    _require_one_of("--role", newcomer.role, sorted(TREATING))
    _require_one_of("--sector", newcomer.sector, SECTORS)
    require_address(settings, newcomer)


def require_address(settings: Settings, newcomer: Professional) -> None:
    """Whoever is to be invited needs a name, an address and words in their language.

    Raises Refused.
    """
    _require_mail(settings)
    _require_one_of("--language", newcomer.language, sorted(load_catalogues("messages")))
    if not newcomer.name.strip() or EMAIL.fullmatch(newcomer.email) is None:
        raise Refused("write a name and an e-mail address, as 'Anne Skov' anne@clinic.example")


def _require_one_of(option: str, given: str, known: Sequence[str]) -> None:
    if given not in known:
        raise Refused(f"{option} is one of {', '.join(known)}")


def _require_mail(settings: Settings) -> None:
    if settings.smtp_url is None:
        raise Refused("signing in needs mail: set BACKTRACE_SMTP_URL first")


def _row(each: Professional, now: datetime) -> tuple[str, ...]:
    return (
        str(each.id),
        each.name,
        each.email,
        each.role,
        each.sector,
        each.language,
        state_of(each, now),
    )


def state_of(each: Professional, now: datetime) -> str:
    """Whether somebody can sign in."""
    if each.ready:
        return "ready"
    return "invited" if each.invited_until and each.invited_until > now else "invitation too old"
