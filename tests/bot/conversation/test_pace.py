"""No day and no seven days hold more openings than allowed, whatever falls due when."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import example, given
from hypothesis import strategies as st

from bot.conversation.pace import Limits, next_opening, still_counting

COPENHAGEN = ZoneInfo("Europe/Copenhagen")
EIGHTEEN = time(18)
MONDAY = datetime(2026, 10, 19, 16, tzinfo=UTC)
"""18:00 in Copenhagen, in the week in which the clock changes."""
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def opened(wishes: list[int], limits: Limits) -> list[datetime]:
    """When each wish (hours after `MONDAY`, in order) is granted, one after the other."""
    openings: list[datetime] = []
    for wish in wishes:
        now = max([MONDAY + wish * HOUR, *openings])
        kept = still_counting(openings, now, COPENHAGEN)
        openings.append(next_opening(kept, limits, now, COPENHAGEN, EIGHTEEN))
    return openings


@given(
    st.lists(st.integers(0, 24 * 30), min_size=1, max_size=30).map(sorted),
    st.builds(Limits, openings_a_day=st.integers(1, 2), openings_a_week=st.integers(1, 4)),
)
@example([0] * 10, Limits())
@example([24 * day for day in range(14)], Limits())
def test_no_seven_days_in_a_row_hold_too_much(wishes: list[int], limits: Limits) -> None:
    granted = opened(wishes, limits)

    days = Counter(moment.astimezone(COPENHAGEN).date() for moment in granted)
    assert days.total() == len(wishes)
    assert max(days.values()) <= limits.openings_a_day
    for first in days:
        week = sum(days[first + DAY * number] for number in range(7))
        assert week <= limits.openings_a_week


def test_what_is_allowed_comes_at_once_and_what_is_not_at_the_chosen_hour() -> None:
    granted = opened([2, 3, 27, 60], Limits())

    local = [moment.astimezone(COPENHAGEN) for moment in granted]
    assert [f"{moment:%a %d %H:%M}" for moment in local] == [
        "Mon 19 20:00", "Tue 20 18:00", "Wed 21 18:00", "Mon 26 18:00",
    ]  # fmt: skip


def test_a_channel_may_have_its_own_number_of_questions() -> None:
    limits = Limits(questions_a_day=15, questions_by_channel={"sms": 8})

    assert (limits.questions("sms"), limits.questions("web")) == (8, 15)
