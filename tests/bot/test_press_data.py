"""What buttons give back fits into the 64 bytes that Telegram leaves them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backtrace.definitions import shipped_library
from bot.channels.telegram import render
from bot.conversation.questions import question
from bot.messages import LONGEST_DATA, Message, press_data
from flows.checks import LONGEST_OPTION
from flows.model import Item, ItemKind
from templates.catalogue import load_catalogues

LIBRARY, CATALOGUES = shipped_library(), load_catalogues("messages")
LARGEST_ID = 2**63 - 1


def asked() -> Iterator[tuple[Item, str]]:
    for flow in LIBRARY.flows.values():
        for item in flow.items:
            if item.kind is not ItemKind.TEXT:
                yield from ((item, language) for language in flow.languages)


def ask(item: Item, language: str, session: int, turn: int) -> Message:
    words = CATALOGUES[language]
    return question(item, language, words, place=(1, 10), session_id=session, turn=turn)


@given(st.integers(1, LARGEST_ID), st.integers(1, 2**31 - 1))
def test_every_question_fits_whatever_its_numbers(session: int, turn: int) -> None:
    for item, language in asked():
        rendered = render(ask(item, language, session, turn), CATALOGUES[language])
        pressed = [rendered.place + button.data for button in rendered.buttons]
        assert all(len(rendered.place) < len(each.encode()) <= LONGEST_DATA for each in pressed)


def test_the_longest_numbers_fit_with_the_longest_option_that_a_definition_may_have() -> None:
    data = press_data("q", LARGEST_ID, 2**31 - 1, "a" * LONGEST_OPTION)
    assert len(data) <= LONGEST_DATA


@pytest.mark.parametrize("option", ["a" * 63, "æ" * 32])
def test_what_no_button_holds_is_never_made(option: str) -> None:
    with pytest.raises(ValueError, match="64 bytes"):
        press_data("q", option)
