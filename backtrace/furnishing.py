"""What the settings turn on: channels, routes, chores, and the deployment itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from functools import partial
from random import SystemRandom
from typing import Any

from fastapi import APIRouter

from api import desk, enrolments, front, pro, professional, rest, sign_in, tablet
from api.health import Patience, Probe
from api.webhooks import Hook
from backtrace import audit_cli, by_twilio, erased
from backtrace.answers import answers_of
from backtrace.by_telegram import (
    telegram_of,
    telegram_webhook,
    with_bot_name,
)
from backtrace.composition import deploy
from backtrace.definitions import NoDefinitions, worded_library
from backtrace.keyring import proved, ring_of
from backtrace.refusals import DemonstrationWording, require_newest
from backtrace.sending_rates import rates_of
from backtrace.settings import Settings
from backtrace.signing import told_steps
from bot import findable, forgetting, replanning, retention, unused_codes
from bot.channels import Channel
from bot.channels.email import Email
from bot.channels.web import WebChat
from bot.chores import AnyChore, Chore, Long
from bot.deployment import Chance, Clinic, Clock, Deployment
from bot.desk_hours import DeskHours
from bot.directory.mailing import DESK, HOME
from bot.doorbell import Doorbell
from bot.presses import Presses
from bot.replanning import Place
from bot.retention import Periods, delete_old
from flows.library import Library
from trajectory import deployment as own_key
from trajectory.database import Database, exclusive
from trajectory.migrations import upgrade


def library_of(settings: Settings) -> Library:
    """The definitions of this deployment.

    Raises:
        DemonstrationWording: not allowed in production; the message says what to do.
        flows.errors.DefinitionError: a wording pack does not fit.
        backtrace.definitions.NoDefinitions: a folder holds none, or a pathway to be offered is
            not there.
    """
    library = worded_library(settings.wording_dir, settings.definitions_dir)
    library = library.requiring("odi", settings.minimum_odi_answers)
    offered = [name.strip() for name in settings.pathways.split(",") if name.strip()]
    if unknown := sorted(set(offered) - set(library.pathways)):
        raise NoDefinitions(
            f"BACKTRACE_PATHWAYS names {', '.join(unknown)}; choose among "
            f"{', '.join(sorted(library.pathways))}"
        )
    library = library.offering(offered or library.pathways)
    if settings.env == "production" and not settings.allow_demonstration_wording:
        names = sorted(
            flow.id
            for flow in library.asked()
            if flow.licensed
            and any(flow.wording_in(language) == "demonstration" for language in flow.languages)
        )
        if names:
            raise DemonstrationWording(
                f"{', '.join(names)}: no licensed wording in every language. Put wording packs "
                "into BACKTRACE_WORDING_DIR, offer other pathways only by BACKTRACE_PATHWAYS, or "
                "set BACKTRACE_ALLOW_DEMONSTRATION_WORDING=true"
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
    """Where professionals and the desk knock, and programs of the clinic with their tokens."""
    token = settings.staff_token
    setting = "" if token is None else token.get_secret_value()
    doors = [sign_in.router_of(home) for home in (HOME, DESK)]
    return [
        front.router,
        professional.router,
        pro.router,
        *doors,
        *desk.ROUTERS,
        tablet.router,
        *rest.routers_of(enrolments.router_of(setting)),
    ]


def chores_of(settings: Settings, deployment: Deployment) -> dict[str, AnyChore]:
    """What this deployment does from time to time beside its conversations."""
    periods = Periods(
        messages=timedelta(days=settings.keep_messages_days),
        strangers=timedelta(days=settings.keep_strangers_days),
        access=timedelta(days=settings.keep_access_days),
    )
    return {
        retention.KIND: Long(
            retention.EVERY, lambda place: delete_old(deployment, periods, place or 0)
        ),
        replanning.KIND: Long(replanning.EVERY, partial(_replan, deployment)),
        findable.KIND: Long(
            findable.EVERY, lambda place: findable.make_findable(deployment, place or 0)
        ),
        forgetting.KIND: Chore(
            forgetting.EVERY, lambda _last: forgetting.ask_providers(deployment)
        ),
        unused_codes.KIND: Chore(
            unused_codes.EVERY, lambda _last: unused_codes.list_expired(deployment)
        ),
        **erased.chores(settings, deployment),
        **audit_cli.chores(settings, deployment),
        **by_twilio.chores(settings, deployment),
    }


def _replan(deployment: Deployment, place: Sequence[Any] | None) -> list[Any] | None:
    _, reached = replanning.replan(deployment, Place(*place) if place else None)
    return list(reached) if reached else None


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
        research=settings.research,
        mails=mails,
        telegram_bot=settings.telegram_bot,
        sms_number=settings.twilio_from if settings.twilio_account_sid else "",
        sms_by_service=bool(settings.twilio_account_sid and settings.twilio_messaging_service_sid),
        whatsapp_number=settings.whatsapp_from if settings.twilio_account_sid else "",
    )


def probe_of(settings: Settings, deployment: Deployment, *, late_is_unready: bool = True) -> Probe:
    """What /readyz of this process looks at."""
    patience = Patience(
        outbox=settings.ready_outbox_seconds,
        bulk=settings.ready_bulk_seconds,
        due=settings.ready_due_seconds,
    )
    return Probe(deployment, patience, late_is_unready=late_is_unready)


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
        backtrace.signing.SignaturesUnread: the file of signatures is not one.
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
            steps=told_steps(settings),
        )
