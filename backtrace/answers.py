"""Whether each channel carries answers itself or a link: a choice that production must make."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from backtrace.settings import Answers, Settings
from flows.errors import Refusal


class AnswersNotChosen(Refusal):
    """Production has a channel that is on, and nobody has said what it may carry."""


def answers_of(settings: Settings) -> Mapping[str, Answers]:
    """By channel that has settings what it carries; in development inline where nothing is said.

    Raises AnswersNotChosen.
    """
    left_open = not_chosen(settings)
    if left_open and settings.env == "production":
        names = ", ".join(setting_of(channel) for channel in left_open)
        raise AnswersNotChosen(
            f"{names}: choose `link` (questions and answers stand in the web chat only, and the "
            "phone gets a link) or `inline` (the channel carries them itself)"
        )
    return {channel: chosen or "inline" for channel, chosen in _on(settings)}


def not_chosen(settings: Settings) -> list[str]:
    """The channels that are on and for which nothing is chosen."""
    return [channel for channel, chosen in _on(settings) if chosen is None]


def setting_of(channel: str) -> str:
    """The name of the setting that chooses for this channel."""
    return f"BACKTRACE_{channel.upper()}_ANSWERS"


def _on(settings: Settings) -> Iterator[tuple[str, Answers | None]]:
    if settings.telegram_token is not None:
        yield "telegram", settings.telegram_answers
    if settings.twilio_account_sid and _sends_sms(settings):
        yield "sms", settings.sms_answers
    if settings.twilio_account_sid and settings.whatsapp_from:
        yield "whatsapp", settings.whatsapp_answers


def _sends_sms(settings: Settings) -> bool:
    return bool(settings.twilio_from or settings.twilio_messaging_service_sid)
