"""`backtrace` as a process of its own that goes on, forked from one that has imported everything.

`tests.house.program` starts it as an operator does, which takes the time of importing it all.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from tests.house.processes import begin
from tests.house.program import free_port


@contextmanager
def running(*command: str, folder: Path, settings: Mapping[str, str]) -> Iterator[str]:
    """`serve`, `web` or `worker` while this lasts; where it answers."""
    port = free_port()
    told = [] if command[0] == "worker" else ["--port", str(port)]
    address = f"http://127.0.0.1:{port}"
    process = begin([*command, *told], {**settings, "BACKTRACE_METRICS_PORT": str(port)}, folder)
    try:
        _wait_for(address, process)
        yield address
    finally:
        process.terminate()
        process.join(30)
        process.kill()


def _wait_for(address: str, process: Any) -> None:
    while True:
        assert process.is_alive(), "it ended"
        try:
            with urlopen(f"{address}/readyz", timeout=5):
                return
        except OSError:
            time.sleep(0.05)
