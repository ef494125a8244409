"""The tokens of a channel: how many there are, and what keeps anybody from taking them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from bot.deployment import Deployment
from bot.messages import Priority
from bot.rates import Dry, Rate, Wanted, filled, grant
from trajectory import send_rates
from trajectory.send_rates import Level


def take_spare(deployment: Deployment, channel: str) -> Dry | None:
    """Take one token of those that no reply needs; None: it is taken. Raises Unavailable."""
    rate = deployment.rates.get(channel)
    if rate is None:
        return None

    def work(connection: Connection) -> Dry | None:
        now = deployment.clock.now()
        level = held(connection, channel, rate, now)
        if level.paused_until is not None and now < level.paused_until:
            return Dry(level.paused_until, Priority.SAFETY, level.paused_until)
        granted = grant(rate, level.tokens, Wanted(bulk=1), now)
        if granted.count:
            send_rates.put(connection, channel, rate.sender, level.tokens - 1, level.at)
        return granted.dry

    return deployment.database.run(work)


def postpone(deployment: Deployment, channel: str, spent: int) -> None:
    """So many tokens were spent a while ago, on what begins only now.

    What flowed in meanwhile does not count twice: the burst that may gather is less by that.
    Raises Unavailable.
    """
    rate = deployment.rates[channel]

    def work(connection: Connection) -> None:
        level = held(connection, channel, rate, deployment.clock.now())
        tokens = min(level.tokens + spent, rate.burst) - spent
        send_rates.put(connection, channel, rate.sender, tokens, level.at)

    deployment.database.run(work)


def pause(deployment: Deployment, channel: str, until: datetime) -> None:
    """The provider takes nothing before this moment, from no process. Raises Unavailable."""
    rate = deployment.rates.get(channel)
    if rate is None:
        return

    def work(connection: Connection) -> None:
        level = held(connection, channel, rate, deployment.clock.now())
        if level.paused_until is None or level.paused_until < until:
            send_rates.pause(connection, channel, rate.sender, until)

    deployment.database.run(work)


def held(connection: Connection, channel: str, rate: Rate, now: datetime) -> Level:
    """The level as it is now, held until the transaction ends.

    Where the clock was set back it counts from now on.

    A pause from before that is void: nobody knows when it would end, and the provider asks anew.
    """
    level = send_rates.hold(connection, channel, rate.sender, rate.burst, now)
    tokens, at = filled(rate, level.tokens, level.at, now)
    if at >= level.at:
        return Level(tokens, at, level.paused_until)
    send_rates.put(connection, channel, rate.sender, tokens, at)
    send_rates.pause(connection, channel, rate.sender, None)
    return Level(tokens, at, None)
