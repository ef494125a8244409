"""What runs in a process beside its pages: receiving, sending, ticking, being watched."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager

from fastapi import APIRouter, FastAPI

from api.app import NO_HOOKS, create_app
from api.health import Probe, probed
from api.server import beside
from api.webhooks import Hook
from backtrace.equipping import probe_of
from backtrace.settings import Settings
from bot import chores
from bot.chores import AnyChore
from bot.conversation.heard import prepare
from bot.crew import HANDS, Crew
from bot.deployment import Deployment
from bot.directory.digests import send_due
from bot.dispatching import dispatch
from bot.doorbell import Doorbell
from bot.inbound import Inbound
from bot.inbox import Inbox
from bot.messages import Priority
from bot.receiving import receive
from bot.working import Sender, Ticker

HANDS_BY_CHANNEL = {"web": 1, "email": 4}
"""Ringing takes no time; mail servers take few connections from one place."""


@contextmanager
def answering(
    deployment: Deployment,
    doorbell: Doorbell,
    *,
    secure: bool,
    framed: bool = False,
    extra_routers: Iterable[APIRouter] = (),
    hooks: Mapping[str, Hook] = NO_HOOKS,
    least: Priority = Priority.BULK,
    probe: Probe | None = None,
) -> Iterator[FastAPI]:
    """The web application with its inbox and sender running; `least` is as in `sending`."""
    prepare(deployment.catalogues, deployment.scanner)
    with sending(deployment, least) as wake:
        inbox = Inbox(lambda batch: receive(deployment, batch), wake)
        try:
            yield create_app(
                deployment,
                inbox,
                doorbell,
                secure=secure,
                framed=framed,
                extra_routers=extra_routers,
                hooks=hooks,
                probe=probe,
            )
        finally:
            inbox.close()


@contextmanager
def ticking(deployment: Deployment, own: Mapping[str, AnyChore] | None = None) -> Iterator[None]:
    """Due rows are acted on while this lasts, the deployment's `own` ones beside the patients'."""
    tickers = [
        Ticker(lambda: dispatch(deployment), "due"),
        # Apart, since a digest reads all patients of somebody.
        Ticker(lambda: send_due(deployment), "digests"),
    ]
    if own:
        # Apart, since a chore may wait for somebody else's server.
        chores.begin(deployment, own)
        tickers.append(Ticker(lambda: chores.do_due(deployment, own), "chores"))
    try:
        yield
    finally:
        for ticker in tickers:
            ticker.close()


@contextmanager
def sending(
    deployment: Deployment, least: Priority = Priority.BULK
) -> Iterator[Callable[[], None]]:
    """Ready messages go out while this lasts; what is yielded wakes the senders.

    Each channel has a sender of its own, so that a slow one holds back no other. `least` is the
    least urgent of what this process sends.
    """
    senders = {name: channel_sender(deployment, name, least) for name in deployment.channels}

    def wake() -> None:
        for channel, most in deployment.posted.taken().items():
            if channel in senders:
                _, crew = senders[channel]
                crew.tell(most)

    try:
        yield wake
    finally:
        # Nothing more is leased; what is leased is in some hand already, and is finished.
        deployment.states.close()
        with ExitStack() as closing:
            # The last first, and each whatever goes wrong in another: first every sender.
            for _, crew in senders.values():
                closing.callback(crew.close)
            for sender, _ in senders.values():
                closing.callback(sender.close)


@contextmanager
def receiving(
    deployment: Deployment, wake: Callable[[], None]
) -> Iterator[Callable[[Inbound], Future[bool]]]:
    """What is put is received while this lasts, by a process that serves no pages."""
    inbox = Inbox(lambda batch: receive(deployment, batch), wake)
    try:
        yield inbox.put
    finally:
        inbox.close()


def channel_sender(deployment: Deployment, channel: str, least: Priority) -> tuple[Sender, Crew]:
    """A running sender of one channel with its hands."""
    hands = HANDS_BY_CHANNEL.get(channel, HANDS)
    crew = Crew(deployment, channel, lambda: sender.wake(), hands, least)
    sender = Sender(crew.turn, f"send-{channel}")
    sender.start()
    return sender, crew


@contextmanager
def watched(settings: Settings, deployment: Deployment) -> Iterator[None]:
    """A process without pages answers the operator's probes, where a port is set for it."""
    if not settings.metrics_port:
        yield
        return
    app = probed(probe_of(settings, deployment))
    with beside(app, settings.metrics_host, settings.metrics_port):
        yield
