"""Answers from paper, the telephone and the tablet: what is kept of them, and what follows."""

from __future__ import annotations

from datetime import timedelta

import orjson
import pytest

from bot.desk import answers, sheets, talking
from bot.desk.sheets import Mode, NotTaken, Refused
from bot.desk.worker import Worker
from bot.held import NoSuchPatient
from bot.loading import open_session
from flows.forms import Fault, Left, Mark
from templates.pages import telling_of
from tests.bot.desk.forms import KIRSTEN, ODI, PER, check_in, days, enter, odi, signs, told
from tests.bot.house import CHECK_IN, House
from trajectory import cases, tables
from trajectory.cases import Kind
from trajectory.measures import measures_of
from trajectory.readings import readings
from trajectory.summary import Person, summarise


def of(house: House, patient_id: int, kind: str) -> list[tuple[object, ...]]:
    return [
        (each.author, each.channel, each.at, each.recorded_at)
        for each in house.timeline(patient_id)
        if each.kind == kind
    ]


def said(house: House) -> list[str]:
    house.settle()
    return house.telegram.texts("birgit")


def listed(house: House) -> list[tuple[Kind, object]]:
    with house.database.read() as connection:
        return [(case.kind, case.urgency) for case in cases.listed(connection)]


def refusal(house: House, patient_id: int, form: dict[str, Mark], **more: object) -> NotTaken:
    before = len(house.timeline(patient_id))
    with pytest.raises(NotTaken) as refused:
        enter(house, patient_id, form, **more)  # type: ignore[arg-type]
    assert len(house.timeline(patient_id)) == before
    return refused.value


# What is kept.


def test_answers_say_who_entered_them_how_and_when_they_were_given(house: House) -> None:
    patient_id = house.enrol().patient_id

    enter(house, patient_id, odi(), ago=days(3), mode=Mode.TELEPHONE)

    now = house.clock.now()
    assert of(house, patient_id, "answer") == [("staff", "telephone", now - days(3), now)] * 10
    assert of(house, patient_id, "score") == [("system", "telephone", now - days(3), now)]
    kept = [e.detail for e in house.timeline(patient_id) if e.kind == "answer"]
    assert {(each or {})["worker"] for each in kept} == {KIRSTEN.id}


def test_the_audit_names_who_entered_them(house: House) -> None:
    patient_id = house.enrol().patient_id

    enter(house, patient_id, odi())

    assert house.audited(patient_id)[-1] == "answers-entered"


def test_of_two_statements_the_higher_counts_and_both_are_kept(house: House) -> None:
    patient_id = house.enrol().patient_id

    enter(house, patient_id, odi() | {"lifting": Mark(("b", "e"))})

    (lifting,) = [e for e in house.timeline(patient_id) if e.item == "lifting"]
    assert (lifting.value, lifting.code) == (4, "e")
    assert (lifting.detail or {})["marked"] == ["b", "e"]


def test_blank_declined_and_not_applicable_are_three_things(house: House) -> None:
    patient_id = house.enrol().patient_id
    form = odi() | {
        "lifting": Mark(left=Left.BLANK),
        "walking": Mark(left=Left.DECLINED),
        "sex-life": Mark(left=Left.NOT_APPLICABLE),
    }

    stored = enter(house, patient_id, form)

    kept = {e.item: e for e in house.timeline(patient_id)}
    assert [kept[item].kind for item in ("lifting", "walking", "sex-life")] == [
        "skip", "skip", "not-applicable"
    ]  # fmt: skip
    assert (kept["lifting"].detail or {})["left"] == "blank"
    assert (kept["walking"].detail or {})["left"] == "declined"
    assert (stored.answered, stored.of) == (7, 10)
    assert (kept[None].value, (kept[None].detail or {})["reason"]) == (None, "too-few-answers")


def test_nobody_is_told_a_score_or_an_answer(house: House) -> None:
    patient_id = house.enrol().patient_id

    stored = enter(house, patient_id, odi())

    assert set(stored._fields) == {
        "session_id", "flow", "answered", "of", "mode", "at", "urgency", "asks_for", "reaches"
    }  # fmt: skip


def test_the_same_page_posted_twice_is_one(house: House) -> None:
    patient_id = house.enrol().patient_id

    first = enter(house, patient_id, odi(), mark="page")
    again = enter(house, patient_id, odi(), mark="page")

    assert again.session_id == first.session_id
    assert len(told(house, patient_id, "score")) == 1


def test_the_professionals_page_says_how_it_was_answered(house: House) -> None:
    ref = house.enrol(pathway="low-back-pain")
    enter(house, ref.patient_id, odi(), mode=Mode.TELEPHONE)
    house.wait(days=14)
    enter(house, ref.patient_id, odi("aaaaaaaaaa"), mode=Mode.PAPER)
    measures = measures_of(house.deployment.library, None)
    person = Person("Birgit H.", {}, None, "Europe/Copenhagen", "en", measures)

    summary = summarise(house.timeline(ref.patient_id), person, house.clock.now(), None)

    course = summary.course("odi")
    assert course
    assert [(point.value, point.mode) for point in course.points] == [
        (36, "telephone"),
        (0, "paper"),
    ]
    telling = telling_of(summary, "en", None, {}, {})
    assert telling.oddities(course.now) == ["on paper"]


# What is not taken.


def test_a_question_that_was_passed_over_is_named(house: House) -> None:
    patient_id = house.enrol().patient_id
    form = odi()
    del form["walking"]

    assert refusal(house, patient_id, form).faults == {"walking": Fault.OPEN}


def test_two_marks_where_no_rule_decides_are_named(house: House) -> None:
    patient_id = house.enrol().patient_id
    form = signs() | {"both-legs": Mark(("yes", "no"))}

    assert refusal(house, patient_id, form, flow="red-flags").faults == {"both-legs": Fault.TWO}


def test_an_answer_that_the_question_has_not_is_named(house: House) -> None:
    patient_id = house.enrol().patient_id
    form = odi() | {"walking": Mark(("g",)), "lifting": Mark(("a",), left=Left.BLANK)}

    faults = refusal(house, patient_id, form).faults

    assert faults == {"walking": Fault.NO_SUCH, "lifting": Fault.BOTH}


def test_an_answer_to_what_is_not_asked_by_those_before_is_named(house: House) -> None:
    patient_id = house.enrol().patient_id
    form = {
        "activity-1": Mark(words="gardening"),
        "rating-1": Mark(("4",)),
        "more-1": Mark(("no",)),
        "activity-2": Mark(words="cycling"),
    }

    faults = refusal(house, patient_id, form, flow="psfs").faults

    assert faults == {"activity-2": Fault.NOT_ASKED}


def test_no_answer_comes_from_the_future_or_from_another_decade(house: House) -> None:
    patient_id = house.enrol().patient_id

    early = refusal(house, patient_id, odi(), ago=-timedelta(minutes=1))
    late = refusal(house, patient_id, odi(), ago=days(400))

    assert (early.why, late.why) == (Refused.FUTURE, Refused.TOO_OLD)


def test_nothing_is_kept_of_somebody_who_has_not_agreed(house: House) -> None:
    patient_id = house.enrol(consented=False).patient_id

    assert refusal(house, patient_id, odi()).why is Refused.NOT_AGREED


def test_only_what_the_pathway_asks_can_be_entered(house: House) -> None:
    patient_id = house.enrol(pathway="low-back-pain").patient_id

    assert refusal(house, patient_id, odi(), flow="ndi").why is Refused.NO_SUCH_FLOW


def test_the_same_questionnaire_of_one_day_is_entered_twice_only_on_purpose(house: House) -> None:
    patient_id = house.enrol().patient_id
    enter(house, patient_id, odi(), mark="page one")

    assert refusal(house, patient_id, odi(), mark="page two").why is Refused.THERE_ALREADY
    enter(house, patient_id, odi(), mark="page two", again=True)
    assert len(told(house, patient_id, "score")) == 2


def test_nothing_is_entered_for_somebody_who_is_erased(house: House) -> None:
    with pytest.raises(NoSuchPatient):
        enter(house, 99, odi())


# Putting right what was typed.


def put_right(house: House, patient_id: int, session_id: int, form: dict[str, Mark]) -> None:
    now = house.clock.now()
    answers.correct(house.deployment, KIRSTEN, patient_id, session_id, form, now)


def test_what_was_typed_wrong_is_put_right_and_both_values_stay(house: House) -> None:
    patient_id = house.enrol().patient_id
    stored = enter(house, patient_id, odi("cbcbccbcdc"))
    house.wait(minutes=10)

    put_right(house, patient_id, stored.session_id, odi("cbfbccbcd-"))

    found = {reading.first.item: reading for reading in readings(house.timeline(patient_id))}
    assert [entry.value for entry in found["lifting"].history] == [2, 5]
    assert found["travelling"].state == "skip"
    assert found[None].value == 42.22
    assert not found[None].is_late
    assert {entry.channel for entry in found["lifting"].history} == {"paper"}


def test_where_nothing_changes_nothing_is_recorded(house: House) -> None:
    patient_id = house.enrol().patient_id
    stored = enter(house, patient_id, odi())
    before = house.timeline(patient_id)

    put_right(house, patient_id, stored.session_id, odi())

    assert house.timeline(patient_id) == before


def test_the_form_comes_back_as_it_was_typed(house: House) -> None:
    patient_id = house.enrol().patient_id
    form = odi() | {"lifting": Mark(("b", "e")), "walking": Mark(left=Left.DECLINED)}
    stored = enter(house, patient_id, form)

    blank, _ = sheets.typed(
        house.deployment, KIRSTEN.id, patient_id, stored.session_id, house.clock.now()
    )

    assert blank.form == form


@pytest.mark.parametrize(("minutes", "worker"), [(16, KIRSTEN), (1, PER)])
def test_nobody_else_reads_it_back_nor_anybody_later(
    house: House, minutes: int, worker: Worker
) -> None:
    patient_id = house.enrol().patient_id
    stored = enter(house, patient_id, odi())
    house.wait(minutes=minutes)

    with pytest.raises(NotTaken) as refused:
        sheets.typed(house.deployment, worker.id, patient_id, stored.session_id, house.clock.now())
    assert refused.value.why is Refused.TOO_LATE


# What the chat and the calendar had under way.


def test_what_is_open_in_the_chat_counts_as_answered(house: House) -> None:
    ref = house.enrol()
    house.ask(ref.patient_id, "odi")

    enter(house, ref.patient_id, odi())

    assert said(house)[-1] == (
        "Thank you. Your answers have reached the clinic on paper, "
        "so these questions are done here too."
    )
    assert [row.key for row in house.due() if row.owner_id == ref.patient_id] == []
    house.write("c")
    assert len(told(house, ref.patient_id, "answer")) == 10
    house.wait(days=8)
    assert len([text for text in said(house) if "1/10" in text]) == 1
    assert len(told(house, ref.patient_id, "score")) == 1


def test_half_of_it_in_the_chat_is_no_score_of_its_own_and_stays(house: House) -> None:
    ref = house.enrol()
    house.ask(ref.patient_id, "odi")
    house.write("D")
    house.write("C")

    enter(house, ref.patient_id, odi("abcbccbcdc"))

    found = readings(house.timeline(ref.patient_id))
    pain = next(reading for reading in found if reading.first.item == "pain-intensity")
    assert [(e.value, e.channel) for e in pain.history] == [(3, "telegram"), (0, "paper")]
    assert len([reading for reading in found if reading.first.item == "pain-intensity"]) == 1
    assert len(told(house, ref.patient_id, "score")) == 1


def test_an_old_paper_does_not_answer_todays_questions(house: House) -> None:
    ref = house.enrol()
    house.ask(ref.patient_id, CHECK_IN)

    enter(house, ref.patient_id, check_in(3, 2, 1), CHECK_IN, ago=days(7))

    house.write("6")
    assert "2/4" in said(house)[-1]


def test_what_waits_behind_another_question_is_not_asked_any_more(house: House) -> None:
    ref = house.enrol()
    house.ask(ref.patient_id, CHECK_IN)
    house.set_due(ref.patient_id, flow="odi")
    house.settle()

    enter(house, ref.patient_id, odi())

    for answer in ("6", "3", "2", "n"):
        house.write(answer)
    assert "done" not in said(house)[-1]
    assert not any("1/10" in text for text in said(house))


def steps(house: House) -> dict[str, int]:
    """By step of the pathway the number of its next occurrence."""
    rows = [orjson.loads(row.payload) for row in house.due() if row.kind == "step"]
    return {each["step"]: each["number"] for each in rows}


def test_answers_of_the_day_before_satisfy_the_calendar(house: House) -> None:
    ref = house.enrol(pathway="low-back-pain")
    house.answer_all()
    assert steps(house)["odi-baseline"] == 1

    enter(house, ref.patient_id, odi())

    assert "odi-baseline" not in steps(house)
    house.wait(days=1, hours=12)
    assert not any("10 questions about your day" in text for text in said(house))
    assert steps(house)["odi"] == 1


def test_a_check_in_entered_early_takes_this_weeks_place_and_no_other(house: House) -> None:
    ref = house.enrol(pathway="low-back-pain")
    house.answer_all()
    house.wait(days=5)
    assert steps(house)["weekly-check-in"] == 1

    enter(house, ref.patient_id, check_in(6, 3, 2), CHECK_IN)

    assert steps(house)["weekly-check-in"] == 2


def due_of(house: House, patient_id: int, session_id: int) -> str:
    (row,) = [row for row in house.rows(tables.core(tables.Session)) if row.id == session_id]
    return open_session(house.sealer(patient_id), row.id, row.body).due


def test_the_session_says_when_the_calendar_would_have_asked(house: House) -> None:
    ref = house.enrol(pathway="low-back-pain")
    house.answer_all()
    (planned,) = [row.at for row in house.due() if row.key == "step:odi-baseline"]

    early = enter(house, ref.patient_id, odi())
    by_name = enter(house, ref.patient_id, odi(), mark="another", again=True)

    assert due_of(house, ref.patient_id, early.session_id) == planned.isoformat()
    assert due_of(house, ref.patient_id, by_name.session_id) == ""


def test_a_check_in_of_long_before_leaves_the_calendar_alone(house: House) -> None:
    ref = house.enrol(pathway="low-back-pain")
    house.answer_all()
    house.wait(days=1)

    enter(house, ref.patient_id, check_in(6, 3, 2), CHECK_IN)

    assert steps(house)["weekly-check-in"] == 1


def test_whoever_answers_on_paper_is_not_silent(house: House) -> None:
    ref = house.enrol(pathway="low-back-pain")
    house.answer_all()
    house.wait(weeks=6)
    assert (Kind.SILENT, None) in listed(house)

    enter(house, ref.patient_id, check_in(6, 3, 2), CHECK_IN)

    assert (Kind.SILENT, None) not in listed(house)
    assert "weekly-check-in" in steps(house)


def test_no_word_about_it_comes_between_the_patient_and_a_person(house: House) -> None:
    ref = house.enrol()
    house.ask(ref.patient_id, "odi")
    talking.take_over(house.deployment, KIRSTEN, ref.patient_id)

    enter(house, ref.patient_id, odi())

    assert len(told(house, ref.patient_id, "score")) == 1
    assert not any("on paper" in text for text in said(house))


# Warning signs.


def test_a_warning_sign_on_paper_is_a_case_and_the_patient_is_told(house: House) -> None:
    ref = house.enrol()

    stored = enter(house, ref.patient_id, signs(saddle_numbness=True), "red-flags", ago=days(2))

    assert stored.urgency == "emergency"
    assert stored.reaches
    assert listed(house) == [(Kind.RED_FLAG, "emergency")]
    assert said(house)[-1].startswith("Call 112 NOW.")
    (flag,) = [e for e in house.timeline(ref.patient_id) if e.kind == "red-flag"]
    assert (flag.author, flag.channel, flag.at) == ("staff", "paper", house.clock.now())


def test_behind_an_emergency_the_rest_of_the_paper_is_kept_as_well(house: House) -> None:
    ref = house.enrol()

    enter(house, ref.patient_id, signs(bladder_bowel=True, leg_weakness=True), "red-flags")

    assert len(told(house, ref.patient_id, "answer")) == 8
    flags = [e.item for e in house.timeline(ref.patient_id) if e.kind == "red-flag"]
    assert flags == ["bladder-bowel", "leg-weakness"]
    assert len([text for text in said(house) if "112" in text]) == 1


def test_a_new_symptom_asks_for_the_questions_at_the_desk_and_in_the_chat(house: House) -> None:
    ref = house.enrol()

    stored = enter(house, ref.patient_id, check_in(6, 3, 2, new="yes"), CHECK_IN)

    assert stored.asks_for == "red-flags"
    assert "1/8" in said(house)[-1]

    enter(house, ref.patient_id, signs(), "red-flags", mode=Mode.TELEPHONE)

    assert "from the telephone" in said(house)[-1]
    assert listed(house) == []


def test_where_no_phone_is_left_a_new_symptom_is_a_case_at_once(house: House) -> None:
    ref = house.enrol()
    house.set_address(ref.address_id, "gone")

    stored = enter(house, ref.patient_id, check_in(6, 3, 2, new="yes"), CHECK_IN)

    assert (stored.urgency, stored.reaches) == ("same-day", False)
    assert listed(house) == [(Kind.RED_FLAG, "same-day")]
    assert house.outbox() == []


def test_own_words_are_looked_through_for_warning_signs(house: House) -> None:
    ref = house.enrol(pathway="low-back-pain")
    flow = house.deployment.library.flow("intake")
    form = {item.id: Mark(left=Left.BLANK) for item in flow.items}

    form["goal"] = Mark(words="I want to die")
    stored = enter(house, ref.patient_id, form, "intake")

    assert stored.urgency == "self-harm"
    assert (Kind.SELF_HARM, "emergency") in listed(house)


def test_a_warning_sign_is_taken_however_often_it_is_entered_on_one_day(house: House) -> None:
    ref = house.enrol()
    enter(house, ref.patient_id, signs(), "red-flags", mark="page one")

    stored = enter(house, ref.patient_id, signs(both_legs=True), "red-flags", mark="page two")

    assert stored.urgency == "emergency"


def test_a_yes_that_was_typed_by_mistake_is_put_right_and_the_case_stays(house: House) -> None:
    ref = house.enrol()
    stored = enter(house, ref.patient_id, signs(fever_unwell=True), "red-flags")

    put_right(house, ref.patient_id, stored.session_id, signs())

    (fever,) = told(house, ref.patient_id, "correction")
    assert fever[4] == "no"
    assert listed(house) == [(Kind.RED_FLAG, "same-day")]


def test_after_stop_answers_are_kept_and_nothing_is_said(house: House) -> None:
    ref = house.enrol()
    house.write("stop")
    before = len(said(house))

    enter(house, ref.patient_id, odi())

    assert len(said(house)) == before
    assert len(told(house, ref.patient_id, "score")) == 1


def test_sessions_name_what_took_their_place(house: House) -> None:
    ref = house.enrol()
    house.ask(ref.patient_id, "odi")

    stored = enter(house, ref.patient_id, odi())

    chat, paper = house.rows(tables.core(tables.Session))
    sealer = house.sealer(ref.patient_id)
    body = sealer.open_json("session.body", chat.id, chat.body)
    assert (chat.status, paper.status) == ("expired", "finished")
    assert body["form"] == {"answered_in": stored.session_id}
    assert set(ODI) == set(
        sealer.open_json("session.body", paper.id, paper.body)["session"]["given"]
    )
