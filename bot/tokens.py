"""The tokens of a channel: how many there are, and what keeps anybody from taking them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from bot import leases
from bot.deployment import Deployment
from bot.messages import Priority
from bot.rates import Dry, Wanted, filled, grant
from trajectory import send_rates
from trajectory.send_rates import Level


def take_spare(deployment: Deployment, channel: str) -> Dry | None:
    """Take one token for what is no message, while none waits that could go out.

    What keeps from it, and until when; None: it is taken. Raises Unavailable.
    """
    rate = deployment.rates.get(channel)
    if rate is None:
        return None

    def work(connection: Connection) -> Dry | None:
        level, now = held(connection, deployment, channel)
        if level.paused_until is not None:
            return Dry(level.paused_until, Priority.SAFETY, level.paused_until)
        granted = grant(rate, level.tokens, Wanted(bulk=1), now)
        if not granted.count:
            return granted.dry
        if leases.waits(connection, now, [channel], calmly=rate.calm_chats):
            return Dry(now, Priority.BULK, now)
        send_rates.put(connection, channel, rate.sender, level.tokens - 1, level.at)
        return None

    return deployment.database.run(work)


def postpone(deployment: Deployment, channel: str, spent: int) -> None:
    """So many tokens were spent a while ago, on what begins only now.

    What flowed in meanwhile does not count twice: the burst that may gather is less by that.
    Raises Unavailable.
    """
    rate = deployment.rates[channel]

    def work(connection: Connection) -> None:
        level, _ = held(connection, deployment, channel)
        tokens = min(level.tokens + spent, rate.burst) - spent
        send_rates.put(connection, channel, rate.sender, tokens, level.at)

    deployment.database.run(work)


def pause(deployment: Deployment, channel: str, until: datetime) -> None:
    """The provider takes nothing before this moment, from no process. Raises Unavailable."""
    rate = deployment.rates.get(channel)
    if rate is None:
        return

    def work(connection: Connection) -> None:
        level, _ = held(connection, deployment, channel)
        if level.paused_until is None or level.paused_until < until:
            send_rates.pause(connection, channel, rate.sender, until)

    deployment.database.run(work)


def held(connection: Connection, deployment: Deployment, channel: str) -> tuple[Level, datetime]:
    """The level as it is now, held until the transaction ends, and what time it is.

    A pause that has ended is left out. Where the clock was set back, the level counts from now
    on, and a pause from before that is void: nobody knows when it would end, and the provider
    asks anew.
    """
    rate = deployment.rates[channel]
    level = send_rates.hold(connection, channel, rate.sender, rate.burst, deployment.clock.now())
    # Another process may have held it for a while.
    now = deployment.clock.now()
    tokens, at = filled(rate, level.tokens, level.at, now)
    if at < level.at:
        send_rates.put(connection, channel, rate.sender, tokens, at)
        send_rates.pause(connection, channel, rate.sender, None)
        return Level(tokens, at, None), now
    is_over = level.paused_until is not None and level.paused_until <= now
    return Level(tokens, at, None if is_over else level.paused_until), now
