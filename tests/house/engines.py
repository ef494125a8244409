"""Engines to a lent database, which go on to whoever borrows it next.

A new connection to PostgreSQL costs the server more than most tests do: it knows no table yet.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import psycopg
from sqlalchemy import Engine, event
from sqlalchemy.engine import URL, make_url

from trajectory import _engines

Key = tuple[int, str, int, Any, str]

_make = _engines._postgresql
_free: dict[str, dict[Key, list[Engine]]] = {}
"""By the database: what nobody uses now. Engines of all other databases end as ever."""
_connected: dict[str, set[int]] = {}
"""By the database: the server's processes that serve these engines."""


def begin() -> None:
    """Lend engines from now on."""
    _engines._postgresql = _lend


def keep(url: str) -> None:
    """From now on an engine to this database is kept where one is closed."""
    _free[_name(make_url(url))] = defaultdict(list)
    _connected[_name(make_url(url))] = set()


def drop(url: str) -> None:
    """Close all that is kept; none is from now on."""
    name = _name(make_url(url))
    del _connected[name]
    for engines in _free.pop(name).values():
        for engine in engines:
            Engine.dispose(engine)


def connected(url: str) -> list[int]:
    """The server's processes that serve what is kept."""
    return sorted(_connected[_name(make_url(url))])


def _lend(url: URL, pool_size: int, isolation: Any, options: str) -> Engine:
    name = _name(url)
    kept = _free.get(name)
    if kept is None:
        return _make(url, pool_size, isolation, options)
    # A forked process must not write into its parent's connections.
    key = (os.getpid(), name, pool_size, isolation, options)
    if kept[key]:
        return kept[key].pop()
    engine = _make(url, pool_size, isolation, options)
    event.listen(engine, "connect", _note(name, set.add))
    event.listen(engine, "close", _note(name, set.discard))
    engine.dispose = lambda close=True: _give_back(engine, name, key)  # type: ignore[method-assign]
    return engine


def _give_back(engine: Engine, name: str, key: Key) -> None:
    """Keep it for the next one, unless somebody has left something open."""
    kept = _free.get(name)
    if kept is None or engine.pool.checkedout():  # type: ignore[attr-defined]
        Engine.dispose(engine)
    elif engine not in kept[key]:
        kept[key].append(engine)


def _note(name: str, how: Callable[[set[int], int], None]) -> Callable[..., None]:
    def note(connection: psycopg.Connection, *_: object) -> None:
        if name in _connected:
            how(_connected[name], connection.info.backend_pid)

    return note


def _name(url: URL) -> str:
    return str(url.database)
