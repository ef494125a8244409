"""Long lists, a page at a time: always in order of their numbers, which never change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Generic, NamedTuple, TypeVar

from fastapi import Depends, Query
from pydantic import BaseModel

MOST = 200
USUAL = 50
LARGEST_NUMBER = 2**63 - 1

T = TypeVar("T")
_Row = TypeVar("_Row")


class Page(BaseModel, Generic[T]):
    """A part of a list."""

    items: list[T]
    next: int | None
    """Given back as `after` it leads to what follows; none: this was the end."""


class Place(NamedTuple):
    """Which part is asked for."""

    limit: int
    after: int


def _place(
    limit: Annotated[int, Query(ge=1, le=MOST, description="So many at most.")] = USUAL,
    after: Annotated[
        int,
        Query(
            ge=0, le=LARGEST_NUMBER, description="Behind this number: `next` of the page before."
        ),
    ] = 0,
) -> Place:
    return Place(limit, after)


WhichPage = Annotated[Place, Depends(_place)]


def page_of(
    rows: Sequence[_Row], place: Place, number: Callable[[_Row], int]
) -> tuple[Sequence[_Row], int | None]:
    """The rows of this page, and what `next` says.

    `rows`: all of them, in whatever order, or of those behind `place.after` one more than fit.
    """
    behind = sorted((row for row in rows if number(row) > place.after), key=number)
    shown = behind[: place.limit]
    return shown, number(shown[-1]) if len(behind) > len(shown) else None
