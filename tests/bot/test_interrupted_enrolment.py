"""What comes into an enrolment: it goes on where it was."""

from __future__ import annotations

import pytest

from tests.bot.house import House


def said(house: House) -> list[str]:
    house.settle()
    return house.telegram.texts("birgit")


@pytest.mark.parametrize("answer", ["no", "skip"])
def test_an_enrolment_goes_on_when_nothing_is_deleted_after_all(house: House, answer: str) -> None:
    house.enrol(consented=False)
    asked = said(house)[-1]
    house.write("delete my data")
    house.settle()

    house.write(answer)

    assert said(house)[-1].endswith(asked.splitlines()[-1])


def test_self_harm_in_between_loses_no_enrolment(house: House) -> None:
    house.enrol(consented=False)
    house.write("delete my data")
    house.write("I want to die")
    before = said(house)

    house.write("yes")

    assert len(said(house)) == len(before) + 1


def test_a_language_is_changed_in_an_emergency_while_enrolling(house: House) -> None:
    house.enrol(consented=False)
    house.write("I can't feel it when I pee")

    house.write("english")

    assert [row.status for row in house.inbox()] == ["done", "done"]
