"""What a database is told, listened to for a while: an engine goes on to the next test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event

from trajectory.database import Database


@contextmanager
def heard(engine: Engine | type[Engine], listener: Callable[..., Any]) -> Iterator[None]:
    """`listener` is called before each statement, as long as this lasts."""
    event.listen(engine, "before_cursor_execute", listener)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", listener)


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    """All that it reads and writes meanwhile."""
    found: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        found.append(statement)

    with heard(database._reader, note), heard(database._writer, note):
        yield found
