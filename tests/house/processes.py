"""Processes that begin at once: a parent that has imported everything forks them.

A whole process of ours is killed by a test in a moment; importing it anew would take a second.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from backtrace import cli

COMMANDS = ["backtrace.cli", *cli.modules()]
"""`backtrace` with every command, which it would otherwise load when one is called."""

_context = multiprocessing.get_context("forkserver")
# All that any test forks: the first one to do so starts the parent for the others, too. There is
# one such list in a process: whoever names another takes the place of this.
_context.set_forkserver_preload(
    [*COMMANDS, "tests.bot.crowd", "tests.crash.lives", "tests.house.read_before"]
)


def start(work: Callable[..., None], *args: object) -> Any:
    """A process that does this, and ends with the test's own."""
    process = _context.Process(target=work, args=args, daemon=True)
    process.start()
    return process


def begin(arguments: Sequence[str], settings: Mapping[str, str], folder: Path) -> Any:
    """A process that runs this command in a folder, and leaves what it says in a log there."""
    return start(_run, arguments, settings, folder)


def _run(arguments: Sequence[str], settings: Mapping[str, str], folder: Path) -> None:
    os.environ.update(settings)
    os.chdir(folder)
    log = os.open(f"{arguments[0]}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for standard in (1, 2):
        os.dup2(log, standard)
    cli.app(list(arguments))
