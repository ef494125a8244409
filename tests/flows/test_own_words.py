"""Questions that quote what the patient has named."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from flows.own_words import LONGEST_QUOTED, in_own_words, named_in
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
