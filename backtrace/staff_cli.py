"""`backtrace staff token`: what the clinic's programs and desks show, made, listed and revoked."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import closing
from functools import partial
from random import SystemRandom

from backtrace.clock import SystemClock
from backtrace.enrol_cli import OPERATOR, Unknown
from backtrace.refusals import require_newest
from backtrace.settings import Settings
from bot.deployment import Chance
from bot.directory import tokens
from trajectory import staff_tokens
from trajectory.database import Database
from trajectory.ids import Ids
from trajectory.staff_tokens import Role, StaffToken


def new(settings: Settings, name: str, roles: Collection[Role]) -> Iterator[str]:
    """Make a token: its number, and the token itself, this once. Raises NotMigrated."""
    require_newest(settings)
    token = Chance(SystemRandom()).token()
    with closing(Database(settings.database_url)) as database:
        made = partial(
            tokens.make,
            ids=Ids(database),
            token=token,
            now=SystemClock().now(),
            name=name,
            roles=roles,
            actor=OPERATOR,
        )
        number = database.run(made)
    yield f"token {number}"
    yield token


def revoke(settings: Settings, number: int) -> None:
    """Let a token do nothing any more, at once. Raises Unknown, NotMigrated."""
    require_newest(settings)
    with closing(Database(settings.database_url)) as database:
        gone = partial(
            tokens.revoke,
            ids=Ids(database),
            number=number,
            now=SystemClock().now(),
            actor=OPERATOR,
        )
        if not database.run(gone):
            raise Unknown(f"no token {number} is in use; `backtrace staff token list` shows them")


def listed(settings: Settings) -> Iterator[str]:
    """Every token, one a line; never the token itself. Raises NotMigrated."""
    require_newest(settings)
    with closing(Database(settings.database_url)) as database, database.read() as connection:
        found = staff_tokens.listed(connection)
    yield from (_line(each) for each in found) if found else ["No tokens."]


def _line(token: StaffToken) -> str:
    roles = ", ".join(sorted(token.roles))
    used = f"last used {token.last_used_at:%Y-%m-%d}" if token.last_used_at else "never used"
    state = f"revoked {token.revoked_at:%Y-%m-%d}" if token.revoked_at else used
    return f"{token.id}  {token.name}  {roles}  since {token.created_at:%Y-%m-%d}, {state}"
