"""How a cookie of ours is set: for this host alone, hidden from scripts, sent by our pages only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from fastapi import Request, Response

from api.context import web_of


@dataclass(frozen=True, slots=True)
class Cookie:
    """One of our cookies; without a `life` it goes when the browser is closed."""

    name: str
    life: timedelta | None = None

    def of(self, request: Request) -> str:
        """What the browser shows; empty where it has none."""
        return request.cookies.get(self.called(secure=web_of(request).secure), "")

    def give(self, response: Response, value: str, *, secure: bool) -> None:
        """Let the browser have it, or prolong it."""
        response.set_cookie(
            self.called(secure=secure),
            value,
            max_age=None if self.life is None else int(self.life.total_seconds()),
            path="/",
            secure=secure,
            httponly=True,
            samesite="strict",
        )

    def take_back(self, response: Response, *, secure: bool) -> None:
        """Have the browser drop it."""
        response.delete_cookie(
            self.called(secure=secure), path="/", secure=secure, httponly=True, samesite="strict"
        )

    def called(self, *, secure: bool) -> str:
        """`__Host-` keeps other hosts and plain http from setting it; it needs https itself."""
        return f"__Host-{self.name}" if secure else self.name
