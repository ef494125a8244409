"""A statement is compiled once in a run, and not once more for the database of each test."""

from __future__ import annotations

from typing import Any

from sqlalchemy.util import LRUCache

from trajectory import _engines

MOST = 4000
"""All statements of the tests, on both kinds of database; no words or rows are in them."""


class Compiled(LRUCache[Any, Any]):
    """SQLAlchemy's cache, in which all engines of one kind of database find the same."""

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get(_alike(key), default)

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(_alike(key), value)


def pytest_configure() -> None:
    """Lend it to every engine that this process opens from now on."""
    _engines._COMMON["execution_options"] = {"compiled_cache": Compiled(MOST)}


def _alike(key: Any) -> Any:
    dialect, *rest = key
    return dialect.name, *rest
