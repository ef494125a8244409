"""What every command begins with: settings, logs, and refusals in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from pydantic import ValidationError
from pydantic_settings import SettingsError

from backtrace.logs import start_logging
from backtrace.settings import Settings, unreadable
from flows.errors import Refusal

Host = Annotated[str, typer.Option(help="Address to listen on.")]
Port = Annotated[int, typer.Option(envvar="PORT", min=0, max=65535, help="Port to listen on.")]


def settings_read(**instead: str) -> Settings:
    """What the environment says, or what is given `instead`; ends with 2 where it says nonsense."""
    try:
        return Settings(**instead)  # type: ignore[arg-type]
    except (ValidationError, SettingsError) as error:
        for line in unreadable(error):
            typer.echo(line, err=True)
        raise typer.Exit(2) from None


@contextmanager
def refused_in_words() -> Iterator[None]:
    """A refusal is told as it is, and ends the command with 2."""
    try:
        yield
    except Refusal as refusal:
        typer.echo(f"{refusal}", err=True)
        raise typer.Exit(2) from None


def start(process: Callable[[Settings], None]) -> None:
    """Do this with the settings of the environment."""
    settings = settings_read()
    start_logging(settings.env == "production")
    with refused_in_words():
        process(settings)


def tell(lines: Iterable[str]) -> None:
    """Print them."""
    for line in lines:
        typer.echo(line)
