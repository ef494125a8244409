"""`backtrace keys`."""

from __future__ import annotations

from typing import Annotated

import typer

from backtrace import keys_cli
from backtrace.commands.starting import start, tell

app = typer.Typer(help="The key ring that seals health data.", no_args_is_help=True)


@app.command()
def new(
    name: Annotated[str, typer.Option(help="The new key's id; the next free of k1, k2, ...")] = "",
    last: Annotated[
        bool, typer.Option("--last", help="Behind the others: known, and not used yet.")
    ] = False,
) -> None:
    """Print a ring with a new key for BACKTRACE_KEYS; in development write it to the key file.

    The new key is current, and the others stay in the ring. Keep a copy in a safe place.
    """
    start(lambda settings: tell(keys_cli.new(settings, name, last=last)))


@app.command(name="list")
def list_keys() -> None:
    """Print the keys of the ring, what each still opens, and which may be destroyed when."""
    start(lambda settings: tell(keys_cli.listed(settings)))


@app.command()
def rotate(
    stopped: Annotated[
        bool, typer.Option("--stopped", help="No serve, web or worker runs now.")
    ] = False,
) -> None:
    """Bring every patient to the current key while patients write; stopped, it goes on."""
    start(lambda settings: tell(keys_cli.rotate(settings, stopped=stopped)))
