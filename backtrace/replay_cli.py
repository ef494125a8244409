"""`backtrace replay FILE`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import orjson
import typer

from backtrace.definitions import NoDefinitions, worded_library
from backtrace.replay.play import Player
from backtrace.replay.stage import build
from backtrace.replay.steps import WrongStep, read_steps
from backtrace.settings import folders
from flows.errors import DefinitionError
from flows.library import Library


def replay(
    file: Annotated[
        Path, typer.Argument(help="JSON Lines, one step a line; - for standard input.")
    ],
) -> None:
    """Play a transcript with simulated time; print every message and entry as JSON Lines."""
    try:
        output = _play(_lines(file), worded_library(*folders()))
    except (WrongStep, DefinitionError, NoDefinitions) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    sys.stdout.buffer.write(output)


def _lines(file: Path) -> list[str]:
    """The lines as JSON Lines has them: ended by a line feed, and by nothing else."""
    try:
        raw = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
        text = raw.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        typer.echo(f"{file}: cannot be read as UTF-8 text ({type(error).__name__})", err=True)
        raise typer.Exit(2) from None
    return text.split("\n")


def _play(lines: list[str], library: Library) -> bytes:
    """The whole output; nothing is printed before the last step has gone through."""
    steps = read_steps(lines, library)
    if not steps:
        return b""
    stage = build(library, steps[0][1].at)
    try:
        played = [orjson.dumps(line) for line in Player(stage).play(steps)]
    finally:
        stage.deployment.database.close()
    return b"".join(line + b"\n" for line in played)
