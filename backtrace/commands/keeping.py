"""Copies of the database, who was erased, and what is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from backtrace import backup_cli, doctor, refusals
from backtrace import erased as erased_patients
from backtrace.commands.starting import settings_read, start, tell
from backtrace.settings import Settings

app = typer.Typer()


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="Where the copy goes, such as backup.db.")],
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Write over a file of that name.")
    ] = False,
) -> None:
    """Copy the SQLite database to a file while it is in use, and check the copy."""
    start(lambda settings: tell(backup_cli.backup(settings, file, overwrite=overwrite)))


@app.command()
def restore(
    file: Annotated[
        Path | None, typer.Argument(help="The backup; none on PostgreSQL, after pg_restore.")
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Keep the present database beside, and go on.")
    ] = False,
    erased: Annotated[
        Path | None, typer.Option(help="The newest list of the erased, where it is elsewhere.")
    ] = None,
    without_erased: Annotated[
        bool, typer.Option("--without-erased", help="There is no list: nobody is erased anew.")
    ] = False,
) -> None:
    """Put a backup in the database's place: whoever was erased since is erased anew, and what
    waits to go out is held for you.
    """
    start(
        lambda settings: tell(
            backup_cli.restore(
                settings, file, replace=replace, listing=erased, list_is_lost=without_erased
            )
        )
    )


@app.command(name="erased")
def list_erased() -> None:
    """Print who was erased, numbers and times only: to be kept apart from the backups."""

    def show(settings: Settings) -> None:
        refusals.require_newest(settings)
        typer.echo(erased_patients.listed(settings), nl=False)

    start(show)


@app.command(name="doctor")
def examine() -> None:
    """Say what is wrong with settings, database and providers, and how to mend it; 1 if anything.

    With Twilio set up, the words for its opt-out page come last.
    """
    settings = settings_read()
    findings = []
    for finding in doctor.examine(settings):
        findings.append(finding)
        typer.echo(f"{finding.verdict.value:5}  {finding.what}: {finding.says}")
    if settings.twilio_account_sid:
        typer.echo(f"\n{doctor.text_to_paste(settings)}")
    if any(finding.verdict is doctor.Verdict.WRONG for finding in findings):
        raise typer.Exit(1)
