"""What a process that goes on works with beside its deployment: channels, doors, chores, probes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from fastapi import APIRouter

from api import desk, enrolments, front, pro, professional, rest, sign_in, tablet
from api.health import Patience, Probe
from api.webhooks import Hook
from backtrace import audit_cli, by_twilio, erased
from backtrace.by_telegram import telegram_of, telegram_webhook
from backtrace.keyring import ring_of
from backtrace.settings import Settings
from bot import findable, forgetting, replanning, retention, unused_codes
from bot.channels import Channel
from bot.channels.email import Email
from bot.channels.web import WebChat
from bot.chores import AnyChore, Chore, Long
from bot.deployment import Clock, Deployment
from bot.directory.mailing import DESK, HOME
from bot.doorbell import Doorbell
from bot.presses import Presses
from bot.replanning import Place
from bot.retention import Periods, delete_old


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


def probe_of(settings: Settings, deployment: Deployment, *, late_is_unready: bool = True) -> Probe:
    """What /readyz of this process looks at."""
    patience = Patience(
        outbox=settings.ready_outbox_seconds,
        bulk=settings.ready_bulk_seconds,
        due=settings.ready_due_seconds,
    )
    return Probe(deployment, patience, late_is_unready=late_is_unready)
