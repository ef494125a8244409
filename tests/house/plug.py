"""A plug between us and a provider on this machine: pulled, connections are refused.

with plug_to(twilio.url) as plug:
    ... BACKTRACE_TWILIO_API_URL=plug.url ...
    plug.pull()
    plug.put_in()
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit


class Plug:
    """Hands every connection on, as long as it is in."""

    def __init__(self, url: str) -> None:
        place = urlsplit(url)
        self._there = (place.hostname or "", place.port or 0)
        self._open: list[socket.socket] = []
        self._lock = threading.Lock()
        self._listening = self._listen(0)
        self.port = self._listening.getsockname()[1]

    @property
    def url(self) -> str:
        """Where the provider is for us."""
        return f"http://127.0.0.1:{self.port}"

    def pull(self) -> None:
        """Whatever is under way is cut, and nobody is let in."""
        with self._lock:
            for each in (self._listening, *self._open):
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
                each.close()
            self._open.clear()

    def put_in(self) -> None:
        """At the same place as before."""
        self._listening = self._listen(self.port)

    def _listen(self, port: int) -> socket.socket:
        listening = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=self._let_in, args=(listening,), daemon=True).start()
        return listening

    def _let_in(self, listening: socket.socket) -> None:
        while True:
            try:
                near, _ = listening.accept()
                far = socket.create_connection(self._there)
            except OSError:
                return
            with self._lock:
                self._open += [near, far]
            for pair in ((near, far), (far, near)):
                threading.Thread(target=_hand_on, args=pair, daemon=True).start()


def _hand_on(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while data := one.recv(65536):
            other.sendall(data)
    with suppress(OSError):
        other.shutdown(socket.SHUT_WR)


@contextmanager
def plug_to(url: str) -> Iterator[Plug]:
    """It is in."""
    plug = Plug(url)
    try:
        yield plug
    finally:
        plug.pull()
