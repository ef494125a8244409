"""`backtrace` as a process of its own that serves pages, as the README starts it or forked."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from tests.house.processes import begin

PATIENCE = 60.0
"""Seconds until it answers; the demo makes its patient's history first."""
PROGRAM = Path(sys.executable).with_name("backtrace")


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Program:
    """A command that serves pages; started, killed and started again by a test."""

    folder: Path
    """Where it runs, and leaves its log."""
    arguments: tuple[str, ...]
    settings: Mapping[str, str] = field(default_factory=dict)
    """Its `BACKTRACE_*` variables: those of the tests are none of its."""
    port: int = field(default_factory=free_port)
    told: bool = True
    """Whether the port is an option of the command; `worker` has a setting for it."""
    forked: bool = False
    """From a process that has imported everything, where nothing hangs on how it is started."""
    process: Any = None

    @property
    def address(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        """What it wrote to both its outputs."""
        return self.folder / f"{self.arguments[0]}.log"

    def start(self) -> None:
        """Start, and return when it answers."""
        arguments = [*self.arguments, *(["--port", str(self.port)] if self.told else [])]
        settings = {"BACKTRACE_METRICS_PORT": str(self.port), **self.settings}
        if self.forked:
            self.process = begin(arguments, settings, self.folder)
        else:
            self.process = self._launch(arguments, settings)
        deadline = time.monotonic() + PATIENCE
        while not self._answers():
            assert self._how_it_ended() is None, f"it ended:\n{self.log.read_text()}"
            assert time.monotonic() < deadline, "it does not answer"
            time.sleep(0.05)

    def _launch(self, arguments: list[str], settings: Mapping[str, str]) -> Any:
        others = {k: v for k, v in os.environ.items() if not k.startswith("BACKTRACE_")}
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [PROGRAM, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env={**others, **settings},
            )

    def _how_it_ended(self) -> int | None:
        code: int | None = self.process.exitcode if self.forked else self.process.poll()
        return code

    def _answers(self) -> bool:
        try:
            with urlopen(f"{self.address}/readyz", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def kill(self) -> None:
        """As a power cut would."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """As Ctrl-C does."""
        self._end(signal.SIGINT)

    def terminate(self) -> int:
        """As a supervisor does; how it ended."""
        code = self._end(signal.SIGTERM)
        assert code is not None
        return code

    def _end(self, how: signal.Signals) -> int | None:
        if self.process is None:
            return None
        process = self.process
        os.kill(process.pid, how)
        if self.forked:
            process.join(20)
        else:
            process.wait(timeout=20)
        code = self._how_it_ended()
        assert code is not None, "it does not end"
        self.process = None
        return code


def demo_on(file: Path, *, forked: bool = False) -> Program:
    """The demo on this database file."""
    return Program(file.parent, ("demo", "--database", str(file)), forked=forked)
