"""A page that reads on from its cursor gets everything once, in whatever order it appears."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from api.cursor import OVERLAP, Cursor
from bot.transcript import Bubble

START = datetime(2026, 11, 24, 9, tzinfo=UTC)


def bubble(id: int, seconds: float) -> Bubble:
    return Bubble(id, START + timedelta(seconds=seconds), "assistant", "")


def read(cursor: Cursor, stored: list[Bubble]) -> tuple[Cursor, list[Bubble]]:
    fresh = cursor.fresh(b for b in stored if b.order > cursor.after)
    return cursor.past(fresh), fresh


@given(
    st.lists(st.floats(0, 3600), max_size=30),
    st.lists(st.floats(0, OVERLAP / 1e6 - 1), min_size=30, max_size=30),
)
def test_what_shows_up_late_is_read_too_and_nothing_twice(
    times: list[float], delays: list[float]
) -> None:
    said = [bubble(id, seconds) for id, seconds in enumerate(times, start=1)]
    by_appearance = sorted(said, key=lambda b: (b.at + timedelta(seconds=delays[b.id - 1]), b.id))
    cursor, got = Cursor(), list[Bubble]()
    for count in range(len(by_appearance) + 1):
        cursor, fresh = read(Cursor.parse(str(cursor)), by_appearance[:count])
        got += fresh
    assert sorted(b.id for b in got) == [b.id for b in said]


def test_a_cursor_forgets_what_is_long_past() -> None:
    cursor = Cursor().past([bubble(1, 0), bubble(2, 1), bubble(3, 1000)])
    assert str(cursor) == f"{bubble(3, 1000).order}.3"


@given(st.text())
def test_any_text_is_a_cursor(text: str) -> None:
    assert Cursor.parse(text).after >= 0


def test_nonsense_starts_at_the_beginning() -> None:
    assert [Cursor.parse(text) for text in ("", "x", "-1", "1..2", "9" * 40)] == [Cursor()] * 5
