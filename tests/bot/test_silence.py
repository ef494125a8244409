"""Patients who do not answer: fewer questions, a case on the list, and a word when they return."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from bot.conversation.memory import Memory
from bot.messages import Button
from tests.bot.beginnings import begin
from tests.bot.house import House
from trajectory import cases, tables
from trajectory.cases import Kind
from trajectory.patients import BODY


def enrol(house: House, language: str = "en", silent: int = 0) -> int:
    """A patient who answered the start, and nothing in so many days since."""
    return begin(house, answered_the_start, language, silent)


def answered_the_start(house: House, language: str, silent: int) -> int:
    patient = house.enrol(pathway="low-back-pain", language=language)
    house.answer_all()
    house.wait(days=silent)
    return patient.patient_id


def say(house: House, words: str) -> None:
    house.write(words)
    house.settle()


def last(house: House) -> str:
    return house.telegram.sent[-1].text


def live(house: House, days: int) -> None:
    """So many days, in which the patient now and then says something."""
    for _ in range(days // 25):
        house.wait(days=25)
        say(house, "thanks")


def memory(house: House, patient_id: int) -> Memory:
    with house.database.read() as connection:
        row = connection.execute(select(tables.core(tables.Conversation))).one()
    return Memory.from_json(house.sealer(patient_id).open(BODY, patient_id, row.body))


def case_kinds(house: House) -> list[Kind]:
    with house.database.read() as connection:
        return [case.kind for case in cases.listed(connection)]


def planned(house: House) -> list[str]:
    return sorted(row.key for row in house.due() if row.kind == "step")


def how_often(house: House) -> list[Button]:
    """The buttons of the newest question how often."""
    asked = [s for s in house.telegram.sent if len(s.parcel.rendered.buttons) == 3]
    return list(asked[-1].parcel.rendered.buttons)


def silent_until_asked(house: House) -> tuple[int, list[Button]]:
    """A patient who answered the start and is silent until asked how often; those buttons."""
    return begin(house, asked_how_often)


def asked_how_often(house: House) -> tuple[int, list[Button]]:
    patient = answered_the_start(house, "en", silent=0)
    for _ in range(40):
        house.wait(days=1)
        if house.telegram.sent[-1].text.startswith("It has been quiet"):
            return patient, how_often(house)
    raise AssertionError("never asked")


def test_after_four_silent_check_ins_nothing_is_planned_and_the_list_shows_it(
    house: House,
) -> None:
    enrol(house, silent=50)
    said = len(house.telegram.sent)

    house.wait(days=60)

    assert planned(house) == []
    assert len(house.telegram.sent) == said
    assert case_kinds(house) == [Kind.SILENT]


@pytest.mark.parametrize("words", ["hello", "start", "6"])
def test_any_message_brings_the_questions_back_with_a_word(house: House, words: str) -> None:
    enrol(house, silent=50)

    house.write(words)
    house.settle()

    assert house.telegram.sent[-1].text.startswith("Good to hear from you.")
    assert "step:weekly-check-in" in planned(house)
    assert case_kinds(house) == []


def test_stop_after_silence_is_only_a_stop(house: House) -> None:
    enrol(house, silent=50)

    house.write("stop")
    house.settle()

    assert house.telegram.sent[-1].text.startswith("Stopped.")
    assert planned(house) == []
    assert case_kinds(house) == []


def test_who_stopped_in_silence_is_asked_again_after_start(house: House) -> None:
    enrol(house, silent=50)
    say(house, "stop")
    stopped = house.clock.now()

    say(house, "start")
    house.wait(days=15)

    assert "step:weekly-check-in" in planned(house)
    assert any("7 days" in sent.text for sent in house.telegram.sent if sent.at > stopped)


def test_who_wants_no_weekly_questions_is_not_silent(house: House) -> None:
    enrol(house)
    say(house, "no more weekly questions")
    muted = house.clock.now()

    house.wait(days=55)

    asked = [sent for sent in house.telegram.sent if sent.at > muted]
    assert not any(sent.text.startswith("It has been quiet") for sent in asked)
    assert any("about your day today" in s.text and s.at.date() > date(2027, 1, 1) for s in asked)
    assert case_kinds(house) == []
    assert "step:odi" in planned(house)


def test_what_an_emergency_holds_back_is_no_silence(house: House) -> None:
    enrol(house)
    say(house, "I am numb between my legs and cannot pee")

    house.wait(days=55)

    assert case_kinds(house) == [Kind.RED_FLAG]
    assert planned(house) != []


@pytest.mark.parametrize("words", ["pause for 2 weeks", "I don't want to live like this any more"])
def test_what_runs_out_while_nothing_is_asked_is_no_silence(house: House, words: str) -> None:
    patient = enrol(house)
    while not any(row.kind == "remind" and "7 days" in last(house) for row in house.due()):
        house.wait(days=1)
    (expiry,) = [row.at for row in house.due() if row.kind == "expire"]
    house.clock.set(expiry - timedelta(hours=2))
    said = len(house.timeline(patient))
    say(house, words)
    counted = memory(house, patient).unanswered

    house.wait(hours=4)

    assert "missed" in [entry.kind for entry in house.timeline(patient)[said:]]
    assert memory(house, patient).unanswered == counted


@pytest.mark.parametrize("language", ["en", "da"])
@pytest.mark.parametrize(("away", "asked"), [(1, True), (8, False)])
def test_a_check_in_that_runs_out_after_stop_is_no_miss(
    house: House, language: str, away: int, asked: bool
) -> None:
    patient = enrol(house, language)
    while "7 da" not in last(house):
        house.wait(hours=12)
    missed = [entry for entry in house.timeline(patient) if entry.kind == "missed"]
    say(house, "stop")

    house.wait(days=away)
    say(house, "start")

    assert memory(house, patient).unanswered == 0
    assert [e for e in house.timeline(patient) if e.kind == "missed"] == missed
    assert any(row.kind == "expire" for row in house.due()) is asked


@pytest.mark.parametrize(
    ("language", "words", "resume"),
    [("en", "pause for 1 week", ""), ("en", "pause for 1 week", "resume"),
     ("da", "hold pause i en uge", "")],
)  # fmt: skip
def test_a_check_in_that_grows_stale_in_a_pause_is_no_miss(
    house: House, language: str, words: str, resume: str
) -> None:
    patient = house.enrol(pathway="low-back-pain", language=language).patient_id
    for _ in range(14):
        if "weekly-check-in" in [each.flow for each in memory(house, patient).waiting]:
            break
        house.wait(hours=12)
    else:
        pytest.fail("no check-in waits behind another question")
    counted = memory(house, patient).unanswered
    say(house, words)

    house.wait(days=5)
    say(house, resume) if resume else house.wait(days=3)

    missed = [entry.code for entry in house.timeline(patient) if entry.kind == "missed"]
    assert "not-asked" not in missed
    assert memory(house, patient).unanswered == counted
    assert "weekly-check-in" not in [each.flow for each in memory(house, patient).waiting]


def test_without_weekly_questions_week_twelve_asks_nothing_and_start_asks_how_often(
    house: House,
) -> None:
    enrol(house)
    say(house, "no more weekly questions")
    live(house, days=100)
    assert not [s for s in house.telegram.sent if "Every month" in str(s.parcel.rendered)]

    say(house, "start")

    assert [button.label for button in how_often(house)][1] == "Every month"


def test_who_wants_no_questions_gets_a_goodbye_and_may_begin_anew(house: House) -> None:
    patient = enrol(house)
    say(house, "no more weekly questions")
    say(house, "stop the questionnaires")
    live(house, days=400)
    assert memory(house, patient).over == "said"
    say(house, "pause for 3 weeks")

    say(house, "start")

    kept = memory(house, patient)
    assert (kept.over, kept.muted, kept.paused_until, kept.lapsed) == ("", [], "", None)
    assert "pause-over" not in [row.key for row in house.due()]
    assert kept.waiting != []
    assert house.telegram.sent[-1].parcel.rendered.buttons


def test_a_last_offer_that_is_not_wanted_does_not_put_off_the_goodbye(house: House) -> None:
    patient = enrol(house)
    say(house, "no more weekly questions")
    live(house, days=350)
    while memory(house, patient).over != "again":
        house.wait(days=1)

    say(house, "stop the questionnaires")

    assert memory(house, patient).over == "said"
    assert "again:odi" not in [row.key for row in house.due()]


def test_one_answer_to_anything_ends_the_count(house: House) -> None:
    silent_until_asked(house)
    house.write("thanks")

    house.wait(days=12)

    assert case_kinds(house) == []
    assert planned(house) != []


def test_the_buttons_count_also_when_the_next_check_in_has_come(house: House) -> None:
    patient, (_, every_month, _) = silent_until_asked(house)
    house.wait(days=5)

    house.press(every_month)
    house.settle()

    kinds = [entry.code for entry in house.timeline(patient) if entry.kind == "rhythm"]
    assert kinds == ["monthly"]
    before = house.clock.now()
    house.wait(days=26)
    asked = [s.at for s in house.telegram.sent if "7 days" in s.text and s.at > before]
    assert len({moment.date() for moment in asked}) <= 3


def test_who_ends_the_check_ins_may_have_them_again(house: House) -> None:
    _, (_, _, end) = silent_until_asked(house)
    house.press(end)
    house.settle()
    house.write("no")
    house.settle()
    assert planned(house) == []

    house.write("start")
    house.settle()
    house.press(how_often(house)[0])
    house.settle()

    assert "step:weekly-check-in" in planned(house)


def test_a_missed_check_in_counts_as_one_that_was_due(house: House) -> None:
    patient = enrol(house)
    house.wait(days=24)

    missed = [entry for entry in house.timeline(patient) if entry.kind == "missed"]

    assert missed
    assert {entry.flow for entry in missed} == {"weekly-check-in"}
    assert {entry.author for entry in missed} == {"system"}


def test_a_second_tap_on_how_often_does_nothing_more(house: House) -> None:
    patient, (_, every_month, _) = silent_until_asked(house)

    for _ in range(2):
        house.press(every_month)
        house.settle()

    assert [e.code for e in house.timeline(patient) if e.kind == "rhythm"] == ["monthly"]


def test_a_button_that_is_no_answer_to_how_often_ends_nothing(house: House) -> None:
    patient, (weekly, monthly, _) = silent_until_asked(house)
    house.wait(days=5)
    before = planned(house)

    house.press(monthly._replace(data=monthly.data.replace("monthly", "daily")))
    house.settle()

    assert [e.code for e in house.timeline(patient) if e.kind == "rhythm"] == []
    assert planned(house) == before
    house.press(weekly)
    assert [e.code for e in house.timeline(patient) if e.kind == "rhythm"] == ["weekly"]


def test_a_dialogue_that_has_begun_since_goes_on(house: House) -> None:
    patient, (_, every_month, _) = silent_until_asked(house)
    house.write("add my physio")
    house.settle()

    house.press(every_month)
    house.settle()
    house.write("Anne Berg anne@clinic.dk")
    house.settle()

    assert [e.code for e in house.timeline(patient) if e.kind == "rhythm"] == ["monthly"]
    assert "Anne Berg is now in your care team" in "".join(house.telegram.texts())


def test_what_the_clinic_asks_by_name_reaches_a_quiet_patient(house: House) -> None:
    birgit = enrol(house, silent=50)

    house.ask(birgit, "start-back")

    assert "1/9" in house.telegram.sent[-1].text
