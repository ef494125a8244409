"""When things fall due, against a slow model that reads a clock minute by minute."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from backtrace.definitions import shipped_library
from bot.schedule import (
    Rhythm,
    at_local,
    awake,
    check_in_delay,
    follow_up_time,
    next_clock,
    next_occurrence,
    occurrence,
    week_one,
)
from flows.model import Step

COPENHAGEN = ZoneInfo("Europe/Copenhagen")
ZONES = [
    COPENHAGEN,
    ZoneInfo("America/New_York"),
    ZoneInfo("America/St_Johns"),  # offsets of half an hour
    ZoneInfo("Australia/Lord_Howe"),  # the clock moves by half an hour
    ZoneInfo("Africa/Casablanca"),  # winter time in Ramadan
    ZoneInfo("Asia/Kathmandu"),
    ZoneInfo("UTC"),
]
PATHWAY = shipped_library().pathway("low-back-pain")
STEPS = {step.key: step for step in PATHWAY.steps}
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)
"""Clock changes in Copenhagen: 02:00 to 03:00, and 03:00 back to 02:00."""

zones = st.sampled_from(ZONES)
hours = st.integers(8, 20).flatmap(lambda h: st.integers(0, 59).map(lambda m: time(h, m)))
clocks = st.times().map(lambda clock: clock.replace(second=0, microsecond=0, fold=0))
moments = st.integers(0, 2 * 366 * 24 * 60).map(
    lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + minutes * MINUTE
)
rhythms = st.builds(
    Rhythm, moments, zones, hours, st.integers(0, 6), st.just(check_in_delay(PATHWAY))
)


@cache
def minutes_of(day: date, zone: ZoneInfo) -> list[datetime]:
    """Every minute during which the patient's calendar shows this day, in order."""
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    around = (noon + MINUTE * number for number in range(-36 * 60, 36 * 60))
    return [moment for moment in around if moment.astimezone(zone).date() == day]


def shown(moment: datetime, zone: ZoneInfo) -> time:
    """What the patient's clock shows."""
    return moment.astimezone(zone).time()


def first_at_or_after(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """Wait through the day until the clock shows that time, or has jumped over it."""
    return next(moment for moment in minutes_of(day, zone) if shown(moment, zone) >= clock)


@given(st.dates(date(2026, 1, 1), date(2027, 12, 31)), hours, zones)
@example(SPRING, time(18), COPENHAGEN)
@example(AUTUMN, time(18), COPENHAGEN)
def test_a_waking_hour_is_found_on_each_day(day: date, clock: time, zone: ZoneInfo) -> None:
    assert at_local(day, clock, zone) == first_at_or_after(day, clock, zone)


@pytest.mark.parametrize("clock", [time(2), time(2, 30), time(2, 59)])
def test_a_time_that_spring_skips_comes_as_long_after_the_gap(clock: time) -> None:
    moment = at_local(SPRING, clock, COPENHAGEN)

    assert shown(moment, COPENHAGEN) == clock.replace(hour=3)


@pytest.mark.parametrize("clock", [time(2), time(2, 30), time(2, 59)])
def test_a_time_that_autumn_repeats_comes_the_first_time_only(clock: time) -> None:
    moment = at_local(AUTUMN, clock, COPENHAGEN)

    assert moment == first_at_or_after(AUTUMN, clock, COPENHAGEN)
    assert moment.astimezone(COPENHAGEN).fold == 0


@given(moments, zones, clocks)
@example(datetime(2026, 3, 28, 12, tzinfo=UTC), COPENHAGEN, time(2, 30))
@example(datetime(2026, 10, 24, 12, tzinfo=UTC), COPENHAGEN, time(2, 30))
def test_every_day_has_the_hour_exactly_once(start: datetime, zone: ZoneInfo, clock: time) -> None:
    moment, days = start, []
    for _ in range(5):
        after = next_clock(moment, zone, clock)
        assert after > moment
        moment = after
        days.append(moment.astimezone(zone).date())

    assert days == [days[0] + DAY * number for number in range(5)]


@given(moments, zones, clocks)
def test_the_next_time_is_not_a_day_too_late(start: datetime, zone: ZoneInfo, clock: time) -> None:
    assert next_clock(start, zone, clock) - start <= timedelta(hours=25)


@given(moments, zones)
@example(datetime(2026, 3, 28, 23, 30, tzinfo=UTC), COPENHAGEN)
@example(datetime(2026, 10, 24, 20, 30, tzinfo=UTC), COPENHAGEN)
def test_nothing_unasked_comes_between_21_and_08(moment: datetime, zone: ZoneInfo) -> None:
    told = awake(moment, zone)

    expected = moment
    while not time(8) <= shown(expected, zone) < time(21):
        expected += MINUTE
    assert told == expected


@given(moments, zones)
@example(datetime(2026, 3, 28, 21, 10, tzinfo=UTC), COPENHAGEN)
def test_the_follow_up_after_a_flag_waits_from_22_until_half_past_seven(
    moment: datetime, zone: ZoneInfo
) -> None:
    told = follow_up_time(moment, zone)

    expected = moment
    if not time(7) <= shown(moment, zone) < time(22):
        while shown(expected, zone) != time(7, 30):
            expected += MINUTE
    assert told == expected


def model_of_check_ins(rhythm: Rhythm) -> list[datetime]:
    """Walk day by day, and take each chosen weekday from 72 hours after the start."""
    found: list[datetime] = []
    day = rhythm.start.astimezone(rhythm.zone).date()
    while len(found) < 12:
        if day.weekday() == rhythm.weekday:
            moment = first_at_or_after(day, rhythm.hour, rhythm.zone)
            if moment - rhythm.start >= timedelta(hours=72):
                found.append(moment)
        day += DAY
    return found


def all_of(step: Step, rhythm: Rhythm) -> list[datetime]:
    """Every occurrence that the product plans."""
    found: list[datetime] = []
    while (moment := occurrence(step, rhythm, len(found) + 1)) is not None:
        found.append(moment)
    return found


@given(rhythms)
@example(Rhythm(datetime(2026, 3, 27, 9, tzinfo=UTC), COPENHAGEN, time(18), 0))
@example(Rhythm(datetime(2026, 10, 23, 16, tzinfo=UTC), COPENHAGEN, time(18), 0))
def test_check_ins_come_weekly_on_the_chosen_weekday_from_72_hours_after_the_start(
    rhythm: Rhythm,
) -> None:
    assert all_of(STEPS["weekly-check-in"], rhythm) == model_of_check_ins(rhythm)


@given(
    moments,
    zones,
    hours,
    st.integers(0, 6),
    st.integers(0, 10 * 24),
    st.sampled_from([1, 2, 4]),
    st.integers(0, 12),
    st.integers(0, 16),
)
def test_a_chosen_frequency_leaves_out_weeks_and_moves_none(
    start: datetime,
    zone: ZoneInfo,
    hour: time,
    weekday: int,
    delay: int,
    every: int,
    since: int,
    until: int,
) -> None:
    rhythm = Rhythm(start, zone, hour, weekday, timedelta(hours=delay), every, since, until)
    step = STEPS["weekly-check-in"]

    found, following = [], next_occurrence(step, rhythm, None)
    while following is not None:
        found.append(following)
        following = next_occurrence(step, rhythm, *following)

    expected, week, day = [], 0, start.astimezone(zone).date()
    while week < until:
        moment = first_at_or_after(day, hour, zone) if day.weekday() == weekday else None
        if moment is not None and moment - start >= timedelta(hours=delay):
            week += 1
            if week <= since or (week - since) in range(0, 100, every):
                expected.append((moment, week))
        day += DAY
    assert found == expected


@given(rhythms, zones, hours, st.integers(0, 6))
def test_once_the_first_week_counts_no_choice_changes_which_week_a_day_is_in(
    rhythm: Rhythm, zone: ZoneInfo, hour: time, weekday: int
) -> None:
    began = week_one(rhythm)
    changed = replace(rhythm, zone=zone, hour=hour, weekday=weekday, week_one=began)

    for number, moment in enumerate(all_of(STEPS["weekly-check-in"], changed)):
        days = (moment.astimezone(zone).date() - began).days
        assert days // 7 == number


@given(rhythms)
def test_the_odi_comes_the_day_after_the_check_ins_of_weeks_6_12_26_and_52(rhythm: Rhythm) -> None:
    first = model_of_check_ins(rhythm)[0].astimezone(rhythm.zone).date()

    days = [first + DAY * (7 * (week - 1) + 1) for week in (6, 12, 26, 52)]

    expected = [first_at_or_after(day, rhythm.hour, rhythm.zone) for day in days]
    assert all_of(STEPS["odi"], rhythm) == expected


@given(rhythms)
def test_the_first_days_questions_come_at_the_chosen_hour_of_their_day(rhythm: Rhythm) -> None:
    first = rhythm.start.astimezone(rhythm.zone).date()

    for key, day in (("odi-baseline", 1), ("intake", 2), ("intake-more", 8)):
        expected = first_at_or_after(first + DAY * day, rhythm.hour, rhythm.zone)
        assert all_of(STEPS[key], rhythm) == [expected]


@given(rhythms)
def test_what_is_asked_at_the_start_is_asked_once(rhythm: Rhythm) -> None:
    assert all_of(STEPS["start-back"], rhythm) == [rhythm.start]


@given(rhythms, st.integers(0, 400))
def test_after_a_pause_each_step_goes_on_with_its_next_time_and_nothing_is_made_up_for(
    rhythm: Rhythm, days: int
) -> None:
    now = rhythm.start + DAY * days

    for step in STEPS.values():
        left = [(m, n) for n, m in enumerate(all_of(step, rhythm), start=1) if m > now]
        assert next_occurrence(step, rhythm, now) == (left[0] if left else None)


@given(rhythms, st.integers(1, 11))
def test_the_next_occurrence_is_counted_on(rhythm: Rhythm, number: int) -> None:
    step = STEPS["weekly-check-in"]
    done = occurrence(step, rhythm, number)
    assert done is not None

    following = next_occurrence(step, rhythm, done, number + 1)

    assert following == (occurrence(step, rhythm, number + 1), number + 1)


def test_the_pathway_says_how_long_the_first_check_in_waits() -> None:
    assert check_in_delay(PATHWAY) == timedelta(hours=72)
