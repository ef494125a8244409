"""Which clock a place goes by, and what becomes of the plan of somebody who has gone there."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.zones import by_clock, city, read_place
from templates.place_names import load_place_names
from tests.bot.house import CHECK_IN, House
from trajectory import tables

NOON = datetime(2026, 11, 24, 11, tzinfo=UTC)


@pytest.mark.parametrize(
    ("words", "zones"),
    [
        ("New York", ["America/New_York"]),
        ("in new york city", ["America/New_York"]),
        ("København", ["Europe/Copenhagen"]),
        ("Danmark", ["Europe/Copenhagen"]),
        ("Paris, France", ["Europe/Paris"]),
        ("på Mallorca", ["Europe/Madrid"]),
        ("Sverige", ["Europe/Stockholm"]),
        ("Germany", ["Europe/Berlin"]),
        ("Spain", ["Europe/Madrid", "Atlantic/Canary"]),
        ("Georgia", ["Asia/Tbilisi", "America/New_York"]),
        ("the kitchen", []),
        ("", []),
        ("x" * 5000, []),
    ],
)
def test_a_place_is_read_in_both_languages(words: str, zones: list[str]) -> None:
    assert by_clock(read_place(words) or (), NOON) == zones


def test_of_a_large_country_there_is_one_city_for_each_clock_from_east_to_west() -> None:
    cities = [city(zone, "en") for zone in by_clock(read_place("USA") or (), NOON)]

    assert cities[:5] == ["New York", "Chicago", "Phoenix", "Denver", "Los Angeles"]


def test_every_place_that_we_name_has_clocks() -> None:
    zones = {zone for each in load_place_names().values() for zone in each}

    assert {ZoneInfo(zone).key for zone in zones} == zones


def check_in(house: House) -> datetime:
    (at,) = [row.at for row in house.due() if row.key == "step:weekly-check-in"]
    assert isinstance(at, datetime)
    return at


def local(moment: datetime, zone: str) -> str:
    return f"{moment.astimezone(ZoneInfo(zone)):%a %d %H:%M}"


def move(house: House, place: str) -> None:
    """The patient says where they are, and that the clock is right."""
    house.write(f"change my time zone to {place}")
    house.write("yes")
    house.settle()


def opened(house: House, flow: str) -> int:
    return [row.flow for row in house.rows(tables.core(tables.Session))].count(flow)


def travelling(house: House) -> House:
    """Just before the first check-in; nothing else is in its way."""
    house.enrol(pathway="low-back-pain")
    house.answer_all()
    house.write("no more questionnaires")
    house.clock.set(datetime(2026, 11, 30, 16, tzinfo=UTC))
    house.settle()
    return house


def test_to_the_west_the_check_in_waits_for_the_hour_there(house: House) -> None:
    house = travelling(house)
    assert local(check_in(house), "Europe/Copenhagen") == "Mon 30 18:00"

    move(house, "New York")

    assert local(check_in(house), "America/New_York") == "Mon 30 18:00"
    house.wait(hours=8)
    assert opened(house, CHECK_IN) == 1
    assert local(check_in(house), "America/New_York") == "Mon 07 18:00"


def test_to_the_east_a_check_in_whose_hour_has_passed_there_comes_at_once(
    light_house: House,
) -> None:
    house = travelling(light_house)

    move(house, "Dubai")

    assert opened(house, CHECK_IN) == 1
    assert local(check_in(house), "Asia/Dubai") == "Mon 07 18:00"


def test_where_it_is_night_it_waits_for_the_day(light_house: House) -> None:
    house = travelling(light_house)

    move(house, "Tokyo")
    assert opened(house, CHECK_IN) == 0
    house.wait(days=1)

    asked = next(s for s in reversed(house.telegram.sent) if "1/4" in s.text)
    assert local(asked.at, "Asia/Tokyo") == "Tue 01 18:00"
    assert opened(house, CHECK_IN) == 1


@pytest.mark.parametrize("place", ["New York", "Dubai", "Tokyo", "Honolulu"])
def test_what_has_come_by_the_clock_before_does_not_come_again(
    light_house: House, place: str
) -> None:
    house = travelling(light_house)
    house.wait(hours=2)
    assert opened(house, CHECK_IN) == 1
    house.answer_all()

    move(house, place)
    house.wait(days=5)
    assert opened(house, CHECK_IN) == 1
    move(house, "Copenhagen")
    house.wait(days=5)

    assert opened(house, CHECK_IN) == 2


def test_a_week_stays_the_week_that_it_was(light_house: House) -> None:
    # The first check-in was put off by a week, since 72 hours were over at 18:30 of a Monday; in
    # New York they were over at 12:30.
    house = light_house
    house.clock.set(datetime(2026, 11, 27, 17, 30, tzinfo=UTC))
    house.enrol(pathway="low-back-pain")
    house.answer_all()
    assert local(check_in(house), "Europe/Copenhagen") == "Mon 07 18:00"

    move(house, "New York")

    assert local(check_in(house), "America/New_York") == "Mon 07 18:00"


def test_a_pause_ends_in_the_morning_of_its_day_there(light_house: House) -> None:
    house = travelling(light_house)
    house.write("pause until friday")

    move(house, "New York")

    (over,) = [row.at for row in house.due() if row.kind == "pause-over"]
    assert local(over, "America/New_York") == "Fri 04 08:00"


def test_limits_count_the_days_of_the_clock_there(light_house: House) -> None:
    house = light_house
    house.enrol(pathway="low-back-pain")
    house.answer_all()
    house.wait(days=1, hours=9)
    assert opened(house, "odi") == 1

    # It came on Wednesday evening in Copenhagen: in Tokyo that was Thursday.
    move(house, "Tokyo")
    sent = len(house.telegram.sent)
    house.wait(days=2)

    assert local(house.telegram.sent[sent].at, "Asia/Tokyo") == "Fri 27 18:00"


def test_a_reminder_that_would_come_at_night_there_waits_for_the_morning(
    light_house: House,
) -> None:
    house = travelling(light_house)
    house.wait(hours=2)
    (reminds,) = [row.at for row in house.due() if row.kind == "remind"]
    move(house, "Tokyo")
    sent = len(house.telegram.sent)

    house.clock.set(reminds)
    house.settle()
    assert len(house.telegram.sent) == sent
    house.wait(hours=24)

    hours = [local(s.at, "Asia/Tokyo")[-5:] for s in house.telegram.sent[sent:]]
    assert hours
    assert all("08:00" <= hour < "21:00" for hour in hours)
