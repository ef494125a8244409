"""`backtrace enrol` and `link`: a patient, and the one-time link into the web chat."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import SystemRandom
from typing import Annotated
from zoneinfo import available_timezones

import typer
from sqlalchemy import Connection

from backtrace.clock import SystemClock
from backtrace.running import deployed
from backtrace.settings import Settings
from bot.deployment import Chance, Deployment
from bot.enrolling import Newcomer, enrol
from flows.library import Library
from trajectory import audit, patients, web_access

LINK_LIFE = timedelta(days=7)

Name = Annotated[str, typer.Option(help="What the patient is called; asked when left out.")]
Language = Annotated[str, typer.Option(help="en or da; asked when left out.")]
Pathway = Annotated[str, typer.Option(help="Which pathway the patient follows.")]
Zone = Annotated[str, typer.Option(help="The patient's time zone.")]

OPERATOR = "operator"
"""Who acts in a patient's log when the clinic's command line was used."""


class Unknown(Exception):
    """There is no such language, pathway, time zone or patient; the message says what to do."""


@dataclass(frozen=True, slots=True)
class WayIn:
    """A patient's number and a one-time link into their web chat."""

    number: int
    link: str


def enrol_patient(
    settings: Settings, *, name: str, language: str, pathway: str, timezone: str
) -> WayIn:
    """Make a patient whose enrolment dialogue waits in the web chat.

    Raises:
        Unknown: no such language, pathway or time zone.
        backtrace.running.NotMigrated: there is no table to keep the patient in.
    """
    clock = SystemClock()
    with deployed(settings, clock, {}, alone=False) as deployment:
        _check(deployment.library, language, pathway, timezone)
        chance = Chance(SystemRandom())
        newcomer = Newcomer(
            "web",
            f"web:{chance.token()}",
            language or "en",
            timezone=timezone,
            pathway=pathway,
            name=name,
            known=frozenset(
                key for key, value in (("language", language), ("name", name)) if value
            ),
        )
        ref = enrol(deployment, newcomer, consented=False)
        return _way_in(deployment, ref.patient_id, sign_out=False)


def new_link(settings: Settings, number: int, *, sign_out: bool) -> WayIn:
    """A further link for a patient; `sign_out`: older links and devices let nobody in any more.

    Raises:
        Unknown: no patient has this number.
        backtrace.running.NotMigrated: there are no patients yet.
    """
    with deployed(settings, SystemClock(), {}, alone=False) as deployment:
        return _way_in(deployment, number, sign_out=sign_out)


def _check(library: Library, language: str, pathway: str, timezone: str) -> None:
    if language and language not in library.languages:
        raise Unknown(f"--language: choose {', '.join(library.languages)}")
    if pathway not in library.pathways:
        raise Unknown(f"--pathway: choose {', '.join(sorted(library.pathways))}")
    if timezone not in available_timezones():
        raise Unknown("--timezone: write it as Europe/Copenhagen")


def _way_in(deployment: Deployment, number: int, *, sign_out: bool) -> WayIn:
    token, now = deployment.chance.token(), deployment.clock.now()
    deployment.database.run(
        lambda connection: _let_in(connection, deployment, number, token, now, sign_out=sign_out)
    )
    return WayIn(number, f"{deployment.clinic.public_url}/chat/in/{token}")


def _let_in(
    connection: Connection,
    deployment: Deployment,
    number: int,
    token: str,
    now: datetime,
    *,
    sign_out: bool,
) -> None:
    held = patients.lock_conversations(connection, [number])
    if not held:
        raise Unknown(f"no patient has the number {number}")
    if sign_out:
        web_access.close_all(connection, number, now)
    web_access.create_link(
        connection,
        deployment.ids,
        deployment.ring,
        held[0].sealer(deployment.ring),
        patient_id=number,
        token=token,
        now=now,
        lifetime=LINK_LIFE,
    )
    action = "web-link-anew" if sign_out else "web-link"
    audit.append(connection, deployment.ids, number, actor=OPERATOR, action=action, at=now)
