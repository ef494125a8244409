"""The programs of a clinic as processes that can be killed: `web`, `worker` and `serve`."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from twilio.rest import Client

from backtrace import running
from backtrace.definitions import shipped_library
from backtrace.languages import shipped_lexicons, shipped_scanner
from backtrace.logs import start_logging
from backtrace.settings import Settings
from templates.catalogue import load_catalogues
from tests.house import processes
from tests.house.program import free_port
from trajectory import migrations

# The parent of all processes reads them once, before it forks any.
shipped_library(), shipped_lexicons(), shipped_scanner()
load_catalogues("messages"), load_catalogues("words")
migrations.head(), Client("AC", "x").api.v2010

_moment = threading.Event()
"""Never set: waiting for it lets other threads of the test go on."""


def live(kind: str, values: Mapping[str, Any], port: int, log: str) -> None:
    """Be `web`, `worker` or `serve` with these settings, as the command line begins them."""
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(output, 1)
    os.dup2(output, 2)
    start_logging(production=True)
    # Neither a file nor a variable of the machine may decide.
    settings = Settings(_env_file=None, **values)
    if kind == "web":
        running.web(settings, "127.0.0.1", port, lambda _: None)
    elif kind == "worker":
        running.worker(settings, lambda _: None)
    else:
        running.serve(settings, "127.0.0.1", port, lambda _: None)


@dataclass
class Life:
    """One program of the clinic: killed, it is started again by whoever watches over it."""

    kind: str
    settings: Mapping[str, Any]
    folder: Path
    port: int = field(default_factory=free_port)
    process: Any = None
    kills: int = 0

    @property
    def address(self) -> str:
        """Where it answers; a worker does not."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        """What it says, in all its lives."""
        return self.folder / f"{self.kind}-{self.port}.log"

    def start(self) -> None:
        """Begin; returns at once."""
        arguments = (self.kind, dict(self.settings), self.port, str(self.log))
        self.process = processes.start(live, *arguments)

    def kill(self) -> None:
        """As the kernel does that has no memory left."""
        self.process.kill()
        self.process.join()
        self.kills += 1

    def answers(self) -> bool:
        """Whether it says that it is ready."""
        try:
            with urlopen(f"{self.address}/readyz", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def listens(self) -> bool:
        """Whether it has begun to serve."""
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


def wait(seconds: float) -> None:
    """Let so much time pass."""
    _moment.wait(seconds)
