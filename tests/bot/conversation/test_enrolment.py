"""Enrolling by conversation: an hour and a day in the words of whoever is asked."""

from __future__ import annotations

from datetime import time

import pytest

from tests.bot.house import House
from trajectory import patients


@pytest.mark.parametrize(
    ("hour", "day", "chosen"),
    [
        ("klokken ni", "Wednesday please", (time(9), 2)),
        ("19:00 please", "onsdag", (time(19), 2)),
        ("nine", "ons", (time(9), 2)),
        ("B", "G", (time(12), 6)),
    ],
)
def test_an_hour_and_a_day_are_read_in_words_and_in_either_language(
    house: House, hour: str, day: str, chosen: tuple[time, int]
) -> None:
    ref = house.enrol(consented=False, name="")
    for words in ("english", "yes", "Birgit", hour, day):
        house.write(words)
    assert schedule(house, ref.patient_id) == chosen


def schedule(house: House, patient_id: int) -> tuple[time, int]:
    """The hour and the weekday that stand in the patient's profile."""
    with house.database.read() as connection:
        (row,) = patients.read(connection, {patient_id})
    profile = house.sealer(patient_id).open_json(patients.PROFILE, patient_id, row.profile)
    return time.fromisoformat(profile["hour"]), profile["weekday"]


@pytest.mark.parametrize("day", ["someday", "tirsdag kl 19", "2"])
def test_what_names_no_day_alone_is_asked_again(house: House, day: str) -> None:
    house.enrol(consented=False, name="")
    for words in ("english", "yes", "Birgit", "A", day):
        house.write(words)
    assert "choose a day" in house.said(house.outbox()[-1])
