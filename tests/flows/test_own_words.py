"""Questions that quote what the patient has named."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.own_words import LONGEST_QUOTED, in_own_words, named_in, names_the_same
from flows.session import Given, GivenKind

TEXT = "How well does this go today: {activity-1}?"


def named(words: str) -> dict[str, Given]:
    return {"activity-1": Given(GivenKind.ANSWER, words, 1, text=words)}


def test_what_was_named_stands_in_the_question() -> None:
    asked = in_own_words(TEXT, named("lift my\n  grandchild"))

    assert asked == "How well does this go today: lift my grandchild?"


def test_a_preview_shows_where_it_will_stand() -> None:
    assert in_own_words(TEXT, {}) == "How well does this go today: ...?"


@given(st.text())
def test_whatever_is_named_is_quoted_once_and_on_one_line(words: str) -> None:
    asked = in_own_words(TEXT, named(words))
    quoted = asked.removeprefix("How well does this go today: ").removesuffix("?")

    assert quoted == " ".join(quoted.split()) != ""
    assert len(quoted) <= LONGEST_QUOTED
    assert " ".join(words.split()).startswith(quoted.removesuffix("...").rstrip())


def test_a_text_says_what_it_quotes() -> None:
    assert named_in(TEXT) == {"activity-1"}
    assert named_in("How are you?") == frozenset()


@pytest.mark.parametrize(
    ("words", "others"),
    [
        ("lifting my grandson", "Lifting my grandson."),
        ("lifting my grandson", "lifitng my grandson"),
        ("lifting my grandson", "liftting my grandson"),
        ("🚶", "🚶 "),
        ("at lægge gulv", "At lægge gulv!"),
        ("gå ned ad trapper", "Gå ned ad trappper"),
        ("walk 200 metres", "walk 200 meters"),
    ],
)
def test_another_spelling_names_the_same_thing(words: str, others: str) -> None:
    assert names_the_same(words, others)
    assert names_the_same(others, words)


@pytest.mark.parametrize(
    ("words", "others"),
    [
        ("walking the dog", "walking the cat"),
        ("walking", "walking the dog"),
        ("walking", "talking"),
        ("gå op ad trapper", "gå ned ad trapper"),
        ("walk 20000 steps", "walk 30000 steps"),
        ("løfte børnene", ""),
        ("lifting my grandson", "lifting my grandsons"),
        ("at lægge mig", "at ligge mig"),
        ("rejse mig", "rense mig"),
        ("carving wood", "carting wood"),
        ("🚶", "🏋"),
        ("at 🚶", "at 🏋"),
        ("🚶", "..."),
    ],
)
def test_other_words_may_name_another_thing(words: str, others: str) -> None:
    assert not names_the_same(words, others)
    assert not names_the_same(others, words)
