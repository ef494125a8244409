"""When an open questionnaire reminds and runs out, over the night that the clocks change."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.bot.house import CHECK_IN, House
from trajectory import tables


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


def ends(house: House) -> dict[str, datetime]:
    return {row.key: row.at for row in house.due() if row.kind == "expire"}


def pressed(house: House, label: str) -> None:
    """The newest button of this label."""
    buttons = [button for sent in house.telegram.sent for button in sent.parcel.rendered.buttons]
    house.press(next(button for button in reversed(buttons) if button.label == label))
    house.settle()


@pytest.fixture
def put_aside(house: House) -> House:
    """An answer was changed to a new symptom while the next questionnaire was open."""
    house.clock.set(BEFORE_SPRING)
    patient = house.enrol()
    house.ask(patient.patient_id, CHECK_IN)
    for label in ("0", "0", "0"):
        pressed(house, label)
    yes, no = house.telegram.sent[-1].parcel.rendered.buttons
    house.press(no)
    house.ask(patient.patient_id, "start-back")
    house.press(yes)
    house.settle()
    return house


@pytest.fixture
def emergency(put_aside: House) -> House:
    """And it is one to call 112 for."""
    pressed(put_aside, "Yes")
    assert put_aside.telegram.sent[-1].text.startswith("Call 112")
    return put_aside


def test_questions_about_signs_that_a_no_ended_are_asked_anew_after_a_yes(put_aside: House) -> None:
    buttons = [
        button for sent in put_aside.telegram.sent for button in sent.parcel.rendered.buttons
    ]
    no, yes = (next(b for b in buttons if b.label == label) for label in ("No", "Yes"))
    for changed in (no, yes):
        put_aside.press(changed)
        put_aside.settle()
    flows = [row.flow for row in put_aside.rows(tables.core(tables.Session))]
    assert sorted(flows) == ["red-flags", "red-flags", "start-back", CHECK_IN]
    assert put_aside.telegram.sent[-1].parcel.rendered.text.count("1/8") == 1


def statuses(house: House) -> dict[str, tuple[str, datetime | None]]:
    rows = house.rows(tables.core(tables.Session))
    return {row.flow: (row.status, row.closed_at) for row in rows}


def test_what_was_put_aside_for_an_emergency_runs_out_in_its_time(emergency: House) -> None:
    """Though nobody has looked at it: the clinic sees what was answered, and nothing is open."""
    emergency.wait(days=6)
    assert statuses(emergency)["start-back"] == ("waiting", None)
    emergency.wait(days=2)
    assert statuses(emergency)["start-back"] == ("expired", at(4, 3, 8))
    pressed(emergency, "Yes")  # a doctor has looked
    assert statuses(emergency)["start-back"] == ("expired", at(4, 3, 8))
    assert ends(emergency) == {}


def test_what_was_put_aside_goes_on_with_the_time_that_it_had(emergency: House) -> None:
    emergency.wait(hours=4)
    pressed(emergency, "Yes")  # a doctor has looked
    assert ends(emergency) == {"expire": at(4, 3, 8)}
    assert statuses(emergency)["start-back"] == ("waiting", None)


def test_what_was_put_aside_moves_with_the_patients_clock(put_aside: House) -> None:
    assert ends(put_aside)["expire-aside"] == at(4, 3, 8)
    put_aside.write("change my time zone to Kolkata")
    put_aside.write("yes")
    assert ends(put_aside)["expire-aside"] == at(4, 3, 9)


def test_a_score_belongs_to_the_evening_of_its_answers_though_it_is_counted_after_a_stop(
    house: House,
) -> None:
    house.clock.set(at(11, 2, 17))
    patient = house.enrol()
    house.ask(patient.patient_id, "odi")
    for _ in range(9):
        house.press(house.telegram.sent[-1].parcel.rendered.buttons[2])
        house.settle()
    house.write("stop")
    house.settle()
    house.wait(days=15)
    house.write("start")
    house.settle()
    (score,) = [each for each in house.timeline(patient.patient_id) if each.kind == "score"]
    assert (score.at, score.recorded_at) == (at(11, 3, 3), house.clock.now())
