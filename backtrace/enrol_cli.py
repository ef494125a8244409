"""`backtrace enrol` and `link`: a patient, and what lets them in: a code, a card or a link."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import SystemRandom
from typing import Annotated, TextIO

import typer
from sqlalchemy import Connection

from backtrace.clock import SystemClock
from backtrace.furnishing import deployed
from backtrace.settings import Settings
from bot import inviting
from bot.asked_enrolment import (
    MOST_DAYS,
    Asked,
    Wrong,
    invitee_of,
    lifetime_of,
    require_way,
    ways_of,
)
from bot.deployment import Chance, Clinic, Deployment
from bot.enrolling import Newcomer, enrol
from bot.inviting import Invitation
from bot.zones import zone_names
from flows.errors import Refusal
from flows.library import Library
from trajectory import audit, patients, web_access
from trajectory.patients import AddressTaken

LINK_LIFE = timedelta(days=7)

Name = Annotated[str, typer.Option(help="What the patient is called; asked when left out.")]
Language = Annotated[str, typer.Option(help="en or da; asked when left out, needed for a code.")]
Pathway = Annotated[str, typer.Option(help="Which pathway the patient follows.")]
Zone = Annotated[str, typer.Option(help="The patient's time zone.")]

Channel = Annotated[
    str,
    typer.Option(help="telegram, sms, whatsapp or web: make a code, and show this way first."),
]
Phone = Annotated[str, typer.Option(help="With --channel sms: send an SMS that says how to begin.")]
Hour = Annotated[str, typer.Option(help="When the questions come, as 18:00; asked when left out.")]
Weekday = Annotated[str, typer.Option(help="Day of the weekly questions, as monday.")]
Days = Annotated[int, typer.Option(min=1, max=MOST_DAYS, help="For how many days a code lives.")]
BirthDate = Annotated[str, typer.Option(help="As 14-09-1958; to know the patient again.")]
Consented = Annotated[
    bool, typer.Option("--consented", help="Consent was given on paper: nothing is asked.")
]
Card = Annotated[Path | None, typer.Option(help="Write a card to be printed, as HTML.")]
Known = Annotated[
    int | None,
    typer.Option(
        "--patient",
        min=1,
        max=2**63 - 1,
        help="A code for a patient who is here already: a lost phone, a new number.",
    ),
]

OF_CODES = frozenset(
    {"channel", "card", "phone", "hour", "weekday", "consented", "days", "birth_date"}
)
"""Options that a link alone cannot carry: whoever gives one gets a code as well."""
OF_KNOWN = frozenset({"patient", "channel", "card", "days"})
"""Options that go with a patient who is here already."""

OPERATOR = "operator"
"""Who acts in a patient's log when the clinic's command line was used."""


class Unknown(Refusal):
    """Something asked for cannot be, or is not there; the message says what to do."""


@dataclass(frozen=True, slots=True)
class WayIn:
    """A patient's number and a one-time link into their web chat."""

    number: int
    link: str


def given(context: typer.Context) -> frozenset[str]:
    """The names of the options that were written, whatever their value."""
    sources = {name: context.get_parameter_source(name) for name in context.params}
    return frozenset(
        name for name, source in sources.items() if source and source.name == "COMMANDLINE"
    )


def require_only(written: frozenset[str], allowed: frozenset[str]) -> None:
    """Raise Unknown for an option that would change nothing."""
    others = sorted(f"--{name}" for name in written - allowed)
    if others:
        raise Unknown(
            f"{', '.join(others)}: not together with --patient, who has all this already and "
            "changes it in the chat"
        )


def enrol_patient(
    settings: Settings, *, name: str, language: str, pathway: str, timezone: str
) -> WayIn:
    """Make a patient whose enrolment dialogue waits in the web chat.

    Raises:
        Unknown: no such language, pathway or time zone.
        backtrace.refusals.NotMigrated: there is no table to keep the patient in.
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


def invite_patient(settings: Settings, asked: Asked, card: Path | None) -> Iterator[str]:
    """Make a patient and a code; the lines to be shown, once.

    Raises:
        Unknown: something asked for cannot be, or the card cannot be written.
        backtrace.refusals.NotMigrated: there is no table to keep the patient in.
    """
    with deployed(settings, SystemClock(), {}, alone=False, names_bot=True) as deployment:
        try:
            invitee, lifetime = invitee_of(deployment, asked), lifetime_of(asked.days)
        except Wrong as wrong:
            raise Unknown(f"--{wrong.field}: {wrong}") from None
        with _opened(card) as file:
            try:
                invitation = inviting.invite(deployment, invitee, lifetime)
            except AddressTaken:
                raise Unknown("--phone: a patient is reached there already") from None
            file.write(inviting.card_of(deployment, invitation, asked.channel))
    yield from _shown(invitation)


def invite_known(
    settings: Settings, number: int, channel: str, days: int, card: Path | None
) -> Iterator[str]:
    """Make a code for a patient who is here already; the lines to be shown, once.

    Raises:
        Unknown: no patient has this number, the card cannot be written, or no code leads in.
        backtrace.refusals.NotMigrated: there are no patients yet.
    """
    with (
        deployed(settings, SystemClock(), {}, alone=False, names_bot=True) as deployment,
        _opened(card) as file,
    ):
        _require_code_way(deployment.clinic, number, channel)
        try:
            invitation = inviting.invite_again(deployment, number, lifetime_of(days))
        except inviting.NoSuchPatient:
            raise Unknown(f"no patient has the number {number}") from None
        file.write(inviting.card_of(deployment, invitation, channel or "web"))
    yield from _shown(invitation)


def _require_code_way(clinic: Clinic, number: int, channel: str) -> None:
    """A code is sent to a number or a bot; into the web chat it is a link that leads."""
    if channel == "web" or not any(way for name, way in ways_of(clinic).items() if name != "web"):
        raise Unknown(f"no code leads into the web chat: use `backtrace link {number}`")
    if channel:
        try:
            require_way(clinic, channel)
        except Wrong as wrong:
            raise Unknown(f"--{wrong.field}: {wrong}") from None


@contextmanager
def _opened(card: Path | None) -> Iterator[TextIO]:
    """The card's file, for its owner only; opened before anything is made that it must hold.

    It is a new one, and gone again where nothing came of it. Raises Unknown.
    """
    if card is None:
        yield io.StringIO()
        return
    try:
        file = os.fdopen(os.open(card, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w")
    except FileExistsError:
        raise Unknown(f"--card: {card} is there already; choose another name") from None
    except OSError as error:
        raise Unknown(f"--card: {error.strerror}; choose another file") from None
    try:
        with file:
            yield file
    except BaseException:
        card.unlink()
        raise


def _shown(invitation: Invitation) -> Iterator[str]:
    yield f"patient {invitation.patient_id}"
    yield f"code {invitation.code} until {invitation.expires_at:%Y-%m-%d %H:%M} UTC"
    if invitation.digits:
        yield f"own code {invitation.digits} (shown this once)"
    yield from invitation.ways.values()


def new_link(settings: Settings, number: int, *, sign_out: bool) -> WayIn:
    """A further link for a patient; `sign_out`: older links and devices let nobody in any more.

    Raises:
        Unknown: no patient has this number.
        backtrace.refusals.NotMigrated: there are no patients yet.
    """
    with deployed(settings, SystemClock(), {}, alone=False) as deployment:
        return _way_in(deployment, number, sign_out=sign_out)


def _check(library: Library, language: str, pathway: str, timezone: str) -> None:
    if language and language not in library.languages:
        raise Unknown(f"--language: choose {', '.join(library.languages)}")
    if pathway not in library.pathways:
        raise Unknown(f"--pathway: choose {', '.join(sorted(library.pathways))}")
    if timezone not in zone_names():
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
