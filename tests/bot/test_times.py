from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.times import (
    Ends,
    When,
    day_of,
    end_of,
    read_ends,
    read_hour,
    read_put_off,
    read_rhythm,
    read_when,
    read_wished_rhythm,
    split_ends,
)

TUESDAY = datetime(2026, 11, 24, 9, tzinfo=UTC)
COPENHAGEN = ZoneInfo("Europe/Copenhagen")


@pytest.mark.parametrize(
    ("text", "day", "clock"),
    [
        ("Thursday 10", date(2026, 11, 26), time(10)),
        ("on 3 December at 9.15", date(2026, 12, 3), time(9, 15)),
        ("Thursday 3 December at 2 pm", date(2026, 12, 3), time(14)),
        ("tomorrow at 9", date(2026, 11, 25), time(9)),
        ("next Tuesday at 11:30", date(2026, 12, 1), time(11, 30)),
        ("the 10th at 10", date(2026, 12, 10), time(10)),
        ("Tuesday 8 at 10", date(2026, 12, 8), time(10)),
        ("Tuesday the 8 10:30", date(2026, 12, 8), time(10, 30)),
        ("tirsdag 8 kl. halv ti", date(2026, 12, 8), time(9, 30)),
        ("Tuesday 13 at 10", None, time(10)),
        ("9 a.m. on Friday", date(2026, 11, 27), time(9)),
        ("12/1 at 8", date(2027, 1, 12), time(8)),
        ("3 March 2028 at 8", date(2028, 3, 3), time(8)),
        ("torsdag 10", date(2026, 11, 26), time(10)),
        ("den 3. december kl. 9.15", date(2026, 12, 3), time(9, 15)),
        ("torsdag den 3.12 kl. 9", date(2026, 12, 3), time(9)),
        ("i morgen kl. 9", date(2026, 11, 25), time(9)),
        ("på mandag klokken ni", date(2026, 11, 30), time(9)),
        ("Tuesday", date(2026, 12, 1), None),
        ("3. december", date(2026, 12, 3), None),
        ("29 February", None, None),
        ("Friday 3 December at 9", None, time(9)),
        ("1 January 2020 at 9", None, time(9)),
    ],
)
def test_days_and_times_are_read_in_both_languages(
    text: str, day: date | None, clock: time | None
) -> None:
    said = read_when(text)

    assert said is not None
    assert (day_of(said, TUESDAY, COPENHAGEN), said.clock) == (day, clock)


@pytest.mark.parametrize(
    "text",
    ["", "soon", "Friday at noon", "Monday or Tuesday", "Monday Tuesday", "at", "at 25", "at 9:75",
     "in the morning", "10", "on Monday I fell", "two weeks ago", "kl.", "13/13", "at 9 at 10",
     "Friday" * 20],
)  # fmt: skip
def test_what_is_not_wholly_a_day_or_a_time_is_none(text: str) -> None:
    assert read_when(text) is None


@pytest.mark.parametrize(
    ("text", "weekday", "clock"),
    [
        ("Tuesdays at 19", 1, time(19)),
        ("at 7:30 pm", None, time(19, 30)),
        ("kl. 19", None, time(19)),
        ("på tirsdage", 1, None),
        ("om fredagen kl. 8 om morgenen", 4, time(8)),
        ("Wednesday", 2, None),
        ("kl. halv otte", None, time(7, 30)),
        ("halv 20", None, time(19, 30)),
        ("kl. halv et", None, time(12, 30)),
        ("kvart over otte om aftenen", None, time(20, 15)),
        ("at half past seven pm", None, time(19, 30)),
        ("Mondays at quarter to eight", 0, time(7, 45)),
    ],
)
def test_a_rhythm_is_a_weekday_an_hour_or_both(
    text: str, weekday: int | None, clock: time | None
) -> None:
    said = read_rhythm(text)

    assert said is not None
    assert (said.weekday, said.clock) == (weekday, clock)


@pytest.mark.parametrize("text", ["19", "3 December at 19", "tomorrow at 9", "June", "yes"])
def test_a_date_or_a_bare_number_is_no_rhythm(text: str) -> None:
    assert read_rhythm(text) is None


@pytest.mark.parametrize(
    ("text", "ahead", "clock"),
    [
        ("tomorrow", 1, None),
        ("not today", 1, None),
        ("i morgen kl. halv ni", 1, time(8, 30)),
        ("tonight at 8", 0, time(8)),
    ],
)
def test_what_is_put_off_is_put_off_to_a_day_close_by(
    text: str, ahead: int, clock: time | None
) -> None:
    said = read_put_off(text)

    assert said is not None
    assert (said.ahead, said.clock) == (ahead, clock)


@pytest.mark.parametrize("text", ["today", "tonight", "on Friday", "3 December", "at 9", ""])
def test_what_names_no_such_day_puts_nothing_off(text: str) -> None:
    assert read_put_off(text) is None


@pytest.mark.parametrize("text", ["half past", "halv", "half past half past 7"])
def test_half_of_no_hour_is_no_time(text: str) -> None:
    assert read_when(text) is None


def test_an_hour_of_one_day_is_no_hour_for_every_day() -> None:
    assert read_wished_rhythm("tomorrow at 9") is None


@pytest.mark.parametrize(
    ("text", "clock"), [("19", time(19)), ("9.30", time(9, 30)), ("ni", time(9))]
)
def test_a_bare_number_is_an_hour_where_one_was_asked_for(text: str, clock: time) -> None:
    assert read_hour(text) == When(clock=clock, half_day=clock.hour > 12)


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("until 12 June", datetime(2027, 6, 12, 8, tzinfo=COPENHAGEN)),
        ("until June", datetime(2027, 6, 1, 8, tzinfo=COPENHAGEN)),
        ("till Friday", datetime(2026, 11, 27, 8, tzinfo=COPENHAGEN)),
        ("for two weeks", datetime(2026, 12, 8, 8, tzinfo=COPENHAGEN)),
        ("a month", datetime(2026, 12, 24, 8, tzinfo=COPENHAGEN)),
        ("indtil den 3. januar", datetime(2027, 1, 3, 8, tzinfo=COPENHAGEN)),
        ("til og med fredag", datetime(2026, 11, 27, 8, tzinfo=COPENHAGEN)),
        ("i tre måneder", datetime(2027, 2, 24, 8, tzinfo=COPENHAGEN)),
        ("14 dage", datetime(2026, 12, 8, 8, tzinfo=COPENHAGEN)),
    ],
)
def test_an_end_is_a_day_or_a_length_of_time(text: str, end: datetime) -> None:
    ends = read_ends(text)

    assert ends is not None
    assert end_of(ends, TUESDAY, COPENHAGEN, time(8)) == end


def test_the_last_day_of_a_shorter_month_stands_for_one_that_it_lacks() -> None:
    ends = Ends(length=(3, "month"))
    end = end_of(ends, datetime(2026, 11, 30, 9, tzinfo=UTC), COPENHAGEN, time(8))

    assert end == datetime(2027, 2, 28, 8, tzinfo=COPENHAGEN)


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("once", Ends(once=True)),
        ("Kun én gang", Ends(once=True)),
        ("until I stop it", Ends(open_ended=True)),
        ("until Christmas", None),
        ("for a while", None),
        ("for 200 months", None),
        ("June", None),
        ("", None),
    ],
)
def test_once_and_until_i_stop_are_ends_too_and_the_rest_is_none(
    text: str, ends: Ends | None
) -> None:
    assert read_ends(text) == ends


@pytest.mark.parametrize(
    ("text", "whom"),
    [
        ("my physio until June", "my physio"),
        ("Anne Berg, anne@clinic.dk for two weeks", "Anne Berg, anne@clinic.dk"),
        ("min læge i en måned", "min læge"),
        ("June", "June"),
        ("Anne", "Anne"),
    ],
)
def test_the_end_is_cut_off_from_whom(text: str, whom: str) -> None:
    assert split_ends(text)[0] == whom


@given(st.text(max_size=80))
def test_whatever_is_written_is_a_time_or_none(text: str) -> None:
    for read in (read_when, read_rhythm, read_hour):
        said = read(text)
        assert said is None or said.has_day or said.clock is not None
    ends = read_ends(text)
    assert ends is None or ends != Ends()
