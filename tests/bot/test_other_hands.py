"""Somebody else has the phone: helpers, wrong numbers, deaths, groups, and what is no text."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.inbound import InboundKind
from tests.backtrace.replay.playing import Script, entries, texts
from tests.bot.house import House
from trajectory import cases, patients, tables
from trajectory.cases import Kind

RED_FLAGS = "red-flags"


def open_cases(house: House) -> list[Kind]:
    with house.database.read() as connection:
        return [case.kind for case in cases.listed(connection)]


def status_of(house: House, patient_id: int) -> str:
    with house.database.read() as connection:
        (row,) = patients.read(connection, [patient_id])
    return row.status


def addresses(house: House, patient_id: int) -> list[tuple[str, str]]:
    with house.database.read() as connection:
        found = patients.addresses(connection, house.sealer(patient_id), patient_id)
    return [(address.value, address.status) for address in found]


def say(house: House, *texts: str, **more: str) -> list[str]:
    """What was answered to these messages."""
    house.settle()
    before = len(house.telegram.sent)
    for text in texts:
        house.write(text, **more)
        house.settle()
    return [sent.text for sent in house.telegram.sent[before:]]


# What cannot be read


@pytest.mark.parametrize("channel", ["telegram", "sms", "web"])
def test_a_voice_message_gets_one_line_and_the_question_again(house: House, channel: str) -> None:
    birgit = house.enrol(channel=channel)
    house.ask(birgit.patient_id)
    house.write("", kind=InboundKind.OTHER, channel=channel)
    house.settle()
    provider = {"telegram": house.telegram, "sms": house.sms, "web": house.web}[channel]
    said = provider.texts()[-1]
    assert said.startswith("I can only read text.")
    assert "average" in said
    assert house.answers(birgit.patient_id) == []


def test_a_sticker_at_an_address_in_doubt_tells_nothing(house: House) -> None:
    birgit = house.enrol()
    house.ask(birgit.patient_id)
    say(house, "wrong number")
    house.write("", kind=InboundKind.OTHER)
    house.settle()
    assert "back" not in house.telegram.texts()[-1]


# Groups


def test_a_group_is_refused_in_every_language_and_belongs_to_nobody(house: House) -> None:
    birgit = house.enrol()
    house.ask(birgit.patient_id)
    house.write("6", kind=InboundKind.GROUP)
    house.settle()
    said = house.telegram.sent[-1]
    assert said.parcel.address == "birgit"
    assert said.parcel.patient_id is None
    assert said.text == (
        "Jeg taler kun med én person ad gangen.\nI only talk to one person at a time."
    )
    (row,) = house.inbox()
    assert (row.status, row.patient_id, row.kind) == ("refused", None, "group")
    assert house.answers(birgit.patient_id) == []


def test_a_group_hears_it_once_however_much_it_wrote(house: House) -> None:
    talk = [house.message(text, "the family", kind=InboundKind.GROUP) for text in ("hi", "6", "?")]
    house.receive(*talk)
    house.receive(*talk)
    house.settle()
    assert len(house.telegram.texts("the family")) == 1


def test_a_group_is_refused_beside_a_patient_who_is_answered(house: House) -> None:
    birgit = house.enrol()
    house.ask(birgit.patient_id)
    house.receive(house.message("hello", "group", kind=InboundKind.GROUP), house.message("6"))
    house.settle()
    assert house.answers(birgit.patient_id) == [("pain", 6)]
    assert len(house.telegram.texts("group")) == 1


# A wrong number


def test_a_wrong_number_is_closed_after_one_question_and_the_clinic_hears_of_it(
    house: House,
) -> None:
    birgit = house.enrol(pathway="low-back-pain")
    (asked,) = say(house, "wrong number")
    assert "wrong number for B?" in asked
    assert "Birgit" not in asked
    assert open_cases(house) == [Kind.NOT_ME]
    assert say(house, "yes") == []
    assert addresses(house, birgit.patient_id) == [("birgit", "closed")]
    house.wait(days=20)
    assert say(house, "hello?", "how am i doing") == []
    assert open_cases(house) == [Kind.NOT_ME]


def test_the_other_address_of_the_patient_goes_on(house: House) -> None:
    birgit = house.enrol()
    house.add_address(birgit.patient_id, "sms", "+45 20")
    say(house, "not me", "A")
    house.ask(birgit.patient_id)
    assert "average" in house.sms.texts()[-1]
    assert addresses(house, birgit.patient_id) == [("birgit", "closed"), ("+45 20", "active")]


def test_whoever_wrote_it_by_mistake_goes_on_where_they_were(house: House) -> None:
    birgit = house.enrol()
    say(house, "add my physio")
    say(house, "wrong number")
    said = say(house, "No")
    assert said == ["Thank you. Then we go on.\nWhat is the name?"]
    assert open_cases(house) == []
    assert addresses(house, birgit.patient_id) == [("birgit", "active")]


@pytest.mark.parametrize("said", ["how am i doing", "who can see my data", "6", "what is this?"])
def test_while_it_is_in_doubt_who_reads_nothing_is_told(house: House, said: str) -> None:
    birgit = house.enrol()
    house.ask(birgit.patient_id)
    asked = say(house, "it's not me")
    assert say(house, said) == asked
    assert house.answers(birgit.patient_id) == []


def test_an_older_button_is_not_answered_while_it_is_in_doubt_who_reads(house: House) -> None:
    birgit = house.enrol()
    house.ask(birgit.patient_id)
    button = house.telegram.sent[-1].parcel.rendered.buttons[4]
    asked = say(house, "not me")
    house.press(button)
    house.settle()
    assert house.telegram.texts()[-1] == asked[0]
    assert house.answers(birgit.patient_id) == []


def test_a_name_must_be_the_patients_own(house: House) -> None:
    house.enrol()
    assert "wrong number" in say(house, "I'm not Birgit")[0]
    say(house, "no")
    assert "wrong number" not in say(house, "I'm not well")[0]


@pytest.mark.parametrize(
    ("language", "first", "text", "answer", "question"),
    [
        ("en", "not me", "no, it is my husband", "Then please let B read this", "Is it you?"),
        ("da", "forkert nummer", "nej, det er min mands telefon", "Så lad B læse", "Er det dig?"),
    ],
)
def test_somebody_near_the_patient_is_asked_to_hand_it_on(
    house: House, language: str, first: str, text: str, answer: str, question: str
) -> None:
    house.enrol(language=language)
    (said,) = say(house, first, text)[1:]
    assert answer in said
    assert question in said
    assert open_cases(house) == [Kind.NOT_ME]
    say(house, "A")
    assert open_cases(house) == []


# A death


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Birgit Holm has passed away"),
        ("en", "My wife Birgit Holm died yesterday"),
        ("en", "Birgit has died"),
        ("da", "Birgit Holm er død"),
        ("da", "Birgit Marie Holm sov ind i nat"),
    ],
)
def test_a_death_is_told_by_the_full_name(house: House, language: str, text: str) -> None:
    house.enrol(language=language)
    (asked,) = say(house, text)
    assert asked.startswith(("I am sorry to hear that", "Det er jeg ked af"))


def test_the_death_of_another_name_is_none(house: House) -> None:
    house.enrol()
    assert not say(house, "Peter Olsen has died")[0].startswith("I am sorry to hear that")


@pytest.mark.parametrize(
    ("language", "told", "text"),
    [
        ("en", "Birgit Holm has passed away", "no, it is my husband"),
        ("en", "Birgit has died", "no, I am still here"),
        ("da", "Birgit Holm er død", "nej, det er min mand"),
        ("da", "Birgit er død", "nej det er en anden"),
    ],
)
def test_who_else_has_died_may_be_said_in_words(
    house: House, language: str, told: str, text: str
) -> None:
    house.enrol(language=language)
    said = say(house, told, text)[-1]
    assert said.startswith(("I am very sorry", "Det gør mig meget ondt"))
    assert open_cases(house) == []


def test_it_is_my_husband_alone_does_not_say_whose_husband_it_is(house: House) -> None:
    house.enrol()
    first, second = say(house, "Birgit Holm has passed away", "it is my husband")
    assert first == second


def test_after_the_patients_death_nothing_goes_out_and_nothing_is_due(house: House) -> None:
    birgit = house.enrol(pathway="low-back-pain")
    house.answer_all()
    (asked,) = say(house, "mother has died")
    assert "No more messages come meanwhile" in asked
    assert open_cases(house) == [Kind.DIED]
    sent = len(house.telegram.sent)
    house.wait(days=5)
    assert len(house.telegram.sent) == sent, "everything is held"
    assert say(house, "yes") == ["I am sorry for your loss. No more messages come from me."]
    assert house.due() == []
    assert status_of(house, birgit.patient_id) == "ended"
    assert open_cases(house) == [Kind.DIED]
    house.wait(days=60)
    assert len(house.telegram.sent) == sent + 1
    assert say(house, "start") == [
        "No more questions come here. If that is a mistake, please ring your clinic."
    ]
    assert status_of(house, birgit.patient_id) == "ended"


def test_no_unsent_message_goes_out_after_a_death_not_even_for_safety(house: House) -> None:
    birgit = house.enrol()
    house.ask(birgit.patient_id, RED_FLAGS)
    house.write("yes")
    house.write("mother has died")
    house.write("yes")
    house.settle()
    assert house.telegram.texts()[-1] == (
        "I am sorry for your loss. No more messages come from me."
    )
    assert not any("Call 112 NOW" in text for text in house.telegram.texts())


def test_the_death_of_somebody_else_ends_no_course(house: House) -> None:
    birgit = house.enrol(pathway="low-back-pain")
    house.answer_all()
    say(house, "my husband has died")
    (said,) = say(house, "B")
    assert said == "I am very sorry. Write LATER if this is not the time."
    assert open_cases(house) == []
    assert status_of(house, birgit.patient_id) == "active"
    house.wait(days=3)
    assert "How much does your back hurt right now?" in "".join(house.telegram.texts())


def test_what_was_held_comes_within_a_day(house: House) -> None:
    birgit = house.enrol()
    say(house, "mother has died")
    house.ask(birgit.patient_id)
    assert "average" not in house.telegram.texts()[-1]
    say(house, "no, somebody else")
    house.wait(days=1)
    assert "average" in house.telegram.texts()[-1]


def test_an_emergency_is_asked_about_again_after_somebody_elses_death(house: House) -> None:
    birgit = house.enrol()
    house.ask(birgit.patient_id, RED_FLAGS)
    say(house, "yes", "my husband died")
    house.wait(hours=6)
    assert "Has a doctor looked" not in house.telegram.texts()[-1]
    say(house, "B")
    house.wait(hours=1)
    assert "Has a doctor looked" in house.telegram.texts()[-1]


@pytest.mark.parametrize("said", ["my back is dead", "my leg died", "it is dead tired"])
def test_a_back_that_is_dead_is_no_death(house: House, said: str) -> None:
    house.enrol()
    assert "has died" not in say(house, said)[0]


# Sixty silent days


def test_after_sixty_silent_days_the_first_message_says_nothing_about_health(house: House) -> None:
    birgit = house.enrol()
    say(house, "hello there you")
    house.wait(days=61)
    house.ask(birgit.patient_id)
    neutral = house.telegram.texts()[-1]
    assert neutral == "Message from Klinik Nord to B. Is it you?"
    said = say(house, "yes")
    assert "average" in said[-1]
    house.settle()
    assert say(house, "6")[0].startswith("Thanks: 6.")


def test_fifty_nine_days_are_not_long(house: House) -> None:
    birgit = house.enrol()
    say(house, "help")
    house.wait(days=59)
    house.ask(birgit.patient_id)
    assert "average" in house.telegram.texts()[-1]


def test_whoever_reads_is_asked_once_more_a_week_later_and_then_left_alone(house: House) -> None:
    birgit = house.enrol()
    say(house, "help")
    house.wait(days=60)
    house.set_due(birgit.patient_id)
    house.set_due(birgit.patient_id, house.clock.now(), "odi")
    house.settle()
    house.wait(days=22)
    asked = [text for text in house.telegram.texts() if text.startswith("Message from")]
    assert len(asked) == 2
    assert "average" not in "".join(house.telegram.texts())


def test_a_reminder_waits_behind_the_neutral_message(house: House) -> None:
    birgit = house.enrol()
    say(house, "help")
    house.wait(days=59, hours=12)
    house.ask(birgit.patient_id)
    asked = len(house.telegram.texts())
    house.wait(days=2)
    assert house.telegram.texts()[asked:] == ["Message from Klinik Nord to B. Is it you?"]


def test_a_no_to_the_neutral_message_closes_the_address(house: House) -> None:
    birgit = house.enrol()
    say(house, "help")
    house.wait(days=61)
    house.ask(birgit.patient_id)
    assert say(house, "no, wrong number") == []
    assert addresses(house, birgit.patient_id) == [("birgit", "closed")]
    assert open_cases(house) == [Kind.NOT_ME]


# A helper


def test_a_helpers_answers_are_confirmed_once_and_marked(house: House) -> None:
    birgit = house.enrol(language="da")
    house.ask(birgit.patient_id)
    assert say(house, "hun siger 6")[0].startswith(
        "Tak. Jeg skriver 6, svaret af en hjælper. Rigtigt?"
    )
    assert house.answers(birgit.patient_id) == []
    say(house, "ja")
    assert say(house, "hun siger 4")[0].startswith("Tak: 4 dage.")
    found = [e for e in house.timeline(birgit.patient_id) if e.kind == "answer"]
    assert [(e.value, e.author, e.text) for e in found] == [
        (6, "helper", "hun siger 6 / ja"),
        (4, "helper", "hun siger 4"),
    ]


@pytest.mark.parametrize(
    ("language", "flow", "before", "said"),
    [
        ("da", "weekly-check-in", [], "det er datteren, mor siger 8"),
        ("en", "weekly-check-in", [], "it's her daughter, mum says 8"),
        ("en", "start-back", [], "my nan is 82 and she says agree"),
        ("da", "start-back", [], "min mor er 82 og hun siger enig"),
        ("en", "start-back", ["agree"], "no he says agree"),
        ("da", "start-back", ["enig"], "nej han siger enig"),
        ("en", "odi", [], "I'm her carer, she can't see well. A"),
        ("da", "odi", [], "jeg er hendes hjælper, hun ser ikke så godt. A"),
    ],
)
def test_a_helper_who_says_who_they_are_is_one(
    house: House, language: str, flow: str, before: list[str], said: str
) -> None:
    birgit = house.enrol(language=language)
    house.ask(birgit.patient_id, flow)
    if before:
        say(house, *before)
    assert "helper" in say(house, said)[0] or "hjælper" in house.telegram.texts()[-1]
    say(house, {"en": "yes", "da": "ja"}[language])
    found = [e for e in house.timeline(birgit.patient_id) if e.kind == "answer"]
    assert [e.author for e in found] == ["patient"] * len(before) + ["helper"]


def test_a_helper_who_is_unsure_is_asked_back(house: House) -> None:
    birgit = house.enrol()
    house.ask(birgit.patient_id)
    assert say(house, "she says 4-5")[0].startswith("Thanks. I write that a helper answers.")
    assert say(house, "yes")[0].startswith("Which one do you mean: 4 or 5?")
    say(house, "5")
    (found,) = [e for e in house.timeline(birgit.patient_id) if e.kind == "answer"]
    assert (found.value, found.author, found.text) == (5, "helper", "she says 4-5 / yes / 5")


def test_a_warning_sign_does_not_wait_for_who_wrote_it(house: House) -> None:
    birgit = house.enrol()
    house.ask(birgit.patient_id, RED_FLAGS)
    assert say(house, "she says yes")[0].startswith("Call 112 NOW.")


def test_whoever_answers_in_person_after_all_is_not_marked(house: House) -> None:
    birgit = house.enrol()
    house.ask(birgit.patient_id)
    say(house, "she says 6", "7")
    (found,) = [e for e in house.timeline(birgit.patient_id) if e.kind == "answer"]
    assert (found.value, found.author) == (7, "patient")


def test_the_clinic_hears_of_a_question_that_was_not_understood_three_times(house: House) -> None:
    birgit = house.enrol()
    house.ask(birgit.patient_id)
    first, second, third, fourth = say(house, "green", "blue", "red", "grey")
    assert "average" not in first
    assert "average" in second
    assert "SKIP or LATER" in third
    assert "SKIP or LATER" in fourth
    assert len(fourth) < len(third)
    assert "on the list for a person" in third
    assert open_cases(house) == [Kind.NOT_UNDERSTOOD]
    assert house.rows(tables.core(tables.DeskCase))[0].patient_id == birgit.patient_id
    assert say(house, "4")[0].startswith("Thanks: 4.")


# The professionals


@pytest.mark.parametrize("in_doubt", [True, False])
def test_no_note_is_announced_while_it_is_in_doubt_who_reads(in_doubt: bool) -> None:
    script = Script().enrol().say("share with my physio Anne Berg anne@clinic.dk", "A", "no")
    script.say("wrong number" if in_doubt else "help")
    for does in ({"open": 1}, {"code": "last"}, {"note": "Walk more."}):
        script.step(professional="anne@clinic.dk", **does)
    lines = script.wait(hours=1).play()
    assert [e["raw"] for e in entries(lines, "note")] == ["Walk more."]
    assert any("Walk more." in text for text in texts(lines)) is not in_doubt


def test_a_sign_after_long_silence_is_followed_up(house: House) -> None:
    house.enrol()
    house.wait(days=70)
    house.write("I can't feel it when I pee")
    house.settle()

    house.wait(hours=4)

    assert "Has a doctor looked" in house.telegram.texts()[-1]


def test_a_sign_from_an_address_in_doubt_leaves_the_doubt(house: House) -> None:
    ref = house.enrol()
    house.write("wrong number")

    assert say(house, "I can't feel it when I pee")[0].startswith("Call 112 NOW")

    assert open_cases(house) == [Kind.RED_FLAG, Kind.NOT_ME]
    before = len(house.telegram.sent)
    house.wait(hours=5)
    assert house.telegram.sent[before:] == []
    house.write("A")
    assert addresses(house, ref.patient_id) == [("birgit", "closed")]


def test_a_sign_is_asked_about_once_it_is_known_who_reads(house: House) -> None:
    house.enrol()
    say(house, "wrong number", "I can't feel it when I pee")
    house.wait(hours=5)
    before = len(house.telegram.sent)
    say(house, "B")
    house.wait(minutes=30)

    texts = [sent.text for sent in house.telegram.sent[before:]]
    assert len([text for text in texts if "Has a doctor looked" in text]) == 1


def test_nobody_is_welcomed_back_while_it_is_in_doubt_who_reads(house: House) -> None:
    ref = house.enrol(pathway="low-back-pain")
    house.wait(days=60)
    planned = len([row for row in house.due() if row.kind == "step"])

    told = say(house, "wrong number", "who are you?")

    assert not any("go on" in text for text in told)
    assert len([row for row in house.due() if row.kind == "step"]) == planned
    assert "The questions go on" in say(house, "B")[0]
    assert len([row for row in house.due() if row.kind == "step"]) > planned
    assert status_of(house, ref.patient_id) == "active"


@pytest.mark.parametrize("text", ["wrong number", "my mother has died"])
def test_after_stop_only_the_clinic_hears_of_other_hands(house: House, text: str) -> None:
    house.enrol()
    house.write("stop")

    assert say(house, text, "yes") == []

    assert open_cases(house) in ([Kind.NOT_ME], [Kind.DIED])


def test_after_a_pause_of_months_all_goes_on_at_once(house: House) -> None:
    ref = house.enrol()
    house.ask(ref.patient_id)
    house.write("pause until 1 March")
    house.set_due(ref.patient_id, flow="odi", at=house.clock.now() + timedelta(days=1))
    house.settle()
    before = len(house.telegram.sent)
    house.wait(days=100)
    (asked,) = {sent.text for sent in house.telegram.sent[before:]}
    assert "Klinik Nord" in asked
    before = len(house.telegram.sent)

    house.write("A")
    house.wait(minutes=5)
    told = [sent.text for sent in house.telegram.sent[before:]]
    house.wait(days=3)

    assert len([text for text in told if "back hurt right now" in text]) == 1
    assert not any("pause" in sent.text for sent in house.telegram.sent[before:])
