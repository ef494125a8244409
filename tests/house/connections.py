"""A server of HTTP that knows how many callers are connected to it."""

from __future__ import annotations

import socket
import threading
from http.server import ThreadingHTTPServer
from typing import Any


class CountingServer(ThreadingHTTPServer):
    """Serves each connection in a thread of its own."""

    daemon_threads = True
    request_queue_size = 128
    """So many may knock at once: who finds the queue full knocks again a second later."""

    def __init__(self, *args: Any) -> None:
        self._callers = 0
        self._changed = threading.Condition()
        super().__init__(*args)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Somebody has connected."""
        self._count(1)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Whoever it was has gone, and all that they had written has been read."""
        self._count(-1)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that has gone away is no mistake of the server."""

    def callers(self) -> int:
        """How many are connected, all counted who had connected before we ask."""
        # Connections are taken in order: behind ours there is none of before.
        with socket.create_connection(("127.0.0.1", self.server_port), timeout=60) as probe:
            probe.sendall(b"KNOCK / HTTP/1.0\r\n\r\n")
            while probe.recv(4096):
                pass
        with self._changed:
            return self._callers

    def wait_for_callers(self, most: int, seconds: float = 60) -> None:
        """Until no more than so many are connected: what the others had asked for is done."""
        self.callers()
        with self._changed:
            left = self._changed.wait_for(lambda: self._callers <= most, seconds)
        assert left, "somebody does not hang up"

    def _count(self, by: int) -> None:
        with self._changed:
            self._callers += by
            self._changed.notify_all()
