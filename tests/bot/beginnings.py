"""Beginnings that many tests share: played once in a process, and copied from then on.

To copy what a beginning leaves costs a tenth of playing it through the whole conversation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Table, select
from sqlmodel import SQLModel

from tests.bot.house import House, Sent
from trajectory import ids
from trajectory.keys import Ring
from trajectory.patients import PatientRef
from trajectory.sql import insert_all_once

T = TypeVar("T")

_IN_A_NEW_HOUSE = ("definition", "id_block")
"""The tables that are filled before anything has happened."""


@dataclass(frozen=True)
class _Kept:
    """All that a beginning leaves; the ring opens what is sealed in the rows."""

    result: Any
    ring: Ring
    now: datetime
    written: int
    sent: Mapping[str, Sequence[Sent]]
    rows: Mapping[Table, list[dict[str, Any]]]


_kept: dict[tuple[object, ...], _Kept] = {}


def begin(house: House, play: Callable[..., T], *how: object) -> T:
    """As `play(house, *how)` in a new house: what it returns, and what it leaves behind.

    `play` is a function of its module and depends on nothing but what it is given; of the house,
    on its clock and its clinic.
    """
    assert not house.written, "somebody has written"
    assert not any(provider.sent for provider in house.providers), "something was sent"
    key = (play, *how, house.database.dialect, house.clock.now(), house.deployment.clinic)
    if key in _kept:
        _copy(_kept[key], house)
    else:
        _kept[key] = _keep(house, play(house, *how))
    result: T = _kept[key].result
    return result


def on_the_pathway(house: House, name: str = "Birgit Holm") -> PatientRef:
    """Somebody with nothing open: the questions of the start are answered."""
    ref = house.enrol(pathway="low-back-pain", name=name, code="4071")
    house.answer_all()
    return ref


def _keep(house: House, result: object) -> _Kept:
    with house.database.read() as connection:
        rows = {
            table: [dict(row) for row in connection.execute(select(table)).mappings()]
            for table in SQLModel.metadata.sorted_tables
        }
    return _Kept(
        result,
        house.deployment.ring,
        house.clock.now(),
        house.written,
        {provider.name: tuple(provider.sent) for provider in house.providers},
        {table: found for table, found in rows.items() if found},
    )


def _copy(kept: _Kept, house: House) -> None:
    house.deployment = replace(house.deployment, ring=kept.ring)
    house.clock.set(kept.now)
    house.written = kept.written
    for provider in house.providers:
        provider.sent[:] = kept.sent[provider.name]
    with house.database.write() as connection:
        for table, rows in kept.rows.items():
            assert insert_all_once(connection, table, rows) or table.name in _IN_A_NEW_HOUSE
        ids.skip(connection)
