"""Messages that a provider has for us and could not bring: asked for at the start and hourly."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import select

from bot import forgetting
from bot.channels import LOOKED_UP, NotSent
from bot.deployment import Deployment
from bot.inbound import Inbound
from bot.receiving import receive
from trajectory import beats, tables
from trajectory.sql import Among

KIND = "reconcile"
EVERY = timedelta(hours=1)
FIRST_LOOK = timedelta(days=1)
"""How far a deployment looks back that has never looked."""
OVERLAP = timedelta(minutes=10)
"""How far each look reaches behind the one before: a message may be listed late."""
BATCH = 50

ON_ITS_WAY = timedelta(minutes=2)
"""A webhook may still bring what was written so short a time ago."""

_inbox = tables.core(tables.Inbox)
_KNOWN = select(_inbox.c.external_id).where(
    _inbox.c.channel.in_(LOOKED_UP), Among(_inbox.c.external_id, "names")
)

Listing = Callable[[datetime], Iterable[Inbound]]
"""What patients have written since then, by a provider's own records; raises NotSent."""


def reconcile(deployment: Deployment, listings: Iterable[Listing], last: datetime | None) -> None:
    """Take in what was written since the last look, the oldest first.

    What has come already is left alone, and so is what somebody wrote who was erased since and the
    provider is yet to delete.

    Raises:
        bot.channels.NotSent: a provider did not tell; what the others told was taken.
        trajectory.database.Unavailable: the rest comes at the next look.
    """
    since = (last or deployment.clock.now() - FIRST_LOOK) - OVERLAP
    found: list[Inbound] = []
    failure: NotSent | None = None
    for listing in listings:
        try:
            found += [message for message in listing(since) if message.at >= since]
        except NotSent as trouble:
            failure = trouble
    found.sort(key=lambda message: (message.at, message.external_id))
    gone = forgetting.waiting(deployment)
    found = [each for each in found if (each.channel, each.external_id) not in gone]
    missed = 0 if last is None else _missed(deployment, found)
    for start in range(0, len(found), BATCH):
        receive(deployment, found[start : start + BATCH])
    noting = partial(beats.note, name=beats.FETCHED, now=deployment.clock.now(), count=missed)
    deployment.database.run(partial(noting, code=failure.code if failure else ""))
    if failure is not None:
        raise failure


def _missed(deployment: Deployment, found: Sequence[Inbound]) -> int:
    """How many of these should have come by themselves, and have not."""
    before = deployment.clock.now() - ON_ITS_WAY
    names = sorted({each.external_id for each in found if each.at < before})
    with deployment.database.read() as connection:
        known = {
            name
            for start in range(0, len(names), BATCH)
            for name in connection.execute(
                _KNOWN, {"names": names[start : start + BATCH]}
            ).scalars()
        }
    return len(names) - len(known)
