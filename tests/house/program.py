"""`backtrace` as a process of its own, as the README starts it."""

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
from urllib.request import urlopen

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
    process: subprocess.Popen[bytes] | None = None

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
        others = {k: v for k, v in os.environ.items() if not k.startswith("BACKTRACE_")}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [PROGRAM, *self.arguments, *(["--port", str(self.port)] if self.told else [])],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env={**others, "BACKTRACE_METRICS_PORT": str(self.port), **self.settings},
            )
        deadline = time.monotonic() + PATIENCE
        while not self._answers():
            assert self.process.poll() is None, f"it ended:\n{self.log.read_text()}"
            assert time.monotonic() < deadline, "it does not answer"
            time.sleep(0.05)

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
        process = self.process
        self._end(signal.SIGTERM)
        assert process is not None
        return process.returncode

    def _end(self, how: signal.Signals) -> None:
        if self.process is None:
            return
        self.process.send_signal(how)
        self.process.wait(timeout=20)
        self.process = None


def demo_on(file: Path) -> Program:
    """The demo on this database file."""
    return Program(file.parent, ("demo", "--database", str(file)))
