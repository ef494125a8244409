"""A patient who is elsewhere: what that must not come before, and how it is said and unsaid."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.commands import recognise
from bot.zones import by_clock, city, read_place
from tests.backtrace.replay.dialogue import dialogue
from tests.backtrace.replay.screenplay import screenplay
from tests.bot.house import House
from trajectory import cases
from trajectory.cases import Kind

NOW = datetime(2026, 11, 24, 11, tzinfo=UTC)


def last(house: House) -> str:
    house.settle()
    return house.telegram.texts("birgit")[-1]


def said(house: House, *texts: str) -> str:
    for text in texts:
        house.write(text)
    return last(house)


@pytest.mark.parametrize(
    ("sign", "again"),
    [("I can't feel it when I pee", "Call 112 NOW"), ("I want to kill myself", "call 112")],
)
@pytest.mark.parametrize("words", ["I am in London", "change my time zone"])
def test_in_danger_a_place_is_noted_and_whom_to_call_is_said_again(
    light_house: House, sign: str, again: str, words: str
) -> None:
    house = light_house
    ref = house.enrol()
    house.write(sign)

    assert again in said(house, words)
    assert "112" in said(house, "I have the pills here")

    kept = [entry for entry in house.timeline(ref.patient_id) if entry.kind == "note"]
    assert len(kept) == 2
    assert house.person(ref.patient_id).timezone == "Europe/Copenhagen"


@pytest.mark.parametrize(
    "words", [("I am in London", "yes"), ("ask me at 19",), ("pause for a week", "resume")]
)
def test_the_question_whether_a_doctor_looked_comes_again_after_another_command(
    light_house: House, words: tuple[str, ...]
) -> None:
    house = light_house
    house.enrol()
    house.write("I have a fever and my back hurts")
    house.wait(hours=4)
    assert "Has a doctor looked" in last(house)

    assert "Has a doctor looked" in said(house, *words)

    assert "noted" in said(house, "yes")
    assert "Has a doctor looked" not in said(house, "ask me at 18")


def test_the_question_goes_by_the_clock_that_the_patient_goes_by(light_house: House) -> None:
    house = light_house
    house.enrol()
    house.write("I have a fever and my back hurts")
    said(house, "I am in Tokyo", "yes")

    # Three hours later it is 21:30 or so there: it comes. In Los Angeles it is early morning.
    (asks,) = [row.at for row in house.due() if row.key == "follow-up"]
    first = asks
    said(house, "I am in Los Angeles", "yes")
    (asks,) = [row.at for row in house.due() if row.key == "follow-up"]

    assert f"{asks.astimezone(ZoneInfo('America/Los_Angeles')):%H:%M}" == "07:30"
    assert asks != first


def test_abroad_the_emergency_number_may_be_another(light_house: House) -> None:
    house = light_house
    house.enrol()
    said(house, "I am in New York", "yes")

    assert "112 (or the emergency number where you are)" in said(house, "I can't feel when I pee")


@pytest.mark.parametrize(
    "words",
    [
        "I'm in London, my husband has died",
        "I'm in London, this is not me",
        "I'm in London, please call me back",
        "I'm in London, can I swim?",
        "I am in agony, Denmark",
    ],
)
def test_what_stands_behind_a_comma_is_not_lost(words: str) -> None:
    command = recognise(words, "en")

    assert command is None or command.name != "zone"


@pytest.mark.parametrize(
    ("words", "zones"),
    [
        ("Paris, France", ["Europe/Paris"]),
        ("Georgia, USA", ["America/New_York"]),
        ("Paris, Texas", []),
        ("Perth, Scotland", []),
        ("EST", []),
        ("Holland", ["Europe/Amsterdam"]),
        ("Turkey", ["Europe/Istanbul"]),
        ("the Czech Republic", ["Europe/Prague"]),
        ("Northern Ireland", ["Europe/London"]),
    ],
)
def test_a_place_lies_in_what_follows_the_comma_or_is_asked_about(
    words: str, zones: list[str]
) -> None:
    found = read_place(words)

    assert found is not None
    assert by_clock(found, NOW) == zones


@pytest.mark.parametrize(
    ("country", "cities"),
    [("Portugal", {"Lisbon"}), ("Brazil", {"Sao Paulo"}), ("Canada", {"Toronto", "Vancouver"})],
)
def test_of_a_country_the_large_cities_are_offered(country: str, cities: set[str]) -> None:
    offered = [city(zone, "en") for zone in by_clock(read_place(country) or (), NOW)]

    assert cities <= set(offered)
    assert len(offered) <= 6


@pytest.mark.parametrize(
    ("words", "language"),
    [
        ("I am home again", "en"),
        ("I am in Denmark again", "en"),
        ("back in Denmark", "en"),
        ("back home", "en"),
        ("jeg er i Danmark igen", "da"),
        ("hjemme i Danmark igen", "da"),
        ("jeg er hjemme igen", "da"),
    ],
)
def test_the_way_back_is_understood(light_house: House, words: str, language: str) -> None:
    house = light_house
    ref = house.enrol()
    said(house, "I am in New York", "yes")
    house.write("dansk" if language == "da" else "english")

    said(house, words, "ja" if language == "da" else "yes")

    assert house.person(ref.patient_id).timezone == "Europe/Copenhagen"


def test_who_never_left_is_not_asked_for_the_clock(light_house: House) -> None:
    house = light_house
    house.enrol()

    assert "clock" not in said(house, "I am home again")


@pytest.mark.parametrize("yes", ["right", "correct", "that is right", "that's right", "yes it is"])
def test_the_clock_is_right_in_many_words(light_house: House, yes: str) -> None:
    house = light_house
    ref = house.enrol()

    said(house, "I am in New York", yes)

    assert house.person(ref.patient_id).timezone == "America/New_York"


@pytest.mark.parametrize("yes", ["det er rigtigt", "korrekt", "ja det er den", "rigtigt"])
def test_the_clock_is_right_in_danish_words(light_house: House, yes: str) -> None:
    house = light_house
    ref = house.enrol()
    house.write("dansk")

    said(house, "jeg er i New York", yes)

    assert house.person(ref.patient_id).timezone == "America/New_York"


def test_a_no_with_the_right_clock_is_a_no_and_there_is_a_way_out(light_house: House) -> None:
    house = light_house
    house.enrol()

    assert "wrong place" in said(house, "I am in New York", "no it is 11:00")
    assert "NEVER MIND" not in said(house, "the moon")
    assert "NEVER MIND" in said(house, "the sun")


@pytest.mark.parametrize("words", ["yes it is me", "it's me", "ja det er mig", "det er mig"])
def test_who_is_asked_whether_it_is_them_may_say_so(light_house: House, words: str) -> None:
    house = light_house
    house.enrol()
    house.write("pause for 3 months")
    house.wait(days=100)
    assert "Is it you?" in last(house)

    assert "Is it you?" not in said(house, words)


def test_nobody_is_asked_for_ever_whether_it_is_them(light_house: House) -> None:
    house = light_house
    house.enrol()
    house.write("pause for 3 months")

    house.wait(days=170)

    assert sum("Is it you?" in text for text in house.telegram.texts("birgit")) == 2
    with house.database.read() as connection:
        assert [case.kind for case in cases.listed(connection)] == [Kind.SILENT]
    said(house, "yes")
    with house.database.read() as connection:
        assert cases.listed(connection) == []


def travelling(house: House) -> House:
    """At noon on the Sunday before the first check-in; nothing else is in its way."""
    house.clock.set(datetime(2026, 11, 23, 9, tzinfo=UTC))
    house.enrol(pathway="low-back-pain")
    house.answer_all()
    house.write("no more questionnaires")
    house.clock.set(datetime(2026, 11, 29, 11, tzinfo=UTC))
    house.settle()
    return house


def check_in(house: House) -> str:
    (at,) = [row.at for row in house.due() if row.key == "step:weekly-check-in"]
    assert isinstance(at, datetime)
    return f"{at.astimezone(ZoneInfo('Europe/Copenhagen')):%a %d %H:%M}"


def test_a_weekday_that_is_changed_back_leaves_the_week_as_it_was(light_house: House) -> None:
    house = travelling(light_house)
    assert check_in(house) == "Mon 30 18:00"

    said(house, "ask me on thursdays")
    assert check_in(house) == "Thu 03 18:00"
    said(house, "ask me on mondays")

    assert check_in(house) == "Mon 30 18:00"


def test_an_hour_that_is_past_may_be_corrected(light_house: House) -> None:
    house = travelling(light_house)
    house.wait(days=1, hours=5)

    said(house, "ask me at 8")
    assert check_in(house) == "Mon 30 18:00"
    said(house, "ask me at 20")

    assert check_in(house) == "Mon 30 20:00"


def test_two_moves_in_a_row_open_nothing_at_night(light_house: House) -> None:
    house = travelling(light_house)
    house.wait(days=1, hours=5)
    said(house, "I am in Auckland", "yes")
    house.settle()
    before = len(house.telegram.sent)

    said(house, "I am in Honolulu", "yes")

    assert "1/4" not in last(house)
    house.wait(days=1)
    asked = next(sent for sent in house.telegram.sent[before:] if "1/4" in sent.text)
    assert f"{asked.at.astimezone(ZoneInfo('Pacific/Honolulu')):%H:%M}" == "18:00"


@pytest.mark.parametrize(("words", "days"), [("pause for a week", 9), ("resume", 1)])
def test_a_pause_that_ends_sooner_holds_nothing_back_for_longer(
    light_house: House, words: str, days: int
) -> None:
    house = light_house
    house.enrol(pathway="low-back-pain")
    house.answer_all()
    house.write("pause for 2 months")
    house.wait(days=3)
    assert "10 questions about your day" not in " ".join(house.telegram.texts("birgit"))

    house.write(words)
    house.wait(days=days)

    assert "10 questions about your day" in " ".join(house.telegram.texts("birgit"))


def test_an_open_sitting_keeps_its_evening_after_a_move(light_house: House) -> None:
    house = light_house
    ref = house.enrol(pathway="low-back-pain")
    house.answer_all()
    house.ask(ref.patient_id, "odi")
    house.clock.set(datetime(2026, 11, 24, 11, 20, tzinfo=UTC))

    said(house, "I am in New York", "yes")

    assert "1/10" in last(house)
    house.write("B")
    assert "2/10" in last(house)


PUT_OFF = """
* enrol sms pathway=low-back-pain
no
B B B B B B B B A
* until 12:00 in 4d
A
skip
skip
skip
B
"""


def test_what_is_put_off_is_promised_for_a_day_that_may_hold_it() -> None:
    script = screenplay(PUT_OFF, language="en")

    read = dialogue(script.steps, script.play())

    # Three conversations have begun this week, the last of them yesterday.
    assert "Now or another day?" in read
    assert "More at 18:00, on 13 January at the earliest." in read
    assert "tomorrow" not in read
