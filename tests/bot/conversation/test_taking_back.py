"""A no after the yes to the same question of consent: it is taken back, and said what stands."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from bot.messages import Button
from tests.backtrace.replay.playing import Line, Script, entries, messages, texts
from tests.bot.house import House
from trajectory.patients import PatientRef


@dataclass(frozen=True)
class Words:
    """What is said and pressed in one language, and what tells the replies apart."""

    language: str
    agree: str
    decline: str
    share: str
    open_ended: str
    do_not: str
    yes: str
    no: str
    who: str
    sign: str
    declined: str
    not_shared: str
    closed: str
    nobody_mailed: str
    not_mailed: str
    is_mailed: str
    may_i_mail: str
    old: str
    take_part: str
    hour: str


EN = Words(
    language="en",
    agree="Yes, I agree",
    decline="No, thank you",
    share="send my summary to my physio Anne Skov anne@klinik.example",
    open_ended="Until I end it",
    do_not="Do not share",
    yes="Yes",
    no="No",
    who="who can see my data",
    sign="I can't hold my urine since this morning",
    declined="I will not ask you anything",
    not_shared="nothing was shared",
    closed="Anne Skov can no longer see your answers",
    nobody_mailed="Nobody is mailed any more",
    not_mailed="Anne Skov gets no mail",
    is_mailed="mailed of warning signs",
    may_i_mail="may I mail Anne Skov too?",
    old="earlier question",
    take_part="Do you want to take part?",
    hour="At what time of day",
)
DA = Words(
    language="da",
    agree="Ja, det er i orden",
    decline="Nej tak",
    share="send mit overblik til min fys Anne Skov anne@klinik.example",
    open_ended="Indtil jeg lukker",
    do_not="Del det ikke",
    yes="Ja",
    no="Nej",
    who="hvem kan se mine data",
    sign="jeg kan ikke holde på vandet siden i morges",
    declined="så spørger jeg ikke om noget",
    not_shared="intet er delt",
    closed="Anne Skov kan ikke længere se dine svar",
    nobody_mailed="Ingen får længere mail",
    not_mailed="Anne Skov får ingen mail",
    is_mailed="får mail om faresignaler",
    may_i_mail="må jeg så også sende Anne Skov en mail?",
    old="tidligere spørgsmål",
    take_part="Vil du være med?",
    hour="Hvornår på dagen",
)
BOTH = pytest.mark.parametrize("words", [EN, DA], ids=["en", "da"])


def begun(words: Words, channel: str = "telegram") -> Script:
    """Somebody who has agreed just now, and is asked for an hour."""
    script = Script().enrol(language=words.language, channel=channel, consent=False)
    return script.say("hej", "ja" if words is DA else "yes")


def sharing(words: Words) -> Script:
    """Somebody who has chosen for how long, and is asked for the code."""
    script = Script().enrol(language=words.language, channel="telegram", code="1234")
    return script.say(words.share).tap(words.open_ended)


def alerting(words: Words) -> Script:
    """Somebody who has agreed that Anne is mailed of warning signs."""
    return sharing(words).say("1234").tap(words.yes)


def said(lines: list[Line]) -> str:
    return texts(lines)[-1]


def consents(lines: list[Line]) -> list[tuple[str, list[str]]]:
    return [(each["code"], each["purposes"]) for each in entries(lines, "consent")]


def mails(lines: list[Line]) -> int:
    return len(messages(lines, "anne@klinik.example"))


@BOTH
def test_a_no_pressed_after_the_yes_to_taking_part_ends_it(words: Words) -> None:
    script = begun(words).tap(words.decline)
    lines = script.play()
    assert words.declined in said(lines)
    assert consents(lines)[1:] == [("withdrawn", ["remind"]), ("withdrawn", ["store"])]
    assert words.old in said(script.tap(words.agree).play())
    assert consents(script.play())[1:] == [("withdrawn", ["remind"]), ("withdrawn", ["store"])]
    assert len(texts(script.wait(days=30).play())) == len(texts(lines)) + 1


def test_once_questions_are_asked_that_no_is_the_withdrawal_of_keeping() -> None:
    script = begun(EN).say("19:30", "Monday", "4071").tap(EN.decline)
    assert "What is to become of what I have kept so far?" in said(script.play())
    assert consents(script.play())[-1] == ("withdrawn", ["store"])


@BOTH
def test_a_no_pressed_while_the_code_is_asked_for_shares_nothing(words: Words) -> None:
    script = sharing(words).tap(words.do_not)
    assert words.not_shared in said(script.play())
    lines = script.say("1234").play()
    assert entries(lines, "grant") == []
    assert mails(lines) == 0


@BOTH
def test_a_no_pressed_after_the_code_closes_it_again(words: Words) -> None:
    script = sharing(words).say("1234").tap(words.do_not)
    lines = script.play()
    assert words.closed in said(lines)
    assert words.may_i_mail not in said(lines)
    assert [each["kind"] for each in entries(lines)][-1] == "grant-ended"
    assert "Anne" not in said(script.say(words.who).play())


def test_a_button_that_leaves_it_as_it_was_closes_nothing_unasked() -> None:
    script = alerting(EN).say(EN.share).tap(EN.open_ended).tap("Leave it as it is")
    assert "Shall I close it for Anne Skov?" in said(script.play())
    assert len(entries(script.play(), "grant-ended")) == 1
    assert EN.closed in said(script.tap(EN.yes).play())


@BOTH
def test_a_no_pressed_after_the_yes_to_alerts_mails_nobody(words: Words) -> None:
    script = alerting(words)
    before = mails(script.play())
    assert words.is_mailed in said(alerting(words).say(words.who).play())
    assert mails(alerting(words).say(words.sign).play()) == before + 1
    lines = script.tap(words.no).play()
    assert words.nobody_mailed in said(lines)
    assert consents(lines)[-2:] == [("given", ["alert"]), ("withdrawn", ["alert"])]
    again = script.tap(words.yes).play()
    assert words.old in said(again)
    assert words.not_mailed in said(again)
    assert words.is_mailed not in said(script.say(words.who).play())
    assert mails(script.say(words.sign).play()) == before


def test_the_question_that_is_open_by_then_is_put_again() -> None:
    script = alerting(EN).start("weekly-check-in").tap("No")
    told = said(script.play())
    assert EN.nobody_mailed in told
    assert "1/4" in told


def test_also_after_stop_it_is_taken_back() -> None:
    lines = alerting(EN).say("stop").tap(EN.no).play()
    assert EN.nobody_mailed in said(lines)
    assert consents(lines)[-1] == ("withdrawn", ["alert"])


@pytest.mark.parametrize("sentence", ["no", "no I meant no"])
def test_a_plain_no_after_that_yes_is_asked_about_in_english(sentence: str) -> None:
    _is_asked_about(EN, sentence, "no")


@pytest.mark.parametrize("sentence", ["nej", "nej jeg mente nej"])
def test_a_plain_no_after_that_yes_is_asked_about_in_danish(sentence: str) -> None:
    _is_asked_about(DA, sentence, "nej")


def _is_asked_about(words: Words, sentence: str, answer: str) -> None:
    script = alerting(words).say(sentence)
    assert words.may_i_mail in said(script.play())
    assert consents(script.play())[-1] == ("given", ["alert"])
    lines = script.say(answer).play()
    assert words.nobody_mailed in said(lines)
    assert consents(lines)[-1] == ("withdrawn", ["alert"])


def test_the_yes_to_that_leaves_it_as_it_stands() -> None:
    script = alerting(EN).say("no").say("yes")
    assert "I will mail Anne Skov then." in said(script.play())
    assert consents(script.play())[-1] == ("given", ["alert"])
    assert EN.is_mailed in said(script.say(EN.who).play())


def test_a_no_to_the_question_that_waits_is_none_to_the_alert() -> None:
    script = alerting(EN).start("safety-gate").say("no")
    assert EN.may_i_mail not in said(script.play())
    assert consents(script.play())[-1] == ("given", ["alert"])


def test_a_no_an_hour_later_is_about_nothing() -> None:
    assert EN.may_i_mail not in said(alerting(EN).wait(hours=2).say("no").play())


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (EN, "stop mailing Anne"),
        (EN, "I don't want you to mail Anne"),
        (EN, "please don't mail my physio any more"),
        (DA, "du må ikke skrive til Anne"),
        (DA, "stop med at skrive til Anne"),
        (DA, "jeg vil ikke have at du mailer min fys"),
    ],
)
def test_a_sentence_takes_the_alert_back(words: Words, sentence: str) -> None:
    script = alerting(words).wait(days=3).say(sentence)
    before = mails(script.play())
    assert words.nobody_mailed in said(script.play())
    assert consents(script.play())[-1] == ("withdrawn", ["alert"])
    assert mails(script.say(words.sign).play()) == before


@pytest.mark.parametrize("words", [EN, DA], ids=["en", "da"])
def test_the_same_sentence_is_a_no_where_it_is_just_asked(words: Words) -> None:
    sentence = "don't mail Anne" if words is EN else "skriv ikke til Anne"
    lines = sharing(words).say("1234", sentence).play()
    assert consents(lines)[-1] == ("declined", ["alert"])


@pytest.mark.parametrize(
    ("words", "sentence"),
    [(EN, "stop writing to me"), (DA, "stop med at skrive til mig")],
)
def test_whoever_wants_no_messages_is_not_taken_for_one_who_wants_no_alerts(
    words: Words, sentence: str
) -> None:
    lines = alerting(words).say(sentence).play()
    assert "START" in said(lines)
    assert consents(lines)[-1] == ("given", ["alert"])


def test_of_several_only_whom_it_was_asked_of_is_mailed_no_more() -> None:
    script = alerting(EN).say("send my summary to my doctor Bo Lund bo@klinik.example")
    script.tap(EN.open_ended).say("1234").tap(EN.yes).tap(EN.no)
    lines = script.play()
    assert "Bo Lund gets no mail" in said(lines)
    assert consents(lines)[-1] == ("withdrawn", ["alert"])
    told = said(script.say("my consents").play())
    assert "mail them if I report a warning sign" in told
    before = mails(script.play())
    assert mails(script.say(EN.sign).play()) == before + 1


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (EN, "I do not agree"),
        (EN, "I changed my mind, no"),
        (EN, "no thanks, I don't want to take part after all"),
        (DA, "nej tak jeg vil ikke være med"),
        (DA, "jeg fortryder"),
        (DA, "jeg vil ikke alligevel"),
    ],
)
def test_who_says_so_after_the_yes_does_not_take_part(words: Words, sentence: str) -> None:
    lines = begun(words, "sms").say(sentence).play()
    assert words.declined in said(lines)
    assert consents(lines)[1:] == [("withdrawn", ["remind"]), ("withdrawn", ["store"])]


@BOTH
def test_a_plain_no_to_an_hour_is_asked_about(words: Words) -> None:
    no, yes = words.no.lower(), words.yes.lower()
    script = begun(words, "sms").say(no)
    assert words.take_part in said(script.play())
    assert words.hour in said(begun(words, "sms").say(no, yes).play())
    assert words.take_part not in said(begun(words, "sms").say(no, "19:30").play())
    assert words.declined in said(script.say(no).play())


@BOTH
def test_whoever_stopped_and_begins_again_answers_the_question_itself(words: Words) -> None:
    script = begun(words, "sms").say("stop", "start", words.no.lower())
    assert words.take_part not in said(script.play())
    assert words.declined in said(script.play())


def test_a_no_to_being_counted_and_one_to_alerts_are_told_apart() -> None:
    anne = {
        "name": "Anne Skov",
        "email": "anne@klinik.example",
        "role": "physiotherapist",
        "language": "en",
    }
    script = Script().step(directory=anne).enrol(channel="telegram", code="1234")
    script.say("send my summary to Anne Skov").tap(EN.open_ended).say("1234").tap(EN.yes)
    asked = messages(script.play())[-2]["n"]
    script.tap(EN.no, on=asked)
    told = said(script.play())
    assert EN.nobody_mailed in told
    assert "count you in" in told
    script.tap(EN.yes).tap(EN.no)
    assert "you are not counted in the weekly mail" in said(script.play())
    assert consents(script.play())[-1] == ("withdrawn", ["alert"])


@pytest.fixture
def birgit(light_house: House) -> PatientRef:
    return light_house.enrol(pathway="low-back-pain", code="4071")


def test_it_leaves_the_same_trace_as_the_sentence(light_house: House, birgit: PatientRef) -> None:
    house = light_house
    house.answer_all()
    for line in ("share with my physio Anne Skov anne@klinik.example", "A", "4071"):
        house.write(line)
        house.settle()
    yes, no = _buttons(house)
    house.press(yes)
    house.press(no)
    house.press(no)
    pressed = [each for each in house.audited(birgit.patient_id) if each.startswith("consent-")]
    assert pressed[-2:] == ["consent-given", "consent-withdrawn"]


def _buttons(house: House) -> tuple[Button, ...]:
    return tuple(house.telegram.sent[-1].parcel.rendered.buttons)
