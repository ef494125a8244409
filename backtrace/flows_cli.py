"""`backtrace flows`: check definitions, and see how they look on each channel."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from backtrace.definitions import NoDefinitions, read_paths, shipped_files, shipped_library
from flows.errors import DefinitionError
from flows.library import Library

app = typer.Typer(help="Definitions: check them, and preview them.", no_args_is_help=True)

Paths = Annotated[
    list[Path] | None,
    typer.Argument(help="Files or folders; without any, the definitions that are shipped."),
]


@app.command()
def check(paths: Paths = None) -> None:
    """Say everything that is wrong with definitions, as file:line: reason; 1 if anything is.

    What a file says of others is looked up in the files named with it, then among the
    shipped ones.
    """
    try:
        files = read_paths(paths) if paths else shipped_files()
        library = Library.read(files, beside=shipped_library() if paths else None)
    except (DefinitionError, NoDefinitions) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    typer.echo(f"OK: {len(files)} {_files(len(files))} in {', '.join(library.languages)}")


def _files(count: int) -> str:
    return "file" if count == 1 else "files"
