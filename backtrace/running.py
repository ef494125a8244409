"""The processes: `serve` is both, `web` answers, `worker` ticks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from functools import partial
from random import SystemRandom

import uvicorn
from fastapi import APIRouter, FastAPI
from sqlalchemy.engine import make_url

from api import enrolments, professional
from api.app import NO_HOOKS, create_app
from api.health import Patience, Probe, probed
from api.server import Server, beside, require_free
from api.webhooks import Hook
from backtrace import by_twilio, erased
from backtrace.answers import answers_of
from backtrace.by_telegram import (
    telegram_heard,
    telegram_of,
    telegram_on,
    telegram_webhook,
    with_bot_name,
)
from backtrace.clock import SystemClock
from backtrace.composition import deploy
from backtrace.definitions import worded_library
from backtrace.keyring import proved, ring_of
from backtrace.sending_rates import rates_of
from backtrace.settings import Settings
from backtrace.stopping import on_signal
from bot import chores, replanning, retention
from bot.channels import Channel
from bot.channels.email import Email
from bot.channels.web import WebChat
from bot.chores import Chore
from bot.conversation.heard import prepare
from bot.crew import HANDS, Crew
from bot.deployment import Chance, Clinic, Clock, Deployment
from bot.desk_hours import DeskHours
from bot.dispatching import dispatch
from bot.doorbell import Doorbell
from bot.inbound import Inbound
from bot.inbox import Inbox
from bot.messages import Priority
from bot.presses import Presses
from bot.receiving import receive
from bot.retention import Periods, delete_old
from bot.working import Sender, Ticker
from flows.library import Library
from trajectory import deployment as own_key
from trajectory.database import Database, exclusive
from trajectory.migrations import current, head, upgrade

HANDS_BY_CHANNEL = {"web": 1, "email": 4}
"""Ringing takes no time; mail servers take few connections from one place."""
LAST_REQUESTS = 10
"""Seconds for the requests that are under way when the process is told to stop."""


class DemonstrationWording(Exception):
    """Production would ask licensed instruments in our demonstration wording."""


class NotMigrated(Exception):
    """The database has no tables yet, or not those that this program knows."""


class OneProcessOnly(Exception):
    """SQLite was to be shared by processes that run for long."""


class InsecureAddress(Exception):
    """Production would send health data over plain http."""


def _require_https(settings: Settings) -> None:
    if settings.env == "production" and not settings.secure:
        raise InsecureAddress("BACKTRACE_PUBLIC_URL must begin with https:// in production")


def library_of(settings: Settings) -> Library:
    """The definitions of this deployment.

    Raises:
        DemonstrationWording: not allowed in production; the message says what to do.
        flows.errors.DefinitionError: a wording pack does not fit.
        backtrace.definitions.NoDefinitions: there is no wording pack where one should be.
    """
    library = worded_library(settings.wording_dir).requiring("odi", settings.minimum_odi_answers)
    if settings.env == "production" and not settings.allow_demonstration_wording:
        names = sorted(
            flow.id
            for flow in library.flows.values()
            if flow.licensed
            and any(flow.wording_in(language) == "demonstration" for language in flow.languages)
        )
        if names:
            raise DemonstrationWording(
                f"{', '.join(names)}: no licensed wording in every language. Put wording packs "
                "into BACKTRACE_WORDING_DIR, or set BACKTRACE_ALLOW_DEMONSTRATION_WORDING=true"
            )
    return library


def channels_of(settings: Settings, clock: Clock, doorbell: Doorbell) -> Mapping[str, Channel]:
    """The channels that are on: web always, e-mail with a server to hand it to.

    Raises what `backtrace.keyring.ring_of` raises.
    """
    channels: dict[str, Channel] = {"web": WebChat(doorbell)}
    if settings.smtp_url is not None:
        url = settings.smtp_url.get_secret_value()
        channels["email"] = Email(url, settings.mail_from, clock.now, returns=ring_of(settings))
    if (telegram := telegram_of(settings)) is not None:
        channels[telegram.name] = telegram
    return channels | by_twilio.channels(settings, clock)


def hooks_of(settings: Settings, presses: Presses | None = None) -> dict[str, Hook]:
    """Where the providers of the channels that are on post."""
    return telegram_webhook(settings, presses) | by_twilio.webhooks(settings)


def routers_of(settings: Settings) -> list[APIRouter]:
    """Where professionals and, with a staff token, programs of the clinic knock."""
    routers = [professional.router]
    if settings.staff_token is not None:
        routers.append(enrolments.router_of(settings.staff_token.get_secret_value()))
    return routers


def chores_of(settings: Settings, deployment: Deployment) -> dict[str, Chore]:
    """What this deployment does from time to time beside its conversations."""
    periods = Periods(
        messages=timedelta(days=settings.keep_messages_days),
        strangers=timedelta(days=settings.keep_strangers_days),
        access=timedelta(days=settings.keep_access_days),
    )
    return {
        retention.KIND: Chore(retention.EVERY, lambda _last: delete_old(deployment, periods)),
        replanning.KIND: Chore(replanning.EVERY, lambda _last: replanning.replan(deployment)),
        **erased.chores(settings, deployment),
        **by_twilio.chores(settings, deployment),
    }


def require_newest(settings: Settings) -> None:
    """Raise NotMigrated unless the database has the tables that this program knows."""
    found = current(settings.database_url)
    if found is None:
        raise NotMigrated(
            "the database has no tables yet: run `backtrace migrate`, or `backtrace serve`"
        )
    if found != head():
        raise NotMigrated(
            f"the database is at revision {found}, and this program needs {head()}: "
            "run `backtrace migrate`"
        )


def _require_server(settings: Settings) -> None:
    if make_url(settings.database_url).get_backend_name() == "sqlite":
        raise OneProcessOnly(
            "`web` and `worker` need PostgreSQL (BACKTRACE_DATABASE_URL); on SQLite run "
            "`backtrace serve`, which is both"
        )


def clinic_of(settings: Settings, *, mails: bool) -> Clinic:
    """Who runs this deployment."""
    return Clinic(
        name=settings.clinic_name,
        public_url=settings.public_url,
        emergency_number=settings.emergency_number,
        doctor_number=settings.doctor_number,
        timezone=settings.timezone,
        desk_hours=DeskHours.read(settings.desk_hours) if settings.desk_hours else None,
        helpline_number=settings.helpline_number,
        mails=mails,
        telegram_bot=settings.telegram_bot,
        sms_number=settings.twilio_from if settings.twilio_account_sid else "",
        sms_by_service=bool(settings.twilio_account_sid and settings.twilio_messaging_service_sid),
        whatsapp_number=settings.whatsapp_from if settings.twilio_account_sid else "",
    )


@contextmanager
def deployed(
    settings: Settings,
    clock: Clock,
    channels: Mapping[str, Channel],
    *,
    alone: bool,
    durable: bool = True,
    names_bot: bool = False,
) -> Iterator[Deployment]:
    """A deployment on its database; `alone`: one process a SQLite file, which it migrates.

    Not `durable`: faster, and lost with the machine; for a database in the making. `names_bot`:
    messages or cards may lead to the bot, so Telegram is asked for a name that is not set.

    Raises:
        trajectory.database.InUse: another process has the file.
        trajectory.database.Unavailable: the database cannot be reached.
        NotMigrated: it has no tables or older ones, and this process is not the one to make them.
        backtrace.answers.AnswersNotChosen: production must say what each channel carries.
        backtrace.keyring.NoKeys: there is no ring, or it does not open this database.
    """
    library, answers = library_of(settings), answers_of(settings)
    if not alone:
        require_newest(settings)
    ring = ring_of(settings)
    # Nobody is asked anything on behalf of settings that are refused.
    settings = with_bot_name(settings) if names_bot else settings
    with ExitStack() as stack:
        if alone:
            stack.enter_context(exclusive(settings.database_url))
            upgrade(settings.database_url)
        database = Database(settings.database_url, durable=durable)
        stack.callback(database.close)
        with proved(settings):
            database.run(partial(own_key.take, ring=ring))
        yield deploy(
            database,
            ring,
            library,
            clock=clock,
            chance=Chance(SystemRandom()),
            channels=channels,
            clinic=clinic_of(settings, mails="email" in channels),
            answers=answers,
            rates=rates_of(settings),
        )


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
def ticking(deployment: Deployment, own: Mapping[str, Chore] | None = None) -> Iterator[None]:
    """Due rows are acted on while this lasts, the deployment's `own` ones beside the patients'."""
    tickers = [Ticker(lambda: dispatch(deployment))]
    if own:
        # Apart, since a chore may wait for somebody else's server.
        chores.begin(deployment, own)
        tickers.append(Ticker(lambda: chores.do_due(deployment, own)))
    try:
        yield
    finally:
        for ticker in tickers:
            ticker.close()


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
    on_signal(partial(setattr, server, "should_exit", True))
    server.run()


def serve(settings: Settings, host: str, port: int, say: Callable[[str], None]) -> None:
    """Everything in one process. Raises InsecureAddress, PortTaken, and what `deployed` raises.

    `say` hears where it is, and which channels are on.
    """
    _require_https(settings)
    require_free(host, port)
    doorbell, clock = Doorbell(), SystemClock()
    channels = channels_of(settings, clock, doorbell)
    with (
        deployed(settings, clock, channels, alone=True, names_bot=True) as deployment,
        telegram_on(deployment) as presses,
        answering(
            deployment,
            doorbell,
            secure=settings.secure,
            extra_routers=routers_of(settings),
            hooks=hooks_of(settings, presses),
            probe=probe_of(settings, deployment),
        ) as app,
        ticking(deployment, chores_of(settings, deployment)),
        telegram_heard(settings, deployment, presses, app.state.web.inbox.put),
    ):
        say(f"BackTrace is on http://{host}:{port}, its channels are {', '.join(sorted(channels))}")
        listen(app, doorbell, host, port)


def web(settings: Settings, host: str, port: int) -> None:
    """Answers; several run beside each other on PostgreSQL. Raises OneProcessOnly, as `serve`."""
    _require_https(settings)
    _require_server(settings)
    require_free(host, port)
    doorbell, clock = Doorbell(), SystemClock()
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
        listen(app, doorbell, host, port)


def worker(settings: Settings) -> None:
    """Ticks and sends until it is told to stop; any number on PostgreSQL. Raises as `web`."""
    _require_server(settings)
    if settings.metrics_port:
        require_free(settings.metrics_host, settings.metrics_port)
    stop = threading.Event()
    on_signal(stop.set)
    clock = SystemClock()
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
        stop.wait()


def probe_of(settings: Settings, deployment: Deployment, *, late_is_unready: bool = True) -> Probe:
    """What /readyz of this process looks at."""
    patience = Patience(
        outbox=settings.ready_outbox_seconds,
        bulk=settings.ready_bulk_seconds,
        due=settings.ready_due_seconds,
    )
    return Probe(deployment, patience, late_is_unready=late_is_unready)


@contextmanager
def watched(settings: Settings, deployment: Deployment) -> Iterator[None]:
    """A process without pages answers the operator's probes, where a port is set for it."""
    if not settings.metrics_port:
        yield
        return
    app = probed(probe_of(settings, deployment))
    with beside(app, settings.metrics_host, settings.metrics_port):
        yield


@contextmanager
def receiving(
    deployment: Deployment, wake: Callable[[], None]
) -> Iterator[Callable[[Inbound], Future[None]]]:
    """What is put is received while this lasts, by a process that serves no pages."""
    inbox = Inbox(lambda batch: receive(deployment, batch), wake)
    try:
        yield inbox.put
    finally:
        inbox.close()


@contextmanager
def sending(
    deployment: Deployment, least: Priority = Priority.BULK
) -> Iterator[Callable[[], None]]:
    """Ready messages go out while this lasts; what is yielded wakes the senders.

    Each channel has a sender of its own, so that a slow one holds back no other. `least` is the
    least urgent of what this process sends.
    """
    senders = [channel_sender(deployment, name, least) for name in deployment.channels]

    def wake() -> None:
        for sender, _ in senders:
            sender.wake()

    try:
        yield wake
    finally:
        # What is leased and not begun is anybody's again.
        deployment.states.close()
        for sender, _ in senders:
            sender.close()
        for _, crew in senders:
            crew.close()


def channel_sender(deployment: Deployment, channel: str, least: Priority) -> tuple[Sender, Crew]:
    """A running sender of one channel with its hands."""
    hands = HANDS_BY_CHANNEL.get(channel, HANDS)
    crew = Crew(deployment, channel, lambda: sender.wake(), hands, least)
    sender = Sender(crew.turn)
    sender.start()
    return sender, crew
