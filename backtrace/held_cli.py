"""`backtrace outbox`, the part about what a restore holds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

from backtrace.clock import SystemClock
from backtrace.enrol_cli import OPERATOR
from backtrace.refusals import require_newest
from backtrace.settings import Settings
from bot import restored
from trajectory.database import Database


def settle(settings: Settings, *, release: bool) -> str:
    """Release everything that is held, or give it up. Raises NotMigrated, Unavailable."""
    require_newest(settings)
    now = SystemClock().now()
    with closing(Database(settings.database_url)) as database:
        if release:
            return f"Released: {restored.release(database, now, OPERATOR)}"
        return f"Dropped: {restored.drop(database, now, OPERATOR)}"


def shown(settings: Settings) -> Iterator[str]:
    """What is held, by channel; nothing where nothing is. Raises NotMigrated, Unavailable."""
    require_newest(settings)
    with closing(Database(settings.database_url)) as database, database.read() as connection:
        held = restored.held(connection)
    if held:
        yield "Held since a restore (--release-held sends all, --drop-held forgets all):"
        yield from (
            f"{each.channel}: {each.count} since {each.since:%Y-%m-%d %H:%M} UTC" for each in held
        )
        yield ""
