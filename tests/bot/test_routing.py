"""Where patients are written to, found among everybody's addresses."""

from __future__ import annotations

from bot import routing
from tests.bot.house import House


def test_a_patients_addresses_are_found_by_the_patient(light_house: House) -> None:
    """By channel SQLite would read everybody's."""
    with light_house.deployment.database.read() as connection:
        asked = routing.ADDRESSES.compile(connection)
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {asked}", ("[1,2]",))
        steps = [row.detail for row in plan]
    assert any("address" in step and "patient_id=?" in step for step in steps), steps
