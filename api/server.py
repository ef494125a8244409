"""Uvicorn, told to let go of open chat pages when it stops."""

from __future__ import annotations

import socket

import uvicorn

from bot.doorbell import Doorbell


class Server(uvicorn.Server):
    """A server whose shutdown ends the event streams first: it would wait for them for ever.

    The pages connect again by themselves, to whichever process answers then. Leave uvicorn's
    access log off (`access_log=False`): paths hold tokens.
    """

    def __init__(self, config: uvicorn.Config, doorbell: Doorbell) -> None:
        super().__init__(config)
        self._doorbell = doorbell

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close the doorbell, then as uvicorn does."""
        self._doorbell.close()
        await super().shutdown(sockets)
