"""Warning signs and what follows them, where a transcript shows too little."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.conversation.heard import hear
from bot.conversation.memory import Memory, Task
from bot.inbound import InboundKind
from bot.messages import Priority
from tests.backtrace.replay.playing import Script, entries, messages, texts
from tests.bot.house import House
from trajectory import cases, tables
from trajectory.cases import Kind, State

EMERGENCY = "I can't feel it when I pee"


def listed(house: House) -> list[tuple[Kind, State]]:
    with house.database.read() as connection:
        return [(case.kind, case.state) for case in cases.listed(connection)]


def said(house: House) -> list[str]:
    house.settle()
    return house.telegram.texts("birgit")


def kinds(house: House, patient_id: int) -> list[tuple[str, str | None, str | None]]:
    return [(e.kind, e.item, e.code) for e in house.timeline(patient_id) if e.kind != "consent"]


def test_a_sign_in_free_text_is_a_case_and_overtakes_everything(house: House) -> None:
    ref = house.enrol()

    house.write(EMERGENCY)

    assert listed(house) == [(Kind.RED_FLAG, State.OPEN)]
    assert kinds(house, ref.patient_id) == [("red-flag", "bladder-bowel", "emergency")]
    assert [row.priority for row in house.outbox()] == [Priority.SAFETY]


def test_self_harm_is_a_case_of_its_own(house: House) -> None:
    house.enrol()

    house.write("I want to die")

    assert listed(house) == [(Kind.SELF_HARM, State.OPEN)]
    assert "70 201 201" in said(house)[-1]


def test_self_harm_and_a_sign_get_both_messages(house: House) -> None:
    house.enrol()

    house.write("I want to die, and my bum has gone numb")

    told = said(house)[-2:]
    assert "70 201 201" in told[0]
    assert told[1].startswith("Call 112 NOW")
    assert {kind for kind, _ in listed(house)} == {Kind.SELF_HARM, Kind.RED_FLAG}


@pytest.mark.parametrize("text", ["skip", "later", "back"])
def test_nothing_puts_away_whether_a_doctor_has_looked(house: House, text: str) -> None:
    house.enrol()
    house.write(EMERGENCY)
    house.wait(hours=4)

    house.write(text)

    assert "Has a doctor looked" in said(house)[-1]
    assert listed(house) == [(Kind.RED_FLAG, State.ASKED)]
    house.write("no, not yet")
    assert listed(house) == [(Kind.RED_FLAG, State.NOT_YET)]


def test_a_dialogue_that_is_left_alone_brings_the_question_again(house: House) -> None:
    house.enrol()
    house.write(EMERGENCY)
    house.wait(hours=4)
    house.write("send my summary to my physio")

    house.wait(hours=4)

    assert "Has a doctor looked" in said(house)[-1]


def test_at_night_the_question_waits_until_half_past_seven(house: House) -> None:
    house.clock.set(house.clock.now().replace(hour=20, minute=10))  # 21:10 in Copenhagen
    house.enrol()
    house.write(EMERGENCY)
    house.settle()
    before = len(house.telegram.sent)

    house.wait(hours=11)

    (asked,) = house.telegram.sent[before:]
    assert asked.at.strftime("%H:%M") == "06:30"
    assert "Has a doctor looked" in asked.text


def test_after_stop_a_sticker_is_not_answered(house: House) -> None:
    house.enrol()
    house.write("stop")
    before = said(house)

    house.write("", kind=InboundKind.OTHER)

    assert said(house) == before


def test_in_an_emergency_a_sticker_gets_what_to_do(house: House) -> None:
    house.enrol()
    house.write(EMERGENCY)

    house.write("", kind=InboundKind.OTHER)

    assert [text.startswith("Call 112 NOW") for text in said(house)[-2:]] == [True, True]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "yes, the doctor has seen it"),
        ("en", "the emergency department has checked me"),
        ("en", "I went to A&E and they examined me"),
        ("en", "the 1813 doctor has looked at it"),
        ("da", "ja, lægen har set på det"),
        ("da", "lægerne på hospitalet har undersøgt mig"),
        ("da", "skadestuen har set på det"),
        ("da", "ja 1813-lægen har set på det"),
    ],
)
def test_a_sentence_says_that_a_doctor_has_looked(house: House, language: str, text: str) -> None:
    ref = house.enrol(language=language)
    house.write(EMERGENCY)
    house.wait(hours=3, minutes=5)

    house.write(text)

    assert kinds(house, ref.patient_id)[-1] == ("flag-follow-up", None, "seen")
    assert said(house)[-1].startswith(("Thank you, noted.", "Tak"))


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "yes, the phone nurse looked"),
        ("en", "my husband has looked at it"),
        ("en", "a doctor will look at it tomorrow"),
        ("en", "the doctor saw it yesterday"),
        ("en", "I rang 1813"),
        ("da", "sygeplejersken har set på det"),
        ("da", "min mand har set på det"),
        ("da", "lægen ser på det i morgen"),
        ("da", "jeg har ringet til 1813"),
    ],
)
def test_who_is_no_doctor_or_has_not_looked_releases_nothing(
    house: House, language: str, text: str
) -> None:
    ref = house.enrol(language=language)
    house.write(EMERGENCY)
    house.wait(hours=3, minutes=5)

    house.write(text)

    assert "seen" not in [code for _, _, code in kinds(house, ref.patient_id)]
    assert "112" in said(house)[-1]


@pytest.mark.parametrize(
    ("language", "text", "asked"),
    [
        ("en", "the doctor has seen it", "Has a doctor looked"),
        ("da", "lægen har set på det", "Har en læge set"),
    ],
)
def test_who_says_so_before_being_asked_is_asked(
    house: House, language: str, text: str, asked: str
) -> None:
    house.enrol(language=language)
    house.write(EMERGENCY)

    house.write(text)

    assert said(house)[-1].startswith(asked)


@pytest.mark.parametrize("before", ["stop", EMERGENCY])
def test_an_edit_is_recorded_and_not_talked_about(house: House, before: str) -> None:
    ref = house.enrol()
    house.ask(ref.patient_id)
    house.write("6", id="first")
    house.write(before)
    told = said(house)

    house.write("7", kind=InboundKind.EDIT, edit_of="first")

    assert said(house) == told
    assert kinds(house, ref.patient_id)[-1][:2] == ("correction", "pain")


@pytest.mark.parametrize("dropped_by", ["stop", "later", "skip", "send my summary to my physio"])
def test_words_that_wait_are_kept_when_something_else_begins(house: House, dropped_by: str) -> None:
    ref = house.enrol()
    house.write("the new chair helps me at work")

    house.write(dropped_by)

    notes = [e.text for e in house.timeline(ref.patient_id) if e.kind == "note"]
    assert notes == ["the new chair helps me at work"]


def test_words_that_wait_are_kept_when_the_follow_up_comes(house: House) -> None:
    ref = house.enrol()
    house.write("my left leg is weak")
    house.wait(hours=2)
    house.write("the new chair helps me at work")

    house.wait(hours=2)

    notes = [e.text for e in house.timeline(ref.patient_id) if e.kind == "note"]
    assert notes == ["the new chair helps me at work"]
    assert "Has a doctor looked" in said(house)[-1]


def test_an_answer_that_raises_the_same_sign_is_told_of_once(house: House) -> None:
    ref = house.enrol()
    house.ask(ref.patient_id, "red-flags")

    house.write("yes, I wet myself twice this week")

    assert [text.startswith("Call 112 NOW") for text in said(house)].count(True) == 1
    assert kinds(house, ref.patient_id) == [
        ("red-flag", "bladder-bowel", "emergency"),
        ("answer", "bladder-bowel", "yes"),
    ]


def test_an_option_in_its_own_words_is_no_free_text(house: House) -> None:
    ref = house.enrol()
    house.ask(ref.patient_id, "intake")
    item = house.deployment.library.flow("intake").items[0]

    house.write(item.options[0].text["en"])

    assert [kind for kind, _, _ in kinds(house, ref.patient_id)] == ["answer"]


def test_a_first_answer_long_after_the_end_is_marked_late(house: House) -> None:
    ref = house.enrol()
    house.ask(ref.patient_id)
    skipped = house.telegram.sent[-1].parcel.rendered.buttons
    for _ in range(4):
        house.write("skip")
        house.settle()
    house.wait(days=2)

    house.press(skipped[5])

    last = house.timeline(ref.patient_id)[-1]
    assert (last.kind, last.item, last.value) == ("answer", "pain", 5)
    assert (last.detail or {})["late"] is True


def test_an_edit_may_report_a_sign(house: House) -> None:
    ref = house.enrol()
    house.ask(ref.patient_id)
    house.write("6", id="first")
    house.settle()

    house.write("6 and I can't feel it when I pee", kind=InboundKind.EDIT, edit_of="first")

    assert said(house)[-1].startswith("Call 112 NOW")
    assert ("red-flag", "bladder-bowel", "emergency") in kinds(house, ref.patient_id)


def test_no_questionnaire_comes_for_a_day_after_self_harm(house: House) -> None:
    ref = house.enrol()
    house.write("I don't want to live any more")
    house.settle()
    before = len(house.telegram.sent)
    house.set_due(ref.patient_id)
    start = house.clock.now()

    house.wait(hours=30)

    first = house.telegram.sent[before]
    assert first.at - start >= timedelta(hours=24)
    assert "How strong was your back pain" in first.text


def test_who_declined_is_told_and_nothing_is_kept_of_the_words(house: House) -> None:
    ref = house.enrol(consented=False)
    house.write("en")
    house.write("no")
    house.settle()

    house.write(EMERGENCY)

    assert said(house)[-1].startswith("Call 112 NOW")
    assert [e.text for e in house.timeline(ref.patient_id) if e.kind == "red-flag"] == [None]
    assert listed(house) == [(Kind.RED_FLAG, State.OPEN), (Kind.CONSENT_MISSING, State.OPEN)]


def test_memory_keeps_what_is_set_aside_and_reads_what_older_versions_wrote() -> None:
    memory = Memory(
        set_aside=Task("enrolment", "name", data={"known": []}),
        assessed="same-day",
        looking=True,
        self_harm_at="2026-01-05T09:00:00+00:00",
    )

    assert Memory.from_json(memory.to_json()) == memory
    assert Memory.from_json(b'{"held": true, "urgency": "emergency"}').looking is False


def test_a_pressed_label_is_no_opt_out(house: House) -> None:
    label = house.message("Stop", kind=InboundKind.CHOICE, choice="t.1.stop")

    heard = hear(label, "en", house.deployment.scanner)

    assert not heard.stops


@pytest.mark.parametrize(
    ("text", "stops"),
    [
        ("STOP. I am busy.", True),
        ("My back is better. Please stop texting me", True),
        ("I did five, stopped, and went on", False),
        ("My foot stops me. It hurts", False),
    ],
)
def test_a_sentence_of_several_that_asks_to_stop_is_an_opt_out(
    house: House, text: str, stops: bool
) -> None:
    assert hear(house.message(text), "en", house.deployment.scanner).stops is stops


def test_an_opt_out_in_an_emergency_keeps_no_erasure_from_happening(house: House) -> None:
    house.enrol()
    for text in ("delete my data", "yes", "DELETE"):
        house.write(text)

    house.write(f"STOP. {EMERGENCY}")

    assert any(text.startswith("Call 112 NOW") for text in said(house))
    assert "erase" in [row.kind for row in house.due()]
    house.wait(minutes=10)
    assert not house.inbox()


def test_an_opt_out_in_an_emergency_leaves_a_death_as_it_was_reported(house: House) -> None:
    house.enrol()
    for text in ("Birgit has died", "yes"):
        house.write(text)

    house.write(f"STOP. {EMERGENCY}")

    (patient,) = house.rows(tables.core(tables.Patient))
    assert patient.status == "ended"


@pytest.mark.parametrize(("language", "yes"), [("en", "Yes"), ("da", "Ja")])
def test_a_second_press_of_the_same_yes_leaves_the_emergency_message_the_last(
    language: str, yes: str
) -> None:
    script = Script().enrol(channel="telegram", language=language).start("red-flags").tap(yes)
    before = script.play()
    after = script.tap(yes, on=1).play()
    assert texts(after) == texts(before)
    assert entries(after) == entries(before)


@pytest.mark.parametrize(("language", "no"), [("en", "No"), ("da", "Nej")])
def test_a_second_press_at_the_end_of_a_check_in_is_taken_silently(language: str, no: str) -> None:
    script = Script().enrol(channel="telegram", language=language).start("weekly-check-in")
    script.say("6", "4", "2").tap(no)
    before = script.play()
    asked = messages(before)[-2]["n"]
    after = script.tap(no, on=asked).play()
    assert texts(after) == texts(before)
    assert entries(after) == entries(before)
