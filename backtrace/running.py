"""The processes: `serve` is both, `web` answers, `worker` ticks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import partial
from urllib.parse import urlsplit

import uvicorn
from fastapi import FastAPI

from api.server import Server, require_free
from backtrace.by_telegram import (
    telegram_heard,
    telegram_on,
)
from backtrace.clock import SystemClock
from backtrace.equipping import channels_of, chores_of, hooks_of, probe_of, routers_of
from backtrace.furnishing import deployed
from backtrace.garbage import keep_what_is_loaded
from backtrace.loops import answering, receiving, sending, ticking, watched
from backtrace.refusals import require_https, require_server
from backtrace.settings import Settings
from backtrace.stopping import on_signal
from bot.deployment import Deployment
from bot.doorbell import Doorbell
from bot.messages import Priority
from trajectory import key_history
from trajectory.deployment import is_simulated

LAST_REQUESTS = 10
"""Seconds for the requests that are under way when the process is told to stop."""


def listen(app: FastAPI, doorbell: Doorbell, host: str, port: int) -> None:
    """Serve until told to stop; then requests under way are answered, and no others taken."""
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=LAST_REQUESTS,
    )
    server = Server(config, doorbell)
    keep_what_is_loaded()
    on_signal(partial(setattr, server, "should_exit", True))
    server.run()


def note_running(deployment: Deployment, began: datetime) -> None:
    """Remember which keys the processes that serve patients know.

    `began`: before this process opened the database: connections that are older are another's.
    """
    ring = deployment.ring
    deployment.database.run(partial(key_history.note_running, ring=ring, now=began))


def where(settings: Settings, host: str, port: int, channels: Iterable[str]) -> Iterator[str]:
    """What is said at the start: where it is, its channels, and where links lead if elsewhere."""
    yield f"BackTrace is on http://{host}:{port}, its channels are {', '.join(sorted(channels))}"
    chosen = "public_url" in settings.model_fields_set
    if not chosen and urlsplit(settings.public_url).port != port:
        yield f"Links lead to {settings.public_url}: set BACKTRACE_PUBLIC_URL to change that"


def serve(settings: Settings, host: str, port: int, say: Callable[[str], None]) -> None:
    """Everything in one process. Raises InsecureAddress, PortTaken, and what `deployed` raises.

    `say` hears where it is, and which channels are on.
    """
    require_https(settings)
    require_free(host, port)
    doorbell, clock = Doorbell(), SystemClock()
    began = clock.now()
    channels = channels_of(settings, clock, doorbell)
    with (
        deployed(settings, clock, channels, alone=True, names_bot=True) as deployment,
        telegram_on(deployment) as presses,
        # Around what sends: a chore under way must not keep senders from recording in time.
        ticking(deployment, chores_of(settings, deployment)),
        answering(
            deployment,
            doorbell,
            secure=settings.secure,
            extra_routers=routers_of(settings),
            hooks=hooks_of(settings, presses),
            probe=probe_of(settings, deployment),
        ) as app,
        telegram_heard(settings, deployment, presses, app.state.web.inbox.put),
    ):
        note_running(deployment, began)
        for line in where(settings, host, port, channels):
            say(line)
        with deployment.database.read() as connection:
            if is_simulated(connection):
                say("The patients in this database are invented (backtrace simulate)")
        listen(app, doorbell, host, port)


def web(settings: Settings, host: str, port: int, say: Callable[[str], None]) -> None:
    """Answers; several run beside each other on PostgreSQL. Raises OneProcessOnly, as `serve`."""
    require_https(settings)
    require_server(settings)
    require_free(host, port)
    doorbell, clock = Doorbell(), SystemClock()
    began = clock.now()
    channels = channels_of(settings, clock, doorbell)
    with (
        deployed(settings, clock, channels, alone=False, names_bot=True) as deployment,
        telegram_on(deployment) as presses,
        answering(
            deployment,
            doorbell,
            secure=settings.secure,
            extra_routers=routers_of(settings),
            hooks=hooks_of(settings, presses),
            # Bulk is the workers': here it would stand in the way of what was just committed.
            least=Priority.REPLY,
            probe=probe_of(settings, deployment, late_is_unready=False),
        ) as app,
        telegram_heard(settings, deployment, presses, None),
    ):
        note_running(deployment, began)
        for line in where(settings, host, port, channels):
            say(line)
        listen(app, doorbell, host, port)


def worker(settings: Settings, say: Callable[[str], None]) -> None:
    """Ticks and sends until it is told to stop; any number on PostgreSQL. Raises as `web`."""
    require_server(settings)
    if settings.metrics_port:
        require_free(settings.metrics_host, settings.metrics_port)
    stop = threading.Event()
    on_signal(stop.set)
    clock = SystemClock()
    began = clock.now()
    channels = channels_of(settings, clock, Doorbell())
    with (
        deployed(settings, clock, channels, alone=False, names_bot=True) as deployment,
        telegram_on(deployment) as presses,
        ticking(deployment, chores_of(settings, deployment)),
        sending(deployment) as wake,
        receiving(deployment, wake) as put,
        telegram_heard(settings, deployment, presses, put),
        watched(settings, deployment),
    ):
        note_running(deployment, began)
        keep_what_is_loaded()
        say(f"BackTrace asks and sends, its channels are {', '.join(sorted(channels))}")
        stop.wait()
