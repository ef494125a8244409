"""Messages: what waits, what was given up, and mail that came back."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from backtrace import bounce_cli, held_cli, outbox_cli
from backtrace.commands.starting import start, tell
from backtrace.settings import Settings
from bot.waiting import Reason

app = typer.Typer()


@app.command()
def outbox(
    resend: Annotated[
        int | None,
        typer.Option(min=1, max=2**63 - 1, help="Try this message again that was given up."),
    ] = None,
    resend_all: Annotated[
        str | None,
        typer.Option(
            metavar="CHANNEL/ERROR",
            help="Try all again that one error has ended, such as sms/30007.",
        ),
    ] = None,
    drop: Annotated[
        int | None,
        typer.Option(min=1, max=2**63 - 1, help="Take this message off the list for good."),
    ] = None,
    drop_all: Annotated[
        str | None,
        typer.Option(
            metavar="CHANNEL/ERROR", help="Take all off the list that one error has ended."
        ),
    ] = None,
    reason: Annotated[
        Reason, typer.Option(help="Why it is dropped, for the audit.")
    ] = Reason.OTHER,
    release_held: Annotated[
        bool, typer.Option("--release-held", help="Send what a restore holds.")
    ] = False,
    drop_held: Annotated[
        bool, typer.Option("--drop-held", help="Give up what a restore holds.")
    ] = False,
) -> None:
    """Print what waits to go out, by channel and reason, and what was given up."""
    if release_held and drop_held:
        typer.echo("--release-held or --drop-held: choose one", err=True)
        raise typer.Exit(2)

    def show(settings: Settings) -> None:
        if resend_all is not None:
            typer.echo(outbox_cli.resend_all(settings, resend_all))
        if resend is not None:
            outbox_cli.resend(settings, resend)
        if drop is not None:
            outbox_cli.drop(settings, drop, reason)
        if drop_all is not None:
            typer.echo(outbox_cli.drop_all(settings, drop_all, reason))
        if release_held or drop_held:
            typer.echo(held_cli.settle(settings, release=release_held))
        held = list(held_cli.shown(settings))
        listed = outbox_cli.shown(settings)
        tell(held)
        typer.echo("Nothing else waits." if held and listed == outbox_cli.NOTHING else listed)

    start(show)


@app.command()
def bounce(
    to: Annotated[
        list[str] | None,
        typer.Option(help="Where the mail was sent, where its headers do not say so."),
    ] = None,
) -> None:
    """Take one mail that came back from standard input: for a mail server's pipe.

    Exit 0: taken; 65: no delivery report of a mail of ours; 75: try again later.
    """

    def read(settings: Settings) -> None:
        raw = sys.stdin.buffer.read(bounce_cli.LARGEST)
        ended, why = bounce_cli.take(settings, raw, to or ())
        typer.echo(why, err=ended is not bounce_cli.Ended.TAKEN)
        if ended is not bounce_cli.Ended.TAKEN:
            raise typer.Exit(int(ended))

    start(read)
