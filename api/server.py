"""Uvicorn, told to let go of open chat pages when it stops."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import uvicorn
from fastapi import FastAPI

from bot.doorbell import Doorbell
from flows.errors import Refusal


class PortTaken(Refusal):
    """Something else listens where we should; the message says what to do."""


def require_free(host: str, port: int) -> None:
    """Raise PortTaken where the address cannot be listened on: before any work is done for it."""
    try:
        family, kind, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise PortTaken(
            f"cannot listen on {host}:{port} ({error.strerror}); choose another port: "
            "--port 8001, or PORT=8001"
        ) from None


class Server(uvicorn.Server):
    """A server whose shutdown ends the event streams first: it would wait for them for ever.

    The pages connect again by themselves, to whichever process answers then. Leave uvicorn's
    access log off (`access_log=False`): paths hold tokens.
    """

    def capture_signals(self) -> AbstractContextManager[None]:  # type: ignore[override]
        """Leave signals to the process, which sets `should_exit`: it has more to stop than us."""
        return nullcontext()

    def __init__(self, config: uvicorn.Config, doorbell: Doorbell) -> None:
        super().__init__(config)
        self._doorbell = doorbell

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close the doorbell, then as uvicorn does."""
        self._doorbell.close()
        await super().shutdown(sockets)


@contextmanager
def beside(app: FastAPI, host: str, port: int) -> Iterator[None]:
    """Serve a small application from a thread of its own while this lasts."""
    server = uvicorn.Server(uvicorn.Config(app, host, port, log_level="warning", access_log=False))
    thread = threading.Thread(target=server.run, name="probes", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()
