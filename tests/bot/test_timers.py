"""When an open questionnaire reminds and runs out, over the night that the clocks change."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.bot.house import CHECK_IN, House


def at(month: int, day: int, hour: int) -> datetime:
    return datetime(2027, month, day, hour, tzinfo=UTC)


BEFORE_SPRING = at(3, 27, 9)
"""10:00 in Copenhagen, the day before the clocks go forward."""
BEFORE_AUTUMN = at(10, 30, 8)
"""10:00 in Copenhagen, the day before the clocks go back."""


def timers(house: House) -> dict[str, datetime]:
    return {row.kind: row.at for row in house.due() if row.kind in ("remind", "expire")}


@pytest.mark.parametrize(
    ("opened_at", "reminds", "expires"),
    [
        (BEFORE_SPRING, at(3, 28, 8), at(4, 3, 8)),
        (BEFORE_AUTUMN, at(10, 31, 9), at(11, 6, 9)),
    ],
)
def test_a_questionnaire_counts_days_at_the_same_hour(
    house: House, opened_at: datetime, reminds: datetime, expires: datetime
) -> None:
    house.clock.set(opened_at)
    patient = house.enrol()

    house.ask(patient.patient_id, "start-back")

    assert timers(house) == {"remind": reminds, "expire": expires}


def test_a_check_in_counts_hours(house: House) -> None:
    house.clock.set(BEFORE_AUTUMN)
    patient = house.enrol()

    house.ask(patient.patient_id, CHECK_IN)

    # 20 hours on it is 05:00: the reminder waits for 08:00.
    assert timers(house) == {
        "remind": at(10, 31, 7),
        "expire": at(11, 2, 8),
    }
