"""What the settings for Twilio turn on: SMS, WhatsApp, their webhooks, the hourly look."""

from __future__ import annotations

from api import twilio
from api.webhooks import Hook
from backtrace.settings import Settings
from bot.channels.twilio import Account, Twilio
from bot.chores import Chore
from bot.deployment import Clock, Deployment
from bot.reconciling import EVERY, KIND, reconcile


def channels(settings: Settings, clock: Clock) -> dict[str, Twilio]:
    """SMS and WhatsApp, each with a number (SMS: or a messaging service) to send from."""
    token = settings.twilio_auth_token
    if not settings.twilio_account_sid or token is None:
        return {}
    account = Account(
        settings.twilio_account_sid,
        token.get_secret_value(),
        settings.twilio_api_url,
        settings.public_url + twilio.STATUS,
    )
    ours, service = settings.twilio_from, settings.twilio_messaging_service_sid
    found: dict[str, Twilio] = {}
    if ours or service:
        found["sms"] = Twilio("sms", account, sender=ours, service=service, now=clock.now)
    if settings.whatsapp_from:
        found["whatsapp"] = Twilio(
            "whatsapp",
            account,
            sender=settings.whatsapp_from,
            templates=settings.whatsapp_templates,
            now=clock.now,
        )
    return found


def webhooks(settings: Settings) -> dict[str, Hook]:
    """Where Twilio knocks."""
    token = settings.twilio_auth_token
    if not settings.twilio_account_sid or token is None:
        return {}
    return twilio.twilio_hooks(token.get_secret_value(), settings.public_url)


def chores(settings: Settings, deployment: Deployment) -> dict[str, Chore]:
    """Asking Twilio for messages that found nobody."""
    # Connections of their own: a sender may be in the middle of its channel's.
    listings = [channel.received for channel in channels(settings, deployment.clock).values()]
    if not listings:
        return {}
    return {KIND: Chore(EVERY, lambda last: reconcile(deployment, listings, last))}
