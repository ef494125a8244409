"""Why a process does not start; each message says what to do."""

from __future__ import annotations

from sqlalchemy.engine import make_url

from backtrace.settings import Settings
from flows.errors import Refusal
from trajectory.migrations import current, head


class DemonstrationWording(Refusal):
    """Production would ask licensed instruments in our demonstration wording."""


class NotMigrated(Refusal):
    """The database has no tables yet, or not those that this program knows."""


class OneProcessOnly(Refusal):
    """SQLite was to be shared by processes that run for long."""


class InsecureAddress(Refusal):
    """Production would send health data over plain http."""


def require_https(settings: Settings) -> None:
    """Raise InsecureAddress in production without https."""
    if settings.env == "production" and not settings.secure:
        raise InsecureAddress("BACKTRACE_PUBLIC_URL must begin with https:// in production")


def require_server(settings: Settings) -> None:
    """Raise OneProcessOnly where several processes cannot share the database."""
    if make_url(settings.database_url).get_backend_name() == "sqlite":
        raise OneProcessOnly(
            "`web` and `worker` need PostgreSQL (BACKTRACE_DATABASE_URL); on SQLite run "
            "`backtrace serve`, which is both"
        )


def require_newest(settings: Settings) -> None:
    """Raise NotMigrated unless the database has the tables that this program knows."""
    found = current(settings.database_url)
    if found is None:
        raise NotMigrated(
            "the database has no tables yet: run `backtrace migrate`, or `backtrace serve`"
        )
    if found != head():
        raise NotMigrated(
            f"the database is at revision {found}, and this program needs {head()}: "
            "run `backtrace migrate`"
        )
