"""`backtrace outbox`: what waits to go out and why, and what was given up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Connection

from backtrace.clock import SystemClock
from backtrace.enrol_cli import OPERATOR, Unknown
from backtrace.running import deployed
from backtrace.settings import Settings
from bot import waiting
from bot.deployment import Deployment
from bot.waiting import GivenUp, NoSuchMessage, Waiting

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

_HEADS = ("Waits to go out:", "Given up (--resend ID tries it again, --drop ID forgets it):")


def shown(settings: Settings) -> str:
    """The whole list. Raises backtrace.running.NotMigrated."""
    with deployed(settings, SystemClock(), {}, alone=False) as deployment:
        now = deployment.clock.now()
        with deployment.database.read() as connection:
            return table(waiting.waiting(connection, now), waiting.given_up(connection))


def resend(settings: Settings, message_id: int) -> None:
    """Try a message again that was given up. Raises Unknown, NotMigrated."""
    _change(settings, message_id, waiting.resend)


def drop(settings: Settings, message_id: int) -> None:
    """Take a message off the list. Raises Unknown, NotMigrated."""
    _change(settings, message_id, waiting.drop)


def _change(
    settings: Settings,
    message_id: int,
    change: Callable[[Connection, Deployment, int, str], None],
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


def table(waits: Sequence[Waiting], dead: Sequence[GivenUp]) -> str:
    """Both lists for a terminal; patients are numbers, and nothing of a message is shown."""
    lines = [
        f"{each.channel}: {each.count} since {_moment(each.since)}: {_why(each)}" for each in waits
    ]
    given_up = [
        f"{each.id}  {each.channel}  patient {each.patient_id or '-'}  {_moment(each.since)}  "
        f"{_why(each)}"
        for each in dead
    ]
    parts = [[head, *part] for head, part in zip(_HEADS, (lines, given_up), strict=True) if part]
    return "\n\n".join("\n".join(part) for part in parts) or "Nothing waits."


def _why(each: Waiting | GivenUp) -> str:
    says = _WHY.get(each.trouble, each.trouble)
    return f"{says} [{each.code}]" if each.code else says


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
