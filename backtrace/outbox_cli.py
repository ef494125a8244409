"""`backtrace outbox`: what waits to go out and why, and what was given up."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial

from sqlalchemy import Connection

from backtrace.clock import SystemClock
from backtrace.enrol_cli import OPERATOR, Unknown
from backtrace.furnishing import deployed
from backtrace.settings import Settings
from bot import waiting
from bot.channels.forms import FORMS
from bot.deployment import Deployment
from bot.rates import Rate
from bot.waiting import NOT_WANTED, Ended, GivenUp, NoSuchMessage, NotYet, Reason, Waiting
from trajectory import send_rates

SOON = 60
"""Seconds for which a queue needs no explanation."""

_WHY = {
    "": "not tried yet: is the channel on, and a sender running? (backtrace doctor)",
    "configuration": "waits for a setting of yours to be mended (backtrace doctor)",
    "retry": "the provider could not take it; it is tried again by itself",
    "unknown": "nobody knows whether it arrived",
    "doubtful": "the address may not work; it is tried once more by itself",
    "gone": "the address does not work any more",
    "content": "the provider refuses this text",
}
"""By the class of the trouble, in the operator's words."""

_WHY_CODE = {"wrong-key": "the keys setting does not open it (backtrace doctor)"}
"""By the code of a trouble that is our own, and no provider's."""

_FIRST = {
    ("telegram", "gone"): "the patient has blocked the bot: once they write to it again",
    ("email", "bounced"): "mail to that person comes back: once the patient has given another "
    "address",
    "gone": "that address does not work: once the patient writes from it again",
    "closed": "that address is not the patient's any more: never; --drop takes it off the list",
}
"""What must happen before a message can be sent again, and when that is."""

_CHANNELS = ("email", *sorted(FORMS))

NOTHING = "Nothing waits."

_HEADS = ("Waits to go out:", "Given up (--resend ID tries it again, --drop ID forgets it):")


def shown(settings: Settings) -> str:
    """The whole list. Raises backtrace.refusals.NotMigrated."""
    with deployed(settings, SystemClock(), {}, alone=False) as deployment:
        now = deployment.clock.now()
        with deployment.database.read() as connection:
            return table(
                waiting.waiting(connection, now),
                waiting.given_up(connection),
                rates=deployment.rates,
                paused=send_rates.paused(connection, now),
            )


def resend(settings: Settings, message_id: int) -> None:
    """Try a message again that was given up. Raises Unknown, NotMigrated."""
    _change(settings, message_id, waiting.resend)


def resend_all(settings: Settings, which: str) -> str:
    """Try all messages of one kind again; how many were, and why the others were not.

    `which` is CHANNEL/ERROR, ERROR being the code in brackets or a class of trouble. Raises
    Unknown, NotMigrated.
    """
    channel, error = _which(which)
    with deployed(settings, SystemClock(), {}, alone=False) as deployment:
        ended = waiting.resend_all(deployment, channel, error, OPERATOR)
    return _told(ended, "tried again")


def drop_all(settings: Settings, which: str, reason: Reason) -> str:
    """Take all messages of one kind off the list; how many were, and why the others were not.

    As `resend_all`.
    """
    channel, error = _which(which)
    with deployed(settings, SystemClock(), {}, alone=False) as deployment:
        ended = waiting.drop_all(deployment, channel, error, OPERATOR, reason)
    return _told(ended, "dropped")


def _which(which: str) -> tuple[str, str]:
    channel, _, error = which.partition("/")
    if not channel or not error:
        raise Unknown("write CHANNEL/ERROR, such as sms/30007 or telegram/retry")
    if channel not in _CHANNELS:
        raise Unknown(f"there is no channel {channel}; choose {', '.join(_CHANNELS)}")
    return channel, error


def _told(ended: Ended, what: str) -> str:
    words = {NOT_WANTED: "not wanted any more"}
    left = [f"{count} not ({words.get(why, why)})" for why, count in ended.left.items()]
    return "; ".join([f"{ended.done} of {ended.found} are {what}", *left])


def drop(settings: Settings, message_id: int, reason: Reason) -> None:
    """Take a message off the list. Raises Unknown, NotMigrated."""
    _change(settings, message_id, partial(waiting.drop, reason=reason))


def _change(
    settings: Settings,
    message_id: int,
    change: Callable[[Connection, Deployment, int, str], object],
) -> None:
    with deployed(settings, SystemClock(), {}, alone=False) as deployment:
        try:
            deployment.database.run(
                lambda connection: change(connection, deployment, message_id, OPERATOR)
            )
        except NoSuchMessage:
            raise Unknown(
                f"message {message_id} was not given up, or its patient wants no messages any "
                "more; `backtrace outbox` shows those that were"
            ) from None
        except NotYet as error:
            first = _FIRST.get((error.channel, error.why)) or _FIRST[error.why]
            raise Unknown(f"message {message_id} was not sent again: {first}") from None


def table(
    waits: Sequence[Waiting],
    dead: Sequence[GivenUp],
    rates: Mapping[str, Rate] | None = None,
    paused: Mapping[str, datetime] | None = None,
) -> str:
    """Both lists for a terminal; patients are numbers, and nothing of a message is shown.

    `paused` says until when a channel's provider takes nothing.
    """
    lines = [
        f"{each.channel}: {each.count} since {_moment(each.since)}: "
        f"{_why(each)}{_at_its_rate(each, rates or {})}"
        for each in waits
    ]
    lines += [
        f"{channel}: its provider has asked for a pause until {_moment(until)}"
        for channel, until in (paused or {}).items()
    ]
    given_up = [
        f"{each.id}  {each.channel}  patient {each.patient_id or '-'}  {_moment(each.since)}  "
        f"{_why(each)}"
        for each in dead
    ]
    parts = [[head, *part] for head, part in zip(_HEADS, (lines, given_up), strict=True) if part]
    return "\n\n".join("\n".join(part) for part in parts) or NOTHING


def _why(each: Waiting | GivenUp) -> str:
    says = _WHY_CODE.get(each.code) or _WHY.get(each.trouble, each.trouble)
    return f"{says} [{each.code}]" if each.code else says


def _at_its_rate(each: Waiting, rates: Mapping[str, Rate]) -> str:
    """How long it takes at least, where that is more than a moment."""
    rate = rates.get(each.channel)
    if rate is None or each.trouble or each.count < SOON * rate.inflow:
        return ""
    return f"; at {rate.inflow:.3g} a second it takes {each.count / rate.inflow / 60:.0f} min"


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
