"""The product without patients: a talk at the terminal, and invented ones."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from backtrace import chatting, enrol_cli, simulate_cli
from backtrace.commands.starting import refused_in_words, settings_read
from backtrace.definitions import worded_library
from backtrace.settings import folders

app = typer.Typer()


@app.command()
def chat(
    language: Annotated[
        str | None, typer.Option(help="en or da; without it you are asked.")
    ] = None,
    flow: Annotated[str | None, typer.Option(help="Ask only this flow, such as odi.")] = None,
    pathway: enrol_cli.Pathway = "low-back-pain",
) -> None:
    """Talk to the assistant here; +3h, +1d or +2w lets time pass, Ctrl-D ends it."""
    with refused_in_words():
        library = worded_library(*folders())
        chatting.chat(
            library,
            sys.stdin,
            lambda text: typer.echo(f"{text}\n"),
            language=language,
            flow=flow,
            pathway=pathway,
        )


@app.command()
def simulate(
    patients: simulate_cli.Patients = 1000,
    weeks: simulate_cli.Weeks = 12,
    seed: simulate_cli.Seed = 1,
    database: simulate_cli.Target = None,
    add: simulate_cli.Add = False,
    start: simulate_cli.Start = None,
    channel: simulate_cli.ChannelOption = simulate_cli.ChannelChoice.MIX,
    language: simulate_cli.LanguageOption = simulate_cli.LanguageChoice.MIX,
) -> None:
    """Let invented patients answer for weeks through the real pipeline; 1 if a check fails."""
    asked = simulate_cli.Asked(patients, weeks, seed, add, start, channel.value, language.value)
    settings = settings_read(database_url=database) if database is not None else None
    with refused_in_words():
        right = simulate_cli.run(asked, settings)
    if not right:
        raise typer.Exit(1)
