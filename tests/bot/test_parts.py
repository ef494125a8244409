"""What is too long for one message comes in several, and reads well in each."""

from hypothesis import given
from hypothesis import strategies as st

from bot.messages import Button, Rendered
from bot.parts import LONGEST_TEXT, in_parts, parts

SENTENCE = "Anne suggests that you walk a little more each day. "


def test_a_long_text_is_cut_after_a_sentence() -> None:
    first, *_ = parts(SENTENCE * 100)
    assert len(first) <= LONGEST_TEXT
    assert first.endswith("each day.")


def test_a_line_break_is_a_better_place_than_a_sentence() -> None:
    first, second = parts(SENTENCE * 20 + "\n" + SENTENCE * 20)
    assert first == second.strip() == (SENTENCE * 20).strip()


def test_a_text_without_any_space_is_cut_where_it_must_be() -> None:
    assert parts("x" * (LONGEST_TEXT + 1)) == ["x" * LONGEST_TEXT, "x"]


def test_the_buttons_and_the_picture_come_with_the_last_part() -> None:
    buttons = (Button("Yes", "yes"),)
    whole = Rendered(SENTENCE * 40, buttons, picture="<svg/>", place="q.12.3.")
    first, second = in_parts(whole)
    assert first == Rendered(first.text)
    assert second == whole._replace(text=second.text)


def test_a_short_text_stays_one_message() -> None:
    rendered = Rendered("Hello.", (Button("Yes", "t.1.yes"),))
    assert in_parts(rendered) == [rendered]


@given(st.text(max_size=400), st.integers(1, 60))
def test_no_word_is_lost_and_no_part_too_long(text: str, longest: int) -> None:
    pieces = parts(text, longest)
    assert all(len(piece) <= longest for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())
