"""What is wrong with settings, database and providers, and how to mend it."""

from __future__ import annotations

from collections.abc import Iterator

from backtrace.doctor.deployment import deployment
from backtrace.doctor.finding import Finding, Verdict
from backtrace.doctor.opt_out import text_to_paste
from backtrace.doctor.telegram import telegram
from backtrace.doctor.twilio import twilio
from backtrace.settings import Settings, unknown_settings

__all__ = ["Finding", "Verdict", "examine", "text_to_paste"]


def examine(settings: Settings) -> Iterator[Finding]:
    """Every finding, in the order in which to mend them; the providers of channels are asked."""
    yield Finding("settings", Verdict.OK, f"env is {settings.env}")
    for name in unknown_settings():
        yield Finding("settings", Verdict.WRONG, f"{name} is set, and no setting has that name")
    yield from deployment(settings)
    yield from telegram(settings)
    yield from twilio(settings)
