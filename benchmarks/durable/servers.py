"""Servers under load: the product's own commands, and what they are compared with."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

PATIENCE = 60.0
BACKTRACE = [str(Path(sys.executable).with_name("backtrace"))]
SINGLY = [sys.executable, "-m", "benchmarks.durable.singly"]
BARE = [sys.executable, "-m", "benchmarks.durable.bare"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(
    command: Sequence[str], environment: Mapping[str, str] | None = None, port: int | None = None
) -> Iterator[int | None]:
    """A process for as long as this lasts; its port, once it answers there."""
    silent = subprocess.DEVNULL
    process = subprocess.Popen(command, env=environment, stdin=silent, stdout=silent)
    try:
        if port is not None:
            _wait(process, port)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE)


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while not _answers(port):
        if process.poll() is not None or time.monotonic() > deadline:
            raise SystemExit("a server does not start, see above")
        time.sleep(0.05)


def _answers(port: int) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except URLError:
        return False


@contextmanager
def bare() -> Iterator[int]:
    """The bare endpoint's port."""
    port = free_port()
    with running([*BARE, str(port)], port=port):
        yield port


@contextmanager
def serving(
    environment: Mapping[str, str], command: str = "serve", program: Sequence[str] = BACKTRACE
) -> Iterator[int]:
    """The port of one of ours."""
    port = free_port()
    with running([*program, command, "--port", str(port)], environment, port):
        yield port
