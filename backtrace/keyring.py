"""The key ring: a setting in production, a file beside the database in development."""

from __future__ import annotations

import os
from pathlib import Path

from sqlalchemy.engine import make_url

from backtrace.settings import Settings
from trajectory.keys import Ring


class NoKeys(Exception):
    """There is no key ring; the message says how to get one."""


def ring_of(settings: Settings, *, make: bool = True) -> Ring:
    """The deployment's key ring; in development it is made where there is none, if it may be.

    Raises:
        NoKeys: production without BACKTRACE_KEYS, no file to keep a development key in, or
            none there and none to be made.
        trajectory.keys.BadKeys: the setting or file cannot be read as a ring.
    """
    if settings.keys is not None:
        return Ring.parse(settings.keys.get_secret_value())
    if settings.env == "production":
        raise NoKeys("set BACKTRACE_KEYS; `backtrace keys new` prints a new one. Keep a copy safe")
    return _development_ring(_beside(settings.database_url), make)


def _beside(database_url: str) -> Path:
    url = make_url(database_url)
    if url.get_backend_name() != "sqlite" or not url.database:
        raise NoKeys("set BACKTRACE_KEYS; `backtrace keys new` prints a new one")
    return Path(f"{url.database}.key")


def _development_ring(file: Path, make: bool) -> Ring:
    """Read the file, or make it with a new key, readable by its owner only."""
    try:
        return Ring.parse(file.read_text("ascii").strip())
    except FileNotFoundError:
        if not make:
            raise NoKeys("no key file yet; `backtrace serve` makes it") from None
        ring = Ring.generate()
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as opened:
        opened.write(ring.setting() + "\n")
    return ring
