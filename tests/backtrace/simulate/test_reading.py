"""Invented patients read messages as they are shown, on every channel."""

from __future__ import annotations

import pytest

from backtrace.definitions import shipped_library
from backtrace.simulate.people import CHANNELS, LANGUAGES, PATHWAY
from backtrace.simulate.reading import Reader
from bot.channels.forms import FORMS
from bot.conversation.in_one import asked_in_one
from bot.conversation.questions import question
from bot.messages import Button, Message, Rendered
from templates.catalogue import load_catalogues

LIBRARY = shipped_library()
FLOWS = LIBRARY.offering([PATHWAY]).asked()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("channel", CHANNELS)
def test_every_question_is_recognised(channel: str, language: str) -> None:
    reader, words = Reader(FLOWS, language), load_catalogues("messages")[language]
    for flow in FLOWS:
        for item in flow.items:
            asked = question(item, language, words, place=(2, 9), session_id=1, turn=2)
            led = asked._replace(text=f"{words.say('echo.noted')}\n{asked.text}")
            read = reader.read(FORMS[channel](led, words), None)
            assert read is not None, item.id
            assert read.item is not None
            assert read.item.text == item.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_in_one_message_is_answered_in_order(language: str) -> None:
    reader, words = Reader(FLOWS, language), load_catalogues("messages")[language]
    items = LIBRARY.flow("weekly-check-in").items
    message = FORMS["sms"](Message(asked_in_one(items, words, language)), words)
    read = reader.read(message, None)
    assert read is not None
    assert [item.id for item in read.together] == [item.id for item in items]


def test_a_mere_hint_is_about_the_question_before_and_thanks_ask_nothing() -> None:
    reader, words = Reader(FLOWS, "en"), load_catalogues("messages")["en"]
    pain = LIBRARY.flow("weekly-check-in").item("pain")
    asked = question(pain, "en", words, place=(1, 4), session_id=1, turn=1)
    before = reader.read(FORMS["sms"](asked, words), None)
    hint = Rendered(words.say("hint.digits", low=0, high=10))
    assert reader.read(hint, before) == before
    assert reader.read(Rendered(words.say("echo.noted")), before) is None


def test_an_own_question_of_the_assistant_is_one_too() -> None:
    reader = Reader(FLOWS, "en")
    typed = reader.read(Rendered("How often?\nA: Every week\nB: Every month"), None)
    assert typed is not None
    assert typed.letters == ("A", "B")
    pressed = reader.read(Rendered("How often?", (Button("Every week", "t.4.weekly"),)), None)
    assert pressed is not None
    assert pressed.buttons[0].data == "t.4.weekly"
