"""`backtrace COMMAND` in a process of its own, forked from one that has imported everything."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

from tests.house.processes import start

PATIENCE = 60.0
ENVIRONMENT = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
"""Of a command: nothing of whoever runs the tests."""


def backtrace(
    *arguments: str, folder: Path, typed: str | bytes = "", **settings: str
) -> CompletedProcess[str]:
    """Run the command in a folder, with these settings alone."""
    with tempfile.TemporaryDirectory() as place:
        streams = [Path(place, name) for name in ("typed", "told", "errors")]
        streams[0].write_bytes(typed.encode() if isinstance(typed, str) else typed)
        process = start(_run, arguments, str(folder), ENVIRONMENT | settings, streams)
        process.join(PATIENCE)
        if process.is_alive():
            process.kill()
            raise TimeoutError("it did not end")
        told, errors = (each.read_text("utf-8") for each in streams[1:])
    return CompletedProcess(list(arguments), process.exitcode, told, errors)


def _run(
    arguments: Sequence[str], folder: str, environment: Mapping[str, str], streams: Sequence[Path]
) -> Any:
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    os.chdir(folder)
    for number, place in enumerate(streams):
        how = os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT
        os.dup2(os.open(place, how), number)
    sys.stdin = os.fdopen(0, encoding="utf-8")
    sys.stdout, sys.stderr = (os.fdopen(n, "w", encoding="utf-8") for n in (1, 2))
    sys.argv = ["backtrace", *arguments]
    from backtrace.cli import app

    app()
