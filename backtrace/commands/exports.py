"""`backtrace export`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from backtrace import research_cli
from backtrace.commands.starting import start, tell
from bot.research import asking as research_asking

app = typer.Typer(help="Answers that leave the house.", no_args_is_help=True)


@app.command()
def research(
    out: research_cli.Out = Path("research-export"),
    study: research_cli.Study = research_asking.STUDY,
    since: research_cli.Since = None,
    until: research_cli.Until = None,
    pathway: research_cli.Pathway = "",
    dates: research_cli.Dates = False,
) -> None:
    """Write the answers of all who agree to research: a table a questionnaire, and a dictionary.

    Each patient's log says that their answers left, and they can read that.
    """
    day = research_cli.day
    asked = research_asking.Asked(study, day(since), day(until), pathway, dates)
    start(lambda settings: tell(research_cli.run(settings, asked, out)))


@app.command()
def pseudonym(
    number: Annotated[int, typer.Argument(min=1, max=2**63 - 1, help="The patient's number.")],
    study: research_cli.Study = research_asking.STUDY,
) -> None:
    """Print what a study calls a patient, so that it can take out whoever takes the yes back."""
    start(lambda settings: typer.echo(research_cli.pseudonym(settings, number, study)))
