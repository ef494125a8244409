"""Patients: how they come in, and what of theirs somebody must look at."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from backtrace import cases_cli, enrol_cli, enrol_many_cli
from backtrace.commands.starting import start, tell
from backtrace.settings import Settings
from backtrace.signing import listed
from bot.asked_enrolment import Asked
from bot.inviting import LIFE

app = typer.Typer()


@app.command()
def enrol(
    context: typer.Context,
    name: enrol_cli.Name = "",
    language: enrol_cli.Language = "",
    pathway: enrol_cli.Pathway = "low-back-pain",
    timezone: enrol_cli.Zone = "Europe/Copenhagen",
    channel: enrol_cli.Channel = "",
    phone: enrol_cli.Phone = "",
    hour: enrol_cli.Hour = "",
    weekday: enrol_cli.Weekday = "",
    consented: enrol_cli.Consented = False,
    days: enrol_cli.Days = LIFE.days,
    birth_date: enrol_cli.BirthDate = "",
    card: enrol_cli.Card = None,
    patient: enrol_cli.Known = None,
) -> None:
    """Make a new patient; print their number and a one-time link into the web chat (7 days).

    With --channel, --card, --hour, --weekday, --consented or --days, and a --language: a one-time
    code for any channel, the patient's own four digits, and a card to be printed. With
    --patient: a new code for somebody who is here already.
    """
    given = enrol_cli.given(context)
    asked = Asked(
        language,
        channel or "web",
        name,
        timezone,
        pathway,
        phone,
        hour,
        weekday,
        consented,
        days,
        birth_date,
    )

    def make(settings: Settings) -> None:
        if patient is not None:
            enrol_cli.require_only(given, enrol_cli.OF_KNOWN)
            tell(enrol_cli.invite_known(settings, patient, channel, days, card))
        elif given & enrol_cli.OF_CODES:
            tell(enrol_cli.invite_patient(settings, asked, card))
        else:
            make_with_link(settings)

    def make_with_link(settings: Settings) -> None:
        enrolled = enrol_cli.enrol_patient(
            settings, name=name, language=language, pathway=pathway, timezone=timezone
        )
        typer.echo(f"patient {enrolled.number}\n{enrolled.link}")

    start(make)


@app.command()
def enrol_many(
    file: Annotated[Path, typer.Argument(help="A table saved as CSV (docs/enrolling.md).")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what is wrong in each line; enrol nobody.")
    ] = False,
    language: Annotated[str, typer.Option(help="Where a line has none: en or da.")] = "en",
    cards: Annotated[Path | None, typer.Option(help="Write the cards, to be printed.")] = None,
    errors: Annotated[
        Path | None, typer.Option(help="Write the lines with errors, to be corrected.")
    ] = None,
) -> None:
    """Enrol everybody in a table, each line once: run it again after an interruption.

    1 where lines have errors; those are not enrolled, the others are.
    """
    faulty = 0

    def make(settings: Settings) -> None:
        nonlocal faulty
        asked = enrol_many_cli.Asked(file, language, cards, errors, dry_run)
        faulty = enrol_many_cli.enrol_all(settings, asked, typer.echo)

    start(make)
    if faulty:
        raise typer.Exit(1)


@app.command()
def link(
    number: Annotated[
        int,
        typer.Argument(min=1, max=2**63 - 1, help="The patient's number, as `enrol` printed it."),
    ],
    sign_out: Annotated[
        bool, typer.Option("--sign-out", help="Let no other device in any more: a phone is lost.")
    ] = False,
) -> None:
    """Print a new one-time link into the web chat for a patient who is here already (7 days)."""
    start(lambda settings: typer.echo(enrol_cli.new_link(settings, number, sign_out=sign_out).link))


@app.command()
def cases(
    handled: Annotated[
        int | None,
        typer.Option(min=1, max=2**63 - 1, help="Take this case off the list: it is dealt with."),
    ] = None,
    reason: Annotated[str, typer.Option(help="With --handled: what was done, such as spoke.")] = "",
    note: Annotated[
        str, typer.Option(help="With --handled: more about that; sealed, the patient may read it.")
    ] = "",
    take: Annotated[
        int | None, typer.Option(min=1, max=2**63 - 1, help="Look after this case as the operator.")
    ] = None,
    give_back: Annotated[
        int | None, typer.Option(min=1, max=2**63 - 1, help="Look after this case no more.")
    ] = None,
) -> None:
    """Print what somebody at the clinic must look at, the most pressing first."""

    def show(settings: Settings) -> None:
        if take is not None:
            cases_cli.take(settings, take)
        if give_back is not None:
            cases_cli.give_back(settings, give_back)
        if handled is not None:
            cases_cli.handle(settings, handled, reason, note)
        typer.echo(cases_cli.table(cases_cli.listed(settings)))

    start(show)


@app.command()
def steps() -> None:
    """Print every next step that patients may be told, and who has signed its text."""
    start(lambda settings: typer.echo(listed(settings)))
