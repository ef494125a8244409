"""`backtrace enrol`: a new patient, and the one-time link into the web chat."""

from __future__ import annotations

from datetime import timedelta
from random import SystemRandom
from typing import Annotated
from zoneinfo import available_timezones

import typer

from backtrace.clock import SystemClock
from backtrace.running import deployed
from backtrace.settings import Settings
from bot.deployment import Chance, Deployment
from bot.enrolling import Newcomer, enrol
from flows.library import Library
from trajectory import patients, web_access
from trajectory.patients import PatientRef

LINK_LIFE = timedelta(days=7)

Name = Annotated[str, typer.Option(help="What the patient is called; asked when left out.")]
Language = Annotated[str, typer.Option(help="en or da; asked when left out.")]
Pathway = Annotated[str, typer.Option(help="Which pathway the patient follows.")]
Zone = Annotated[str, typer.Option(help="The patient's time zone.")]


class Unknown(Exception):
    """There is no such language, pathway or time zone; the message says what there is."""


def enrol_patient(
    settings: Settings, *, name: str, language: str, pathway: str, timezone: str
) -> str:
    """Make a patient whose enrolment dialogue waits in the web chat; the link to it.

    Raises:
        Unknown: no such language, pathway or time zone.
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
        return _link(deployment, enrol(deployment, newcomer, consented=False))


def _check(library: Library, language: str, pathway: str, timezone: str) -> None:
    if language and language not in library.languages:
        raise Unknown(f"--language: choose {', '.join(library.languages)}")
    if pathway not in library.pathways:
        raise Unknown(f"--pathway: choose {', '.join(sorted(library.pathways))}")
    if timezone not in available_timezones():
        raise Unknown("--timezone: write it as Europe/Copenhagen")


def _link(deployment: Deployment, ref: PatientRef) -> str:
    token, now = deployment.chance.token(), deployment.clock.now()
    with deployment.database.write() as connection:
        (row,) = patients.read(connection, [ref.patient_id])
        web_access.create_link(
            connection,
            deployment.ids,
            deployment.ring,
            row.sealer(deployment.ring),
            patient_id=ref.patient_id,
            token=token,
            now=now,
            lifetime=LINK_LIFE,
        )
    return f"{deployment.clinic.public_url}/chat/in/{token}"
