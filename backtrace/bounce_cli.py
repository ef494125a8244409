"""`backtrace bounce`: one mail that came back, from a mail server's pipe."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum

from backtrace.clock import SystemClock
from backtrace.furnishing import deployed
from backtrace.keyring import NoKeys, ring_of
from backtrace.refusals import NotMigrated
from backtrace.settings import Settings
from bot.channels import delivery_reports
from bot.channels.delivery_reports import DeliveryReport, Unreadable
from bot.channels.email import domain_of
from bot.channels.returns import Returns
from bot.delivering import note_bounce
from trajectory.database import Unavailable
from trajectory.keys import BadKeys

LARGEST = 1_000_000
"""Bytes of a report that are read; what follows is the mail that came back."""


class Ended(IntEnum):
    """Exit codes as mail servers read them (sysexits.h)."""

    TAKEN = 0
    """Noted, known already, or nothing that has failed for good."""
    REFUSED = 65
    """No delivery report, or not of a mail of ours: nothing was stored."""
    LATER = 75
    """Nothing can be noted now: the mail server keeps the report and tries again."""


def take(settings: Settings, raw: bytes, to: Sequence[str] = ()) -> tuple[Ended, str]:
    """Take one mail; how it ended, and why in words. `to`: where it was sent, if known."""
    try:
        report = delivery_reports.read(raw[:LARGEST])
    except Unreadable as error:
        return Ended.REFUSED, str(error)
    try:
        return _noted(settings, report, to)
    except (Unavailable, NotMigrated, NoKeys, BadKeys) as error:
        return Ended.LATER, str(error)


def _noted(settings: Settings, report: DeliveryReport, to: Sequence[str]) -> tuple[Ended, str]:
    returns = Returns(ring_of(settings, make=False), domain_of(settings.mail_from))
    named = [returns.outbox_id(address) for address in (*to, *report.recipients)]
    mails = {outbox_id for outbox_id in named if outbox_id is not None}
    if len(mails) != 1:
        return Ended.REFUSED, "not sent to a return address of ours"
    if not report.status:
        return Ended.TAKEN, "not a failure for good"
    with deployed(settings, SystemClock(), {}, alone=False) as deployment:
        news = note_bounce(deployment, mails.pop(), report.status)
    return Ended.TAKEN, "noted" if news else "nothing new"
