"""A check-in comes once for its week, whatever happens to the hour, the process or the clock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.bot.house import CHECK_IN, House
from trajectory import tables

COPENHAGEN = ZoneInfo("Europe/Copenhagen")


def monday(hour: int, minute: int = 0) -> datetime:
    """The day of the first check-in, by the clock in Copenhagen."""
    return datetime(2026, 11, 30, hour, minute, tzinfo=COPENHAGEN).astimezone(UTC)


@pytest.fixture
def house(light_house: House) -> House:
    """Birgit has only check-ins, and it is the noon of the first one's day."""
    light_house.enrol(pathway="low-back-pain")
    light_house.answer_all()
    light_house.write("no more questionnaires")
    at(light_house, monday(12))
    return light_house


def at(house: House, moment: datetime) -> None:
    """Time passes until then."""
    house.wait(seconds=(moment - house.clock.now()).total_seconds())


def say(house: House, words: str) -> None:
    house.write(words)
    house.settle()


def asked(house: House) -> Sequence[str]:
    """When check-ins were opened."""
    return [
        f"{row.opened_at.astimezone(COPENHAGEN):%a %d %H:%M}"
        for row in house.rows(tables.core(tables.Session))
        if row.flow == CHECK_IN
    ]


def not_asked(house: House) -> int:
    entries = house.timeline(house.rows(tables.core(tables.Patient))[0].id)
    return sum(entry.kind == "missed" and entry.code == "not-asked" for entry in entries)


def test_who_puts_it_off_within_the_evening_is_asked_at_the_last_hour_named(house: House) -> None:
    at(house, monday(17))
    say(house, "ask me at 19")
    at(house, monday(18, 30))
    say(house, "ask me at 20")

    at(house, monday(23))

    assert asked(house) == ["Mon 30 20:00"]


def test_who_was_asked_is_not_asked_again_at_a_later_hour_of_the_same_evening(
    house: House,
) -> None:
    at(house, monday(18, 5))
    house.answer_all()
    say(house, "ask me at 19")
    at(house, monday(18, 10))
    say(house, "ask me at 20")

    at(house, monday(23) + timedelta(days=5))

    assert asked(house) == ["Mon 30 18:00"]


def test_an_hour_that_has_passed_today_counts_from_the_next_time_on(house: House) -> None:
    say(house, "ask me at 9")

    at(house, monday(23) + timedelta(days=7))

    assert asked(house) == ["Mon 30 18:00", "Mon 07 09:00"]


def test_a_change_before_the_row_was_acted_on_loses_nothing(house: House) -> None:
    # The process was down at 18:00, and hears the patient before it has looked at what is due.
    house.clock.set(monday(18, 5))
    house.write("ask me at 20")

    house.settle()

    assert asked(house) == ["Mon 30 18:05"]


def test_after_a_day_without_a_process_the_check_in_comes_once(house: House) -> None:
    house.clock.set(monday(18) + timedelta(hours=22))
    house.settle()
    at(house, monday(23) + timedelta(days=7))

    assert asked(house) == ["Tue 01 16:00", "Mon 07 18:00"]


def test_after_three_weeks_without_a_process_there_is_one_missed_and_then_the_next(
    house: House,
) -> None:
    house.clock.set(monday(12) + timedelta(days=23))
    house.settle()
    at(house, monday(23) + timedelta(days=28))

    assert asked(house) == ["Mon 28 18:00"]
    assert not_asked(house) == 1


def test_a_clock_that_is_set_back_brings_nothing_twice(house: House) -> None:
    at(house, monday(19))
    house.answer_all()

    house.clock.set(monday(12) - timedelta(days=1))
    say(house, "ask me at 17")
    at(house, monday(23) + timedelta(days=7))

    assert asked(house) == ["Mon 30 18:00", "Mon 07 17:00"]


def test_what_comes_late_does_not_speak_at_night(house: House) -> None:
    at(house, monday(19))
    sent = len(house.telegram.sent)

    # The reminder is due at 14:00 on Tuesday, and the process is down until the night.
    house.clock.set(monday(23) + timedelta(days=1))
    house.settle()
    assert len(house.telegram.sent) == sent
    at(house, monday(12) + timedelta(days=2))

    reminders = house.telegram.sent[sent:]
    assert [f"{s.at.astimezone(COPENHAGEN):%a %H:%M}" for s in reminders] == ["Wed 08:00"]
