"""Time passes from one due moment to the next, and everything happens at its own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.channels import NotSent, Trouble
from bot.conversation.effects import SetDue
from tests.bot.house import CHECK_IN, MORNING, House

COPENHAGEN = ZoneInfo("Europe/Copenhagen")


def local(moment: datetime) -> str:
    return moment.astimezone(COPENHAGEN).strftime("%a %d %b %H:%M")


def test_the_pathway_goes_on_at_its_own_times(house: House) -> None:
    """Jonas is enrolled on a Tuesday at ten and answers nothing."""
    house.enrol(pathway="low-back-pain")
    house.settle()
    assert next_check_in(house) == "Mon 30 Nov 18:00"
    house.wait(days=14)
    assert house.clock.now() == MORNING + timedelta(days=14)
    assert next_check_in(house) == "Mon 14 Dec 18:00"
    asked = [local(sent.at) for sent in house.telegram.sent]
    assert asked[0] == "Tue 24 Nov 10:00", "the safety gate, at once"
    assert all("08:00" <= moment[-5:] < "21:00" for moment in asked)


def next_check_in(house: House) -> str:
    (row,) = [row for row in house.due() if row.key.endswith(CHECK_IN)]
    return local(row.at)


def test_an_unanswered_check_in_reminds_once_and_expires(house: House) -> None:
    birgit = house.enrol()
    house.set_due(birgit.patient_id)
    house.wait(days=7)
    assert [sent.at - MORNING for sent in house.telegram.sent] == [
        timedelta(0),
        # 20 hours later it is six in the morning.
        timedelta(hours=22),
    ]
    assert house.due() == []


def test_many_short_steps_lead_where_one_long_one_does(house: House) -> None:
    house.enrol("at once", pathway="low-back-pain")
    house.wait(days=15)
    at_once = [(sent.at - MORNING, sent.text) for sent in house.telegram.sent]
    house.write("stop", "at once")
    house.wait(days=6)
    begun = house.clock.now()
    assert begun - MORNING == timedelta(weeks=3), "the same weekday again"
    house.telegram.sent.clear()
    house.enrol("by hours", pathway="low-back-pain")
    for _ in range(15 * 24):
        house.wait(hours=1)
    assert [(sent.at - begun, sent.text) for sent in house.telegram.sent] == at_once
    assert len(at_once) > 5


def test_everything_due_before_the_end_and_nothing_after_it(house: House) -> None:
    birgit, jonas = house.enrol(), house.enrol("jonas")
    house.set_due(birgit.patient_id, MORNING + timedelta(hours=2))
    house.set_due(jonas.patient_id, MORNING + timedelta(hours=2, microseconds=1))
    house.wait(hours=2)
    assert [sent.parcel.address for sent in house.telegram.sent] == ["birgit"]
    assert house.clock.now() == MORNING + timedelta(hours=2)


def test_a_row_for_a_session_that_is_over_does_nothing(house: House) -> None:
    birgit = house.enrol()
    house.set_row(
        birgit.patient_id, SetDue("remind", "remind", MORNING, 4711, payload={"number": 0})
    )
    house.wait(days=1)
    assert house.telegram.sent == []
    assert house.due() == []


@pytest.mark.parametrize("hour", [19, 23, 3, 6])
def test_at_night_nobody_is_woken(house: House, hour: int) -> None:
    birgit = house.enrol(pathway="low-back-pain")
    house.answer_all()
    house.telegram.sent.clear()
    at = datetime(2026, 11, 25, hour, 30, tzinfo=UTC)
    payload = {"step": CHECK_IN, "number": 1}
    house.set_row(birgit.patient_id, SetDue(f"step:{CHECK_IN}", "step", at, payload=payload))
    house.wait(days=3)
    moments = [sent.at for sent in house.telegram.sent if sent.at >= at]
    assert moments
    assert all(8 <= moment.astimezone(COPENHAGEN).hour < 21 for moment in moments)


def test_a_crash_between_deciding_and_sending_loses_nothing(house: House) -> None:
    birgit = house.enrol()
    house.set_due(birgit.patient_id)
    assert house.dispatch() == 1
    again = House(house.database, house.deployment.ring)
    again.settle()
    assert len(again.telegram.sent) == 1


def test_a_crash_while_sending_loses_nothing(house: House) -> None:
    birgit = house.enrol()
    house.set_due(birgit.patient_id)
    house.telegram.trouble = [SystemExit()]
    with pytest.raises(SystemExit):
        house.settle()
    again = House(house.database, house.deployment.ring)
    again.wait(minutes=5)
    assert len(again.telegram.sent) == 1


def test_retries_happen_while_time_passes(house: House) -> None:
    birgit = house.enrol()
    house.telegram.trouble = [NotSent(Trouble.RETRY)] * 2
    house.set_due(birgit.patient_id)
    house.wait(hours=1)
    assert [sent.at - MORNING for sent in house.telegram.sent] == [timedelta(seconds=90)]
