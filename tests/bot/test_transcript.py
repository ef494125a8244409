"""What a patient reads in the chat: both sides in their order, and which buttons still wait."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from bot.channels.web import render
from bot.inbound import Inbound, InboundKind
from bot.messages import Button, Choice, Choices, Layout, Message, Priority
from bot.transcript import Bubble, transcript
from templates.catalogue import Catalogue
from tests.api.house import SCALE, STATEMENTS, House
from trajectory.database import Database

WORDS = Catalogue.read("hint: {anchors: '{low} = {lowest}, {high} = {highest}'}", "en.yaml")


@pytest.fixture
def house(migrated_database_url: str) -> Iterator[House]:
    database = Database(migrated_database_url, durable=False)
    yield House(database)
    database.close()


def hear(house: House, text: str, choice: str = "", kind: InboundKind | None = None) -> None:
    moment = house.clock.now()
    kind = kind or (InboundKind.CHOICE if choice else InboundKind.TEXT)
    house.hear(Inbound("web", "me", f"web:{moment.isoformat()}", kind, moment, text, choice))


def read(house: House, after: int = 0, limit: int = 100) -> list[Bubble]:
    return transcript(house.deployment, house.patient_id, after, limit)


def texts(house: House, after: int = 0, limit: int = 100) -> list[str]:
    return [bubble.text for bubble in read(house, after, limit)]


def test_both_sides_in_the_order_in_which_it_was_said(house: House) -> None:
    house.say("How bad was your pain?", SCALE)
    hear(house, "6", "q.7.1.6")
    house.say("Which fits you best?", STATEMENTS)
    bubbles = read(house)
    assert [(b.author, b.text) for b in bubbles] == [
        ("assistant", "How bad was your pain?"),
        ("patient", "6"),
        ("assistant", "Which fits you best?"),
    ]
    assert bubbles[2].buttons[0] == Button("A: I can walk as far as I like", "q.7.2.0")


def test_what_happened_at_the_same_moment_keeps_the_order_of_its_commit(house: House) -> None:
    moment = house.clock.now()
    for n in range(5):
        house.say(f"{n}", at=moment)
    assert texts(house) == ["0", "1", "2", "3", "4"]


def test_only_the_newest_buttons_wait(house: House) -> None:
    house.say("First?", SCALE)
    house.say("Second?", SCALE)
    assert [b.current for b in read(house)] == [False, True]


def test_a_message_without_buttons_in_between_leaves_the_question_open(house: House) -> None:
    house.say("How bad was your pain?", SCALE)
    house.say("Anne wrote: walk 15 minutes, twice a day.")
    assert [b.current for b in read(house)] == [True, False]


def test_once_the_patient_has_said_something_no_older_button_waits(house: House) -> None:
    house.say("How bad was your pain?", SCALE)
    hear(house, "6")
    house.say("Thank you, that was all.")
    assert not any(b.current for b in read(house))


@pytest.mark.parametrize("typed", ["2019", "407", "40712", "6 4 2 1", "12"])
def test_other_answers_stay_as_they_were_written(house: House, typed: str) -> None:
    hear(house, typed)
    assert texts(house) == [typed]


def test_a_safety_message_is_marked(house: House) -> None:
    house.say("Call 112 now.", priority=Priority.SAFETY)
    house.say("Thanks.")
    assert [b.safety for b in read(house)] == [True, False]


@pytest.mark.parametrize("status", ["sent", "delivered", "read"])
def test_what_has_gone_out_is_shown(house: House, status: str) -> None:
    house.say("Hello.", status=status)
    assert texts(house) == ["Hello."]


@pytest.mark.parametrize("status", ["ready", "sending", "unknown", "dead"])
def test_what_has_not_gone_out_is_not(house: House, status: str) -> None:
    house.say("Hello.", status=status, sent_at=None)
    assert texts(house) == []


def test_other_channels_people_and_patients_are_left_out(house: House) -> None:
    house.say("By SMS.", channel="sms")
    house.say("To Anne.", channel="email", member_id=7)
    hear(house, "", kind=InboundKind.OTHER)
    mine = house.patient_id, house.sealer
    house.patient_id, house.sealer = house.enrol()
    house.say("To somebody else.")
    house.patient_id, house.sealer = mine
    assert texts(house) == []


def test_reading_on_after_a_bubble(house: House) -> None:
    house.say("One.")
    hear(house, "two")
    house.say("Three.")
    one = read(house)[0]
    assert texts(house, after=one.order) == ["two", "Three."]


def test_the_newest_when_there_are_many(house: House) -> None:
    for n in range(4):
        house.say(f"Question {n}?")
        hear(house, f"answer {n}")
    assert texts(house, limit=3) == ["answer 2", "Question 3?", "answer 3"]


def test_order_counts_microseconds(house: House) -> None:
    house.say("One.")
    house.clock.moment += timedelta(seconds=1)
    house.say("Two.")
    one, two = read(house)
    assert two.order - one.order == (two.at - one.at) / timedelta(microseconds=1)


def test_of_somebody_who_is_gone_nothing_was_said(house: House) -> None:
    assert transcript(house.deployment, 987654321) == []


def test_statements_become_buttons_with_their_full_words() -> None:
    message = Message("Walking?", Choices([Choice("A", "As far as I like", "q.1.0")]))
    rendered = render(message, WORDS)
    assert rendered.text == "Walking?"
    assert rendered.buttons == (Button("A: As far as I like", "q.1.0"),)


def test_a_scale_becomes_numbers_with_its_ends_told_under_the_question() -> None:
    choices = Choices(Choice(str(n), f"the number {n}", f"q.1.{n}") for n in range(11))
    message = Message("How bad?", choices, Layout.DIGITS, anchors=("no pain", "the worst"))
    rendered = render(message, WORDS)
    assert rendered.text == "How bad?\n0 = no pain, 10 = the worst"
    assert [b.label for b in rendered.buttons] == [str(n) for n in range(11)]


def test_yes_and_no_are_words() -> None:
    choices = Choices([Choice("Y", "Yes", "q.1.y"), Choice("N", "No", "q.1.n")])
    rendered = render(Message("Right?", choices, Layout.YES_NO), WORDS)
    assert [b.label for b in rendered.buttons] == ["Yes", "No"]
