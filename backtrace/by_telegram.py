"""Telegram in a process: what is told to it, what is fetched from it, and its connections."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from functools import partial

import structlog
from telegram.error import TelegramError

from api.telegram import PATH, telegram_hooks
from api.webhooks import Hook
from backtrace.settings import Settings
from bot.beating import Beating
from bot.channels.telegram import NAME, Request
from bot.channels.telegram_bot import Telegram
from bot.channels.telegram_setup import set_commands, set_webhook
from bot.deployment import Deployment
from bot.inbound import Inbound
from bot.introducing import Introduction
from bot.polling import Poller
from bot.presses import Presses
from trajectory import beats
from trajectory.sole import Sole

POLLER = "telegram-poller"
"""The lock of the one process that polls."""

_log = structlog.get_logger(__name__)


def telegram_of(settings: Settings) -> Telegram | None:
    """The channel, where there is a token."""
    if settings.telegram_token is None:
        return None
    return Telegram(settings.telegram_token.get_secret_value(), settings.telegram_api_url)


def with_bot_name(settings: Settings) -> Settings:
    """The settings with the bot's name, which Telegram is asked for where it is not set.

    Where Telegram cannot be asked, cards and links lead to the other channels.
    """
    channel = telegram_of(settings)
    if channel is None or settings.telegram_bot:
        return settings
    try:
        me = channel.api.call(Request("getMe", b"{}"))
    except TelegramError as error:
        _log.warning("the bot's name is not known", error=type(error).__name__)
        return settings
    finally:
        channel.close()
    return settings.model_copy(update={"telegram_bot": str(me.get("username", ""))})


@contextmanager
def telegram_on(deployment: Deployment) -> Iterator[Presses | None]:
    """Connections are closed at the end; what is yielded shows presses. None: Telegram is off."""
    channel = deployment.channels.get(NAME)
    if not isinstance(channel, Telegram):
        yield None
        return
    presses = Presses(deployment, channel.api)
    try:
        yield presses
    finally:
        # What is under way is cut off by the channel: else it may take as long as Telegram does.
        presses.give_up_waiting()
        channel.close()
        presses.close()


def telegram_webhook(settings: Settings, presses: Presses | None) -> dict[str, Hook]:
    """Where Telegram posts updates, if it was told a secret."""
    secret = settings.telegram_webhook_secret
    if presses is None or secret is None:
        return {}
    return telegram_hooks(presses.bot, secret.get_secret_value(), presses)


@contextmanager
def telegram_heard(
    settings: Settings,
    deployment: Deployment,
    presses: Presses | None,
    put: Callable[[Inbound], Future[bool]] | None,
) -> Iterator[None]:
    """Telegram knows where its updates go; without a webhook they are fetched and `put`.

    Without `put` this process fetches none.
    """
    channel = deployment.channels.get(NAME)
    if not isinstance(channel, Telegram) or presses is None:
        yield
        return
    secret = settings.telegram_webhook_secret
    requests = list(set_commands(deployment.catalogues))
    if secret is not None:
        requests.insert(0, set_webhook(settings.public_url, PATH, secret.get_secret_value()))
    with ExitStack() as stack:
        stack.callback(Introduction(channel.api, requests).close)
        if secret is None and put is not None:
            sole, now = Sole(deployment.database, POLLER), deployment.clock.now
            beat = Beating(deployment, beats.POLLED)
            poller = Poller(channel.api, sole, put, presses.put, now, beat=beat)
            stack.callback(poller.close)
        elif secret is not None:
            # What was noted while it was polled would look like silence from now on.
            deployment.database.run(partial(beats.forget, name=beats.POLLED))
        yield
