"""`backtrace flows`: check definitions, and see how they look on each channel."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from backtrace.definitions import (
    NoDefinitions,
    checked,
    read_paths,
    shipped_files,
    worded_library,
)
from backtrace.plan import plan
from backtrace.settings import folders
from backtrace.sms_costs import costs_page, messages
from bot.channels.forms import FORMS
from bot.messages import Rendered
from bot.segments import segments
from flows.errors import DefinitionError
from flows.library import Library
from flows.spelling import advice
from templates.catalogue import load_catalogues

app = typer.Typer(help="Definitions: check them, and preview them.", no_args_is_help=True)

Paths = Annotated[
    list[Path] | None,
    typer.Argument(help="Files or folders; without any, the definitions that are shipped."),
]


@app.command()
def check(paths: Paths = None) -> None:
    """Say everything that is wrong with definitions, as file:line: reason; 1 if anything is.

    What a file says of others is looked up in the files named with it, then among the
    shipped ones. Wording packs are checked too.
    """
    try:
        files = read_paths(paths) if paths else shipped_files()
        library = checked(files) if paths else Library.read(files)
    except (DefinitionError, NoDefinitions) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    typer.echo(f"OK: {_count(len(files), 'file')} in {', '.join(library.languages)}")


@app.command()
def show(
    flow_id: Annotated[
        str, typer.Argument(help="The id of a flow, such as odi, or of a pathway.", metavar="ID")
    ],
    channel: Annotated[str, typer.Option(help=f"One of {', '.join(FORMS)}.")] = "sms",
    language: Annotated[str, typer.Option(help="Such as en or da.")] = "en",
) -> None:
    """Show every message of a flow as the channel renders it; for SMS with its segments.

    Of a pathway: what comes when, and what of it is followed.
    """
    library, catalogues = _library(), load_catalogues("messages")
    flows = library.flows
    if flow_id in library.pathways and flow_id not in flows:
        typer.echo(plan(library, flow_id))
        return
    _known("flow", flow_id, {*flows, *library.pathways})
    _known("channel", channel, FORMS)
    _known("language", language, set(flows[flow_id].languages) & set(catalogues))
    render, words = FORMS[channel], catalogues[language]
    shown = [render(message, words) for message in messages(flows[flow_id], words)]
    for number, rendered in enumerate(shown, start=1):
        typer.echo(_preview(number, rendered, channel))
    typer.echo(_total(shown, channel))


@app.command()
def costs() -> None:
    """Print what each flow costs by SMS, in every language, as a Markdown page."""
    typer.echo(costs_page(_library(), load_catalogues("messages")), nl=False)


def _library() -> Library:
    try:
        return worded_library(*folders())
    except (DefinitionError, NoDefinitions) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


def _known(what: str, word: str, known: Iterable[str]) -> None:
    if word not in known:
        typer.echo(f"unknown {what} '{word}'; {advice(word, known)}", err=True)
        raise typer.Exit(1)


def _preview(number: int, rendered: Rendered, channel: str) -> str:
    head = f"--- {number}"
    if channel == "sms":
        head += f" ({_count(segments(rendered.text), 'segment')})"
    buttons = " ".join(f"[{button.label}]" for button in rendered.buttons)
    return "\n".join(filter(None, (head, rendered.text, buttons)))


def _total(shown: list[Rendered], channel: str) -> str:
    total = f"=== {_count(len(shown), 'message')}"
    if channel != "sms":
        return total
    return f"{total}, {_count(sum(segments(each.text) for each in shown), 'segment')}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
