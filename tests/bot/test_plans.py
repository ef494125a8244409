"""How SQLite, which does not know how many rows there are, finds the few that are asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, event

from bot import leases, looking_back, routing
from tests.bot.house import MORNING, House
from trajectory import web_access, web_nudges

SOME = {"patients": [1, 2], "since": MORNING}
OF_PATIENTS = {
    "their addresses": routing.ADDRESSES,
    "their places on the web": web_access._PLACES,
    "links in their hands": web_nudges._WAITING,
    "whether they wrote on the web": web_nudges._WROTE,
    "when they wrote last": looking_back._HEARD,
}


def plans(house: House, ask: Callable[[Connection], object]) -> list[str]:
    """The steps of each statement that this asks with."""
    seen: list[tuple[str, Any]] = []
    with house.database.read() as connection:
        event.listen(
            connection,
            "before_cursor_execute",
            lambda _connection, _cursor, statement, given, *_: seen.append((statement, given)),
        )
        ask(connection)
        return [
            " / ".join(
                row.detail
                for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given)
            )
            for statement, given in tuple(seen)
        ]


@pytest.mark.parametrize("statement", OF_PATIENTS.values(), ids=OF_PATIENTS)
def test_what_is_asked_of_patients_is_found_by_the_patient(
    light_house: House, statement: Any
) -> None:
    """By channel SQLite would read everybody's."""
    (plan,) = plans(light_house, lambda connection: connection.execute(statement, SOME))
    assert "(patient_id=?" in plan, plan


def test_the_most_urgent_of_one_channel_are_found_in_their_order(light_house: House) -> None:
    """Nobody looks at all that wait."""
    _abandoned, ready = plans(
        light_house, lambda connection: leases.find(connection, MORNING, ["telegram"], 1)
    )
    assert "USING INDEX ix_outbox_ready (channel=?" in ready
    assert "ORDER BY" not in ready, ready
