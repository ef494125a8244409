"""Tokens taken, paid and given back, each in a transaction of its own: no row is held for long."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from bot.deployment import Deployment
from bot.messages import Priority
from bot.rates import Dry, Granted, Rate, Wanted, filled, grant
from trajectory import send_rates
from trajectory.send_rates import Level


def take(deployment: Deployment, channel: str, wanted: Wanted) -> Granted:
    """Take tokens for what is wanted, as far as there are some.

    Raises:
        trajectory.database.Unavailable: nothing was taken.
    """
    rate = deployment.rates[channel]

    def work(connection: Connection) -> Granted:
        now = deployment.clock.now()
        level = _held(connection, channel, rate, now)
        if level.paused_until is not None and now < level.paused_until:
            return Granted(0, dry=Dry(level.paused_until, Priority.SAFETY, level.paused_until))
        found = grant(rate, level.tokens, wanted, now)
        if found.count:
            left = level.tokens - found.count
            send_rates.put(connection, channel, rate.sender, left, level.at)
        return found

    return deployment.database.run(work)


def settle(deployment: Deployment, channel: str, count: int, cost: int) -> None:
    """So many tokens were taken, and this is what is used of them now, in the end.

    What flowed in since they were taken does not count twice: the burst that may gather is less
    by what goes out now. Raises Unavailable.
    """
    rate = deployment.rates[channel]

    def work(connection: Connection) -> None:
        level = _held(connection, channel, rate, deployment.clock.now())
        tokens = min(level.tokens + count, rate.burst) - cost
        send_rates.put(connection, channel, rate.sender, tokens, level.at)

    deployment.database.run(work)


def pause(deployment: Deployment, channel: str, until: datetime) -> None:
    """The provider takes nothing before this moment, from no process. Raises Unavailable."""
    rate = deployment.rates.get(channel)
    if rate is None:
        return

    def work(connection: Connection) -> None:
        level = _held(connection, channel, rate, deployment.clock.now())
        if level.paused_until is None or level.paused_until < until:
            send_rates.pause(connection, channel, rate.sender, until)

    deployment.database.run(work)


def _held(connection: Connection, channel: str, rate: Rate, now: datetime) -> Level:
    """The level as it is now. Where the clock was set back it counts from now on.

    A pause from before that is void: nobody knows when it would end, and the provider asks anew.
    """
    level = send_rates.hold(connection, channel, rate.sender, rate.burst, now)
    tokens, at = filled(rate, level.tokens, level.at, now)
    if at >= level.at:
        return Level(tokens, at, level.paused_until)
    send_rates.put(connection, channel, rate.sender, tokens, at)
    send_rates.pause(connection, channel, rate.sender, None)
    return Level(tokens, at, None)
