"""The command line: `backtrace COMMAND`."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_group

from backtrace.logs import start_logging

WHERE: Mapping[str, str] = {
    "serve": "processes",
    "web": "processes",
    "worker": "processes",
    "migrate": "processes",
    "demo": "processes",
    "enrol": "patients",
    "enrol-many": "patients",
    "link": "patients",
    "cases": "patients",
    "steps": "patients",
    "outbox": "messages",
    "bounce": "messages",
    "backup": "keeping",
    "restore": "keeping",
    "erased": "keeping",
    "doctor": "keeping",
    "replay": "replaying",
    "chat": "trying",
    "simulate": "trying",
}
"""In which module of `backtrace.commands` each command is."""
GROUPS: Mapping[str, str] = {
    "flows": "backtrace.flows_cli",
    "keys": "backtrace.commands.keys",
    "staff": "backtrace.commands.staff",
    "audit": "backtrace.commands.audits",
    "professional": "backtrace.commands.professionals",
    "export": "backtrace.commands.exports",
}
"""Modules whose commands have a name of their own before them."""


def modules() -> list[str]:
    """Every module that a command is loaded from."""
    return sorted({*map(_module, WHERE.values()), *GROUPS.values()})


def _module(name: str) -> str:
    return f"backtrace.commands.{name}"


class _Loaded(Mapping[str, Any]):
    """Each command loaded when it is called: all of them together take a second or two."""

    def __iter__(self) -> Iterator[str]:
        return iter((*WHERE, *GROUPS))

    def __len__(self) -> int:
        return len(WHERE) + len(GROUPS)

    def __getitem__(self, name: str) -> Any:
        if name in GROUPS:
            group = get_group(import_module(GROUPS[name]).app)
            group.name = name
            return group
        return get_group(import_module(_module(WHERE[name])).app).commands[name]


class _Commands(TyperGroup):
    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands: Any = _Loaded()

    def list_commands(self, ctx: Any) -> list[str]:
        return list(self.commands)


app = typer.Typer(
    cls=_Commands,
    help="Low back pain check-ins by chat.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)


@app.callback()
def _begin() -> None:
    # What a command makes, such as the database, is for the user it runs as.
    os.umask(0o077)
    start_logging(production=False)
