"""Whoever reads the database learns no Telegram chat from the numbers of its messages."""

from __future__ import annotations

import pytest

from bot.inbound import InboundKind
from tests.bot.house import House
from trajectory.database import Database
from trajectory.keys import Ring

pytestmark = pytest.mark.both_databases

CHAT, STRANGER = "4711000123", "4711000999"
EDIT = InboundKind.EDIT


@pytest.fixture
def older() -> Ring:
    return Ring.generate("k1")


def rotated(older: Ring) -> Ring:
    return Ring.parse(f"{Ring.generate('k2').setting()},{older.setting()}")


def test_no_row_tells_the_chat(house: House) -> None:
    house.enrol(CHAT)
    house.write("6", CHAT, id=f"7.{CHAT}.12")
    house.write("7", CHAT, id=f"7.{CHAT}.12.99", kind=EDIT, edit_of=f"7.{CHAT}.12")
    house.write("who are you?", STRANGER, id=f"7.{STRANGER}.12")
    ids = [row.external_id for row in house.inbox()]
    assert len(set(ids)) == 3
    assert not any(CHAT in each or STRANGER in each for each in ids)


def test_a_redelivery_is_known_and_an_edit_finds_its_answer(house: House) -> None:
    birgit = house.enrol(CHAT)
    house.ask(birgit.patient_id)
    for _ in range(2):
        house.write("6", CHAT, id=f"7.{CHAT}.12")
    house.write("4", CHAT, id=f"7.{CHAT}.12.99", kind=EDIT, edit_of=f"7.{CHAT}.12")
    kinds = [(e.kind, e.value) for e in house.timeline(birgit.patient_id) if e.item == "pain"]
    assert kinds == [("answer", 6), ("correction", 4)]


def test_both_hold_over_a_new_key_in_the_ring(migrated_database_url: str, older: Ring) -> None:
    database = Database(migrated_database_url, durable=False)
    before = House(database, older)
    birgit = before.enrol(CHAT)
    before.ask(birgit.patient_id)
    before.write("6", CHAT, id=f"7.{CHAT}.12")

    after = House(database, rotated(older))
    after.write("6", CHAT, id=f"7.{CHAT}.12")
    after.write("4", CHAT, id=f"7.{CHAT}.12.99", kind=EDIT, edit_of=f"7.{CHAT}.12")
    kinds = [(e.kind, e.value) for e in after.timeline(birgit.patient_id) if e.item == "pain"]
    assert kinds == [("answer", 6), ("correction", 4)]
    assert len(after.inbox()) == 2
    database.close()
