"""How fast each channel may send, by the settings and by who counts."""

from __future__ import annotations

from backtrace.settings import Settings
from bot.rates import Rate


def rates_of(settings: Settings) -> dict[str, Rate]:
    """The rates of the channels that a provider counts; the web chat has none."""
    token = settings.telegram_token.get_secret_value() if settings.telegram_token else ""
    return {
        "telegram": Rate(token.partition(":")[0], settings.telegram_rate, calm_chats=True),
        "sms": Rate(
            settings.twilio_from or settings.twilio_messaging_service_sid,
            settings.sms_rate,
            by_segment=True,
        ),
        "whatsapp": Rate(settings.whatsapp_from, settings.whatsapp_rate),
        "email": Rate(settings.mail_from, settings.mail_rate),
    }
