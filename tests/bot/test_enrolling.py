"""A clinic enrols many at once as it enrols each alone."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from bot.enrolling import Newcomer, ask, complete, enrol_all
from tests.bot.house import House
from trajectory import audit, audit_checks, tables
from trajectory.patients import AddressTaken


def newcomers(*addresses: str) -> list[Newcomer]:
    return [Newcomer("telegram", each, "en", name=f"Patient {each}") for each in addresses]


def test_many_at_once_hear_and_are_recorded_as_each_alone_is(house: House) -> None:
    alone = house.enrol("alone", pathway="low-back-pain")
    refs = enrol_all(house.deployment, newcomers("one", "two"), complete)
    house.settle()
    assert house.telegram.texts("one") == house.telegram.texts("alone")
    assert house.telegram.texts("two") == house.telegram.texts("alone")
    kept = [row.key for row in house.due() if row.owner_id == refs[0].patient_id]
    assert kept == [row.key for row in house.due() if row.owner_id == refs[1].patient_id] != []
    with house.database.read() as connection:
        for ref in refs:
            assert audit.records(connection, ref.patient_id) == audit.records(
                connection, alone.patient_id
            )
            assert audit_checks.check(connection, [ref.patient_id])[0].problems == []


def test_each_answers_the_own_enrolment(house: House) -> None:
    enrol_all(house.deployment, newcomers("one", "two"), ask)
    house.settle()
    house.write("dansk", "two")
    assert "Hej" in house.telegram.texts("two")[-1]
    assert len(house.telegram.texts("one")) == 1


def test_one_taken_address_and_nobody_is_enrolled(house: House) -> None:
    house.enrol("birgit")
    with pytest.raises(AddressTaken):
        enrol_all(house.deployment, newcomers("one", "birgit"), complete)
    with pytest.raises(AddressTaken):
        enrol_all(house.deployment, newcomers("same", "same"), complete)
    with house.database.read() as connection:
        patient = tables.core(tables.Patient)
        assert connection.execute(select(func.count()).select_from(patient)).scalar_one() == 1
