"""The questions about warning signs: whatever comes in between, none of it is lost."""

from __future__ import annotations

from bot.messages import Button
from tests.bot.house import House
from trajectory import cases
from trajectory.cases import Kind


def buttons(house: House) -> tuple[Button, ...]:
    house.settle()
    return house.telegram.sent[-1].parcel.rendered.buttons


def put_aside_check_in(house: House, patient_id: int) -> Button:
    """A screen comes before an open check-in; a button of that check-in."""
    house.ask(patient_id, "safety-gate")
    yes, no = buttons(house)
    house.press(no)
    house.ask(patient_id)
    pending = buttons(house)[0]
    house.press(yes)
    return pending


def case_kinds(house: House) -> list[Kind]:
    with house.database.read() as connection:
        return [case.kind for case in cases.listed(connection)]


def flags(house: House, patient_id: int) -> list[str | None]:
    return [e.item for e in house.timeline(patient_id) if e.kind == "red-flag"]


def said(house: House) -> list[str]:
    house.settle()
    return house.telegram.texts("birgit")


def share_alerts(house: House) -> None:
    for text in ("share with my physio Anne Berg anne@clinic.dk", "A", "yes"):
        house.write(text)
        house.settle()


def alerts(house: House) -> list[str]:
    house.settle()
    return house.email.texts("anne@clinic.dk")[1:]


def test_a_button_of_what_was_put_aside_asks_the_screens_question_again(house: House) -> None:
    ref = house.enrol()
    pending = put_aside_check_in(house, ref.patient_id)
    asked = said(house)[-1]

    house.press(pending)

    assert said(house)[-1].splitlines()[-1] == asked.splitlines()[-1]
    assert "pain" not in dict(house.answers(ref.patient_id))


def test_a_screen_can_be_finished_whatever_is_pressed_meanwhile(house: House) -> None:
    ref = house.enrol()
    pending = put_aside_check_in(house, ref.patient_id)
    for _ in range(7):
        house.press(pending)
        house.press(buttons(house)[1])

    house.press(pending)
    house.press(buttons(house)[0])

    assert len(flags(house, ref.patient_id)) == 1
    assert [row.status for row in house.inbox() if row.status == "failed"] == []


def test_a_screen_left_unanswered_alerts_who_may_be_alerted(house: House) -> None:
    ref = house.enrol()
    share_alerts(house)
    before = len(alerts(house))
    house.ask(ref.patient_id, "red-flags")

    house.wait(days=4)

    assert flags(house, ref.patient_id) == ["new-symptoms"]
    assert len(alerts(house)) == before + 1


def test_a_screen_that_ran_out_in_a_pause_alerts_at_its_end(house: House) -> None:
    ref = house.enrol()
    share_alerts(house)
    before = len(alerts(house))
    put_aside_check_in(house, ref.patient_id)
    house.write("pause")

    house.wait(days=20)

    assert flags(house, ref.patient_id) == ["new-symptoms"]
    assert len(alerts(house)) == before + 1


def test_an_opt_out_within_a_screen_is_on_the_clinics_list(house: House) -> None:
    ref = house.enrol()
    share_alerts(house)
    before = len(alerts(house))
    house.ask(ref.patient_id, "red-flags")
    house.settle()
    told = len(said(house))

    house.write("stop")

    urgent, confirmed = said(house)[told:]
    assert "today" in urgent
    assert confirmed.startswith("Stopped")
    assert case_kinds(house) == [Kind.RED_FLAG]
    assert flags(house, ref.patient_id) == ["new-symptoms"]
    assert len(alerts(house)) == before + 1
    house.write("stop")
    assert flags(house, ref.patient_id) == ["new-symptoms"]


def test_an_opt_out_before_a_screen_that_waits_is_on_the_clinics_list(house: House) -> None:
    ref = house.enrol()
    house.ask(ref.patient_id, "safety-gate")
    yes, _ = buttons(house)
    house.write("send my summary to my physio")
    house.press(yes)

    house.write("stop")

    assert flags(house, ref.patient_id) == ["new-symptoms"]


def test_an_opt_out_without_a_screen_is_only_that(house: House) -> None:
    ref = house.enrol()
    house.ask(ref.patient_id)

    house.write("stop")

    assert not case_kinds(house)


def test_what_stands_open_is_asked_once_after_the_quiet_day(house: House) -> None:
    ref = house.enrol()
    house.write("I want to die")
    house.ask(ref.patient_id)
    before = len(said(house))

    house.wait(hours=30)

    assert len([text for text in said(house)[before:] if "pain" in text]) == 1


def test_what_follows_a_session_that_ran_out_is_asked_once(house: House) -> None:
    ref = house.enrol()
    house.ask(ref.patient_id)
    house.ask(ref.patient_id, "odi")
    house.write("wrong number")
    house.wait(days=4)
    before = len(said(house))

    house.write("B")

    assert len([text for text in said(house)[before:] if "back hurt right now" in text]) == 1


def test_start_in_an_emergency_asks_once_whether_a_doctor_has_looked(house: House) -> None:
    house.enrol()
    house.write("I can't feel it when I pee")
    house.write("stop")
    house.wait(hours=10)
    before = len(said(house))

    house.write("start")
    house.wait(minutes=30)

    assert len([text for text in said(house)[before:] if "Has a doctor" in text]) == 1
