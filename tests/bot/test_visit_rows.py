"""A visit has one due row: it moves with the visit, and goes with it or with STOP."""

from __future__ import annotations

from datetime import UTC, datetime

import orjson

from bot import loading
from tests.bot.house import House
from trajectory import patients

MORNING = datetime(2027, 3, 26, 9, tzinfo=UTC)
"""Friday 10:00 in Copenhagen; the clocks go forward on Sunday."""


def rows(house: House) -> list[str]:
    return [f"{row.at:%d %H:%M}" for row in house.due() if row.kind == "visit"]


def test_a_visit_has_one_row_which_moves_and_goes_with_it(house: House) -> None:
    house.clock.set(MORNING)
    house.enrol()

    house.write("my next visit is Monday at 10 with Anne")
    assert rows(house) == ["28 16:00"], "18:00 of the Sunday, in summer time"
    house.write("my next visit is Tuesday at 10 with Anne")
    house.write("my next visit is Sunday at 15 with Lars")
    assert rows(house) == ["29 16:00", "27 17:00"]
    house.write("ask me at 9")
    assert sorted(rows(house)) == ["27 08:00", "29 07:00"]
    house.write("my visit with Anne is cancelled")
    assert rows(house) == ["27 08:00"]
    house.write("stop")
    assert rows(house) == []
    house.write("start")
    assert rows(house) == ["27 08:00"]


def test_after_the_first_question_the_row_is_that_of_the_second(house: House) -> None:
    house.clock.set(MORNING)
    patient = house.enrol()
    house.write("my next visit is Monday at 10 with Anne")

    house.clock.set(datetime(2027, 3, 28, 16, tzinfo=UTC))
    house.dispatch()

    assert rows(house) == ["30 16:00"]
    house.write("The tablets")
    (question,) = [each for each in house.timeline(patient.patient_id) if each.kind == "question"]
    assert (question.text, question.code) == ("The tablets", "first")
    house.clock.set(datetime(2027, 3, 30, 16, tzinfo=UTC))
    house.dispatch()
    assert rows(house) == []


def test_a_row_holds_no_personal_data(house: House) -> None:
    house.clock.set(MORNING)
    house.enrol()
    house.write("my next visit is Monday at 10 with Anne")

    (row,) = [row for row in house.due() if row.kind == "visit"]

    assert list(orjson.loads(row.payload)) == ["visit"]
    assert "Anne" not in f"{row.key}{row.payload}"


def test_what_could_not_be_asked_in_a_week_is_forgotten(house: House) -> None:
    house.clock.set(MORNING)
    patient = house.enrol()
    house.write("my next visit is Monday at 10 with Anne")
    house.write("pause until 20 April")

    house.clock.set(datetime(2027, 4, 20, 6, tzinfo=UTC))
    house.dispatch()
    house.write("hello")

    assert not [text for text in house.telegram.texts() if "agree" in text]
    with house.database.write() as connection:
        (row,) = patients.lock_conversations(connection, [patient.patient_id])
        assert loading.opened(row, row.sealer(house.deployment.ring)).memory.visits == {}
