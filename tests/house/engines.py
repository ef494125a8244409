"""Engines to a lent database, which go on to whoever borrows it next.

A new connection to PostgreSQL costs the server more than most tests do: it knows no table yet.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from typing import Any

import psycopg
from sqlalchemy import Engine, event
from sqlalchemy.engine import URL, make_url

from trajectory import _engines

Key = tuple[int, str, int, Any, str]

_CALLED = "called nobody"

_make = _engines._postgresql
_free: dict[str, dict[Key, list[Engine]]] = {}
"""By the database: what nobody uses now. Engines of all other databases end as ever."""
_made: dict[str, list[Engine]] = {}
"""By the database: all of them, for whoever opens a database and uses it no further closes none."""
_connected: dict[str, set[int]] = {}
"""By the database: the server's processes that serve these engines."""


def begin() -> None:
    """Lend engines from now on."""
    _engines._postgresql = _lend


def keep(url: str) -> None:
    """From now on an engine to this database is kept where one is closed."""
    _free[_name(make_url(url))] = defaultdict(list)
    _connected[_name(make_url(url))] = set()
    _made[_name(make_url(url))] = []


def end(url: str) -> None:
    """Close what is kept, as by the end of a process; nothing is of a database that is not lent."""
    for engines in _free.get(_name(make_url(url)), {}).values():
        for engine in engines:
            Engine.dispose(engine)
        engines.clear()


def drop(url: str) -> None:
    """Close what is kept; nothing is from now on."""
    end(url)
    name = _name(make_url(url))
    for engine in _made[name]:
        Engine.dispose(engine)
    del _free[name], _connected[name], _made[name]


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
    _made[name].append(engine)
    event.listen(engine, "connect", _note(name, set.add))
    event.listen(engine, "close", _note(name, set.discard))
    event.listen(engine, "checkout", _use)
    engine.dispose = partial(_dispose, engine, name, key)  # type: ignore[method-assign]
    return engine


def _dispose(engine: Engine, name: str, key: Key, close: bool = True) -> None:
    if close:
        _give_back(engine, name, key)
    else:
        # By a forked process, of connections that are its parent's: nothing to lend.
        Engine.dispose(engine, close=False)


def _give_back(engine: Engine, name: str, key: Key) -> None:
    """Keep it for the next one, unless somebody has left something open."""
    kept = _free.get(name)
    if kept is None or engine.pool.checkedout():  # type: ignore[attr-defined]
        Engine.dispose(engine)
    elif engine not in kept[key]:
        _let_go(engine)
        kept[key].append(engine)


def _let_go(engine: Engine) -> None:
    """Tell the server that these connections are no process of BackTrace for now."""
    idle = [engine.raw_connection() for _ in range(engine.pool.checkedin())]  # type: ignore[attr-defined]
    for each in idle:
        driver = each.driver_connection
        assert isinstance(driver, psycopg.Connection)
        _call(driver, b"nobody")
        each.info[_CALLED] = driver
        each.close()


def _use(driver: psycopg.Connection, record: Any, _proxy: object) -> None:
    if record.info.pop(_CALLED, None) is driver:
        _call(driver, b"backtrace")


def _call(driver: psycopg.Connection, name: bytes) -> None:
    driver.pgconn.exec_(b"SET application_name = " + name)


def _note(name: str, how: Callable[[set[int], int], None]) -> Callable[..., None]:
    def note(connection: psycopg.Connection, *_: object) -> None:
        if name in _connected:
            how(_connected[name], connection.info.backend_pid)

    return note


def _name(url: URL) -> str:
    return str(url.database)
