"""What is wrong with settings, database and providers, and how to mend it."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import ValidationError
from pydantic_settings import SettingsError

from backtrace.doctor.deployment import deployment
from backtrace.doctor.finding import Finding, Verdict
from backtrace.doctor.opt_out import text_to_paste
from backtrace.doctor.telegram import telegram
from backtrace.doctor.twilio import twilio
from backtrace.settings import Settings, unknown_settings

__all__ = ["Finding", "Verdict", "examine", "text_to_paste", "unreadable"]


def examine(settings: Settings) -> Iterator[Finding]:
    """Every finding, in the order in which to mend them; the providers of channels are asked."""
    yield Finding("settings", Verdict.OK, f"env is {settings.env}")
    for name in unknown_settings():
        yield Finding("settings", Verdict.WRONG, f"{name} is set, and no setting has that name")
    yield from deployment(settings)
    yield from telegram(settings)
    yield from twilio(settings)


def unreadable(error: ValidationError | SettingsError) -> Iterator[Finding]:
    """The findings when the settings themselves cannot be read; values are not repeated."""
    if isinstance(error, SettingsError):
        says = 'a setting that is JSON cannot be read: write it as {"da": "HX...", "en": "HX..."}'
        yield Finding("settings", Verdict.WRONG, f"BACKTRACE_WHATSAPP_TEMPLATES: {says}")
        return
    for problem in error.errors(include_input=False, include_url=False):
        name = "_".join(str(part) for part in problem["loc"]).upper()
        yield Finding("settings", Verdict.WRONG, f"BACKTRACE_{name}: {problem['msg']}")
