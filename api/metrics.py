"""Counts requests by route, never by path: paths hold tokens."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from time import perf_counter

from prometheus_client import Gauge, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.lag import Lag
from bot.waiting import Waiting

REQUESTS = Histogram(
    "backtrace_http_request_seconds",
    "Seconds until a response began, by route and status",
    ("method", "route", "status"),
)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
WAITING = Gauge(
    "backtrace_outbox_waiting",
    "Messages that should have gone out, by channel and why they have not; empty: not tried yet",
    ("channel", "reason"),
)
OUTBOX_AGE = Gauge(
    "backtrace_outbox_oldest_seconds",
    "For how long the oldest message that may go out has waited, by channel and priority",
    ("channel", "priority"),
)
DUE_LAG = Gauge("backtrace_due_lag_seconds", "For how long the oldest row that is due has waited")
STREAMS = Gauge("backtrace_chat_streams", "Chat pages that listen for new messages")


def show_waiting(waits: Sequence[Waiting]) -> None:
    """Set the gauge of what waits anew."""
    counts: Counter[tuple[str, str]] = Counter()
    for each in waits:
        counts[each.channel, each.trouble] += each.count
    WAITING.clear()
    # Set, not added up: two may ask at the same moment.
    for labels, count in counts.items():
        WAITING.labels(*labels).set(count)


def show_lag(lag: Lag) -> None:
    """Set the gauges of what is late anew."""
    OUTBOX_AGE.clear()
    for labels, seconds in lag.outbox.items():
        OUTBOX_AGE.labels(*labels).set(seconds)
    DUE_LAG.set(lag.due)


class Measured:
    """Measures each request until its response begins."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and note what came of it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = perf_counter()

        async def note(message: Message) -> None:
            if message["type"] == "http.response.start":
                labels = _method(scope), _route(scope), str(message["status"])
                REQUESTS.labels(*labels).observe(perf_counter() - began)
            await send(message)

        await self._app(scope, receive, note)


def _method(scope: Scope) -> str:
    method = str(scope["method"])
    return method if method in _METHODS else "other"


def _route(scope: Scope) -> str:
    return str(getattr(scope.get("route"), "path", "other"))
