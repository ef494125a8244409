"""Patients who block the bot on Telegram, and who come back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from bot import blocking
from bot.inbound import InboundKind
from bot.receiving import Stored
from tests.bot.house import House
from trajectory import patients, tables

_address = tables.core(tables.Address)


def status(house: House) -> str:
    with house.database.read() as connection:
        return str(connection.execute(select(_address.c.status)).scalar_one())


def blocked(house: House, kind: InboundKind = InboundKind.BLOCKED) -> None:
    house.write("", kind=kind)


def test_a_patient_who_blocks_us_is_left_alone(house: House) -> None:
    house.enrol()
    house.settle()
    said = len(house.outbox())
    house.clock.set(house.clock.now() + timedelta(minutes=1))
    blocked(house)
    assert status(house) == "gone"
    assert len(house.outbox()) == said
    assert [(row.kind, row.status) for row in house.inbox()] == [("blocked", "done")]


def test_a_patient_who_unblocks_us_is_reached_again_and_told_nothing(house: House) -> None:
    house.enrol()
    house.settle()
    said = len(house.outbox())
    blocked(house)
    blocked(house, InboundKind.UNBLOCKED)
    assert status(house) == "active"
    assert len(house.outbox()) == said


def test_a_patient_who_writes_after_a_block_is_reached_again(house: House) -> None:
    house.enrol()
    blocked(house)
    house.clock.set(house.clock.now() + timedelta(minutes=1))
    house.write("help")
    assert status(house) == "active"


def test_a_block_that_is_told_late_is_over(house: House) -> None:
    house.enrol()
    late = house.message("", kind=InboundKind.BLOCKED)
    house.clock.set(house.clock.now() + timedelta(minutes=1))
    house.write("help")
    house.receive(late)
    assert status(house) == "active"


def test_a_block_and_words_in_one_batch(house: House) -> None:
    house.enrol()
    block = house.message("", kind=InboundKind.BLOCKED)
    house.clock.set(house.clock.now() + timedelta(minutes=1))
    house.receive(block, house.message("help"))
    assert status(house) == "active"
    house.settle()
    assert "STOP ends the messages" in house.telegram.texts()[-1]


def test_whoever_is_unknown_and_blocks_us_is_stored_only(house: House) -> None:
    house.write("", "nobody", kind=InboundKind.BLOCKED)
    assert [row.status for row in house.inbox()] == ["unknown-sender"]
    assert house.outbox() == []


@pytest.mark.parametrize("kind", [InboundKind.BLOCKED, InboundKind.UNBLOCKED])
def test_an_address_that_was_closed_meanwhile_stays_closed(house: House, kind: InboundKind) -> None:
    known = house.enrol()
    told = Stored(1, house.message("", kind=kind), known)
    with house.database.write() as connection:
        patients.set_address_status(connection, known.address_id, "closed")
        assert blocking.note(connection, [told]) == []
    assert status(house) == "closed"
