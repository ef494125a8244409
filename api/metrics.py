"""Counts requests by route, never by path: paths hold tokens."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from itertools import groupby
from time import perf_counter

from prometheus_client import Gauge, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.desk.running import ChannelRun, Running, Wait
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
WAITING_AGE = Gauge(
    "backtrace_outbox_waiting_oldest_seconds",
    "How long ago the oldest of them was decided on",
    ("channel", "reason"),
)
GIVEN_UP = Gauge(
    "backtrace_outbox_given_up",
    "Messages that were given up and that nobody has sent again or dropped, by channel and why",
    ("channel", "reason"),
)
WENT = Gauge(
    "backtrace_outbox_went",
    "Messages that went out, of those delivered, and failed; in the last hour, and since midnight",
    ("channel", "outcome", "window"),
)
LAST_OUT = Gauge(
    "backtrace_outbox_last_success_timestamp_seconds",
    "When a provider last took a message, by channel",
    ("channel",),
)
LAST_IN = Gauge(
    "backtrace_inbox_last_message_timestamp_seconds",
    "When a patient's message last came in, by channel, where it is among the newest",
    ("channel",),
)
STANDS = Gauge(
    "backtrace_channel_stands_still", "1 where something waits and nothing goes out", ("channel",)
)
PAUSED = Gauge(
    "backtrace_channel_paused_seconds",
    "For how long the channel's provider has asked us to send nothing",
    ("channel",),
)
BOUNCED = Gauge("backtrace_desk_mail_bounced", "Patients with mail to their team that came back")
UNREACHABLE = Gauge("backtrace_desk_unreachable", "Patients of whom no address works")
OUTBOX_AGE = Gauge(
    "backtrace_outbox_oldest_seconds",
    "For how long the oldest message that may go out has waited, by channel and priority",
    ("channel", "priority"),
)
DUE_LAG = Gauge("backtrace_due_lag_seconds", "For how long the oldest row that is due has waited")
STREAMS = Gauge("backtrace_chat_streams", "Chat pages that listen for new messages")


def show_running(running: Running) -> None:
    """Set what the desk shows anew: the same figures, from the same reading."""
    for gauge in (WAITING, WAITING_AGE, GIVEN_UP, LAST_OUT, LAST_IN, WENT, STANDS, PAUSED):
        gauge.clear()
    for run in running.channels:
        _show_channel(run, running.at)
    for reason, waits in groupby(sorted(running.given_up, key=_reason), _reason):
        GIVEN_UP.labels(*reason).set(sum(each.count for each in waits))
    BOUNCED.set(running.bounced)
    UNREACHABLE.set(running.unreachable)


def _show_channel(run: ChannelRun, now: datetime) -> None:
    # Set, not added up: two may ask at the same moment.
    for trouble, found in groupby(sorted(run.waits, key=_trouble), _trouble):
        waits = list(found)
        WAITING.labels(run.name, trouble).set(sum(each.count for each in waits))
        oldest = min(each.since for each in waits)
        WAITING_AGE.labels(run.name, trouble).set((now - oldest).total_seconds())
    STANDS.labels(run.name).set(run.stands(now))
    for gauge, moment in ((LAST_OUT, run.last_out), (LAST_IN, run.heard_at)):
        if moment is not None:
            gauge.labels(run.name).set(moment.timestamp())
    if run.paused_until is not None:
        PAUSED.labels(run.name).set((run.paused_until - now).total_seconds())
    for window, went in (("hour", run.hour), ("day", run.day)):
        for outcome, count in went._asdict().items():
            WENT.labels(run.name, outcome, window).set(count)


def _trouble(wait: Wait) -> str:
    return wait.trouble


def _reason(wait: Waiting) -> tuple[str, str]:
    return wait.channel, wait.trouble


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
                seconds = perf_counter() - began
                observe(scope["method"], _route(scope), message["status"], seconds)
            await send(message)

        await self._app(scope, receive, note)


def observe(method: str, route: str, status: int, seconds: float) -> None:
    """An answer began after so many seconds; `route` is a pattern, never a path that holds more."""
    _measure(method if method in _METHODS else "other", route, status).observe(seconds)


@lru_cache(maxsize=1024)
def _measure(method: str, route: str, status: int) -> Histogram:
    return REQUESTS.labels(method, route, str(status))


def _route(scope: Scope) -> str:
    return str(getattr(scope.get("route"), "path", "other"))
