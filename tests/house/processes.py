"""Processes that begin at once: a parent that has imported everything forks them.

A whole process of ours is killed by a test in a moment; importing it anew would take a second.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from typing import Any

from backtrace import cli

COMMANDS = ["backtrace.cli", *cli.modules()]
"""`backtrace` with every command, which it would otherwise load when one is called."""

_context = multiprocessing.get_context("forkserver")
# All that any test forks: the first one to do so starts the parent for the others, too.
_context.set_forkserver_preload(
    [*COMMANDS, "tests.bot.crowd", "tests.crash.lives", "tests.house.read_before"]
)


def start(work: Callable[..., None], *args: object) -> Any:
    """A process that does this, and ends with the test's own."""
    process = _context.Process(target=work, args=args, daemon=True)
    process.start()
    return process
