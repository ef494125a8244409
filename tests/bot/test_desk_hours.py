from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from backtrace.doctor import Verdict, examine
from backtrace.furnishing import clinic_of
from backtrace.settings import Settings
from bot.desk_hours import BadDeskHours, DeskHours

COPENHAGEN = ZoneInfo("Europe/Copenhagen")
HOURS = DeskHours.read("mon-thu 08:00-15:00, Fri 9:00-12:00")


def local(day: int, clock: str) -> datetime:
    """A day of the last week of November 2026, whose 23rd is a Monday."""
    return datetime.fromisoformat(f"2026-11-{day} {clock}").replace(tzinfo=COPENHAGEN)


@pytest.mark.parametrize(
    ("now", "opens", "closes"),
    [
        (local(23, "10:00"), local(23, "08:00"), local(23, "15:00")),
        (local(23, "06:00"), local(23, "08:00"), local(23, "15:00")),
        (local(23, "15:00"), local(24, "08:00"), local(24, "15:00")),
        (local(26, "20:00"), local(27, "09:00"), local(27, "12:00")),
        (local(27, "12:00"), local(30, "08:00"), local(30, "15:00")),
        (local(29, "23:59"), local(30, "08:00"), local(30, "15:00")),
    ],
)
def test_the_next_look_is_in_the_hours_that_are_on_or_come_next(
    now: datetime, opens: datetime, closes: datetime
) -> None:
    assert HOURS.next_look(now) == (opens, closes)


def test_one_day_a_week_comes_again_after_a_week() -> None:
    monday = DeskHours.read("mon 08:00-09:00")

    assert monday.next_look(local(23, "09:00"))[0] == local(30, "08:00")


@pytest.mark.parametrize(
    "text", ["", "mon", "8-15", "mon-fri 8-15", "mon-fri 25:00-26:00", "fri-mon 08:00-15:00",
             "mon 15:00-08:00", "mandag 08:00-15:00", "mon-fri 08:00-15:00,"],
)  # fmt: skip
def test_hours_that_cannot_be_read_are_refused_with_an_example(text: str) -> None:
    with pytest.raises(BadDeskHours, match="mon-fri 08:00-15:00"):
        DeskHours.read(text)


def test_the_setting_is_read_once_and_a_wrong_one_refused() -> None:
    clinic = clinic_of(Settings(desk_hours="mon-thu 08:00-15:00, fri 9:00-12:00"), mails=True)

    assert clinic.desk_hours == HOURS
    assert clinic_of(Settings(), mails=True).desk_hours is None
    with pytest.raises(ValidationError, match="write it as"):
        Settings(desk_hours="office hours")
    with pytest.raises(ValidationError, match="Europe/Copenhagen"):
        Settings(timezone="Copenhagen")


@pytest.mark.parametrize(
    ("hours", "verdict"), [("", Verdict.OFF), ("mon-fri 08:00-15:00", Verdict.OK)]
)
def test_the_doctor_says_whether_patients_can_be_promised_a_time(
    hours: str, verdict: Verdict
) -> None:
    found = {finding.what: finding for finding in examine(Settings(desk_hours=hours))}

    assert found["clinic's desk"].verdict is verdict
