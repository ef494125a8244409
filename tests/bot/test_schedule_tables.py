"""What comes when, as tables that a person can check against a calendar: tests/golden/schedule."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from backtrace.definitions import shipped_library
from bot.conversation.dates import months_later
from bot.schedule import Rhythm, at_local, check_in_delay, next_occurrence, reached
from bot.times import end_of, read_ends
from flows.model import Step
from tests.bot.house import House
from trajectory import tables

Golden = Callable[[str, str], None]
COPENHAGEN, NEW_YORK = ZoneInfo("Europe/Copenhagen"), ZoneInfo("America/New_York")
PATHWAY = shipped_library().pathway("low-back-pain")
EIGHTEEN, HALF_PAST_TWO = time(18), time(2, 30)
SUNDAY = 6


def shown(moment: datetime, zone: ZoneInfo) -> str:
    """Local time with offset, then UTC."""
    there, everywhere = moment.astimezone(zone), moment.astimezone(UTC)
    return f"{there:%a %Y-%m-%d %H:%M %z}  {everywhere:%Y-%m-%d %H:%M} UTC"


def course(day: date, hour: time = EIGHTEEN, weekday: int = 0, **chosen: Any) -> str:
    """Everything that comes to a patient in Copenhagen who started at 10:00 on this day."""
    start = at_local(day, time(10), COPENHAGEN)
    rhythm = Rhythm(start, COPENHAGEN, hour, weekday, check_in_delay(PATHWAY), **chosen)
    found = [
        (moment, step.key, reached(step, number) if step.weeks or step.weekly_until else 0)
        for step in PATHWAY.steps
        for moment, number in all_of(step, rhythm)
    ]
    lines = [
        f"{shown(moment, COPENHAGEN)}  {key}{f' (week {week})' if week else ''}"
        for moment, key, week in sorted(found)
    ]
    return table(f"Started {day:%a %Y-%m-%d} 10:00, asked at {hour:%H:%M}", lines)


def all_of(step: Step, rhythm: Rhythm) -> Iterable[tuple[datetime, int]]:
    """Every occurrence that the patient's choice leaves in place."""
    following = next_occurrence(step, rhythm, None)
    while following is not None:
        yield following
        following = next_occurrence(step, rhythm, *following)


def table(title: str, lines: Iterable[str]) -> str:
    return "\n".join([title, *lines, ""])


def test_both_clock_changes_in_copenhagen(golden: Golden) -> None:
    starts = (date(2026, 10, 5), date(2027, 3, 1), date(2027, 10, 4))

    golden("schedule/copenhagen.txt", "\n".join(map(course, starts)))


def test_an_hour_that_spring_skips_and_autumn_repeats(golden: Golden) -> None:
    """Nobody can choose it (the quiet hours); it shows that the rule holds at the gap itself."""
    starts = (date(2026, 10, 5), date(2027, 3, 1), date(2027, 10, 4))
    courses = [course(start, HALF_PAST_TWO, SUNDAY) for start in starts]

    golden("schedule/copenhagen-half-past-two.txt", "\n".join(courses))


def test_a_course_that_starts_on_a_leap_day_and_one_across_it(golden: Golden) -> None:
    starts, crosses = course(date(2028, 2, 29)), course(date(2028, 2, 7))

    golden("schedule/leap-day.txt", f"{starts}\n{crosses}")


def test_every_month_is_every_four_weeks(golden: Golden) -> None:
    golden(
        "schedule/every-four-weeks.txt",
        course(date(2027, 1, 25), every=4, since=1, until=52),
    )


def test_calendar_months_end_on_the_last_day_of_a_shorter_month(golden: Golden) -> None:
    days = [date(2027, 1, 31), date(2028, 1, 31), date(2027, 8, 31), date(2027, 11, 30)]

    lines = [
        f"{now.astimezone(COPENHAGEN):%Y-%m-%d}  {words:<17} "
        f"pause until {paused.astimezone(COPENHAGEN):%Y-%m-%d %H:%M}, "
        f"sharing until {months_later(now, months, COPENHAGEN).astimezone(COPENHAGEN):%Y-%m-%d}"
        for now in (at_local(day, time(10), COPENHAGEN) for day in days)
        for words, months in (("for a month", 1), ("for three months", 3))
        if (ends := read_ends(words)) and (paused := end_of(ends, now, COPENHAGEN, time(8)))
    ]

    golden("schedule/months.txt", table("Asked on, and until when", lines))


def openings(house: House, zone_of: Callable[[datetime], ZoneInfo]) -> Iterable[str]:
    for row in house.rows(tables.core(tables.Session)):
        yield f"{shown(row.opened_at, zone_of(row.opened_at))}  {row.flow}"


def live(house: House, days: int) -> None:
    """Birgit answers whatever comes, at once."""
    for _ in range(days * 2):
        house.wait(hours=12)
        house.answer_all()
        while any(row.status == "waiting" for row in house.rows(tables.core(tables.Session))):
            house.write("skip")
            house.answer_all()


def test_a_patient_who_flies_to_new_york_and_back(light_house: House, golden: Golden) -> None:
    """Between the two clock changes: the clocks go back a week earlier in Copenhagen."""
    house = light_house
    house.clock.set(at_local(date(2026, 10, 12), time(8, 30), COPENHAGEN))
    flies = at_local(date(2026, 10, 26), time(20, 30), COPENHAGEN)
    returns = at_local(date(2026, 11, 9), time(14, 30), NEW_YORK)
    house.enrol(pathway="low-back-pain")
    house.answer_all()

    live(house, 14)
    house.wait(seconds=(flies - house.clock.now()).total_seconds())
    for place, days in (("New York", 13), ("Copenhagen", 21)):
        house.write(f"I am in {place}")
        house.write("yes")
        house.settle()
        live(house, days)
        if place == "New York":
            house.wait(seconds=(returns - house.clock.now()).total_seconds())

    lines = openings(house, lambda at: NEW_YORK if flies <= at < returns else COPENHAGEN)
    title = "In Copenhagen; from Mon 2026-10-26 20:30 to Mon 2026-11-09 20:30 in New York"
    golden("schedule/new-york.txt", table(title, lines))
