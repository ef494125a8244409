"""After an emergency: what patients say of it before and after they are asked."""

from __future__ import annotations

import pytest

from bot.segments import segments
from tests.backtrace.replay.playing import Line, Script, entries, texts
from tests.bot.house import House
from trajectory import cases
from trajectory.cases import Kind, State

SIGNS = {"en": "I cant feel when I pee", "da": "jeg kan ikke mærke når jeg tisser"}
ASKED = {"en": "Has a doctor looked at it?", "da": "Har en læge set på det?"}
MEANT = {"en": "I mean the warning sign", "da": "Jeg mener det faresignal"}
SEEN = [
    ("en", "I am in hospital now"), ("en", "I have been admitted"),
    ("en", "the doctor says it is fine"), ("da", "jeg er indlagt"),
    ("da", "jeg er på hospitalet nu"), ("da", "lægen siger det er fint"),
    ("en", "they looked at it in hospital, all fine"), ("en", "they've checked it, it's fine"),
    ("en", "been seen"), ("en", "I've been seen at A&E"), ("en", "it was looked at"),
    ("en", "looked at, all ok"), ("en", "I was at the hospital"), ("en", "been to A&E today"),
    ("en", "the doctor has looked at it, everything is fine"),
    ("da", "de har set på det på hospitalet, alt er fint"), ("da", "lægen har set på det"),
    ("da", "blevet undersøgt"), ("da", "det er blevet tjekket på skadestuen"),
    ("da", "har været på skadestuen"), ("da", "jeg var på sygehuset, alt var ok"),
]  # fmt: skip
MISTAKEN = [
    ("en", "it was a mistake"), ("en", "I wrote it wrong"), ("en", "sorry, that was a typo"),
    ("da", "jeg skrev forkert"), ("da", "det var en fejl"),
]  # fmt: skip
RANG = [
    ("en", "I did ring them"), ("en", "I've called 112"), ("da", "jeg har ringet"),
    ("da", "jeg har ringet til lægevagten"),
]  # fmt: skip


def after_an_emergency(house: House, language: str, said: str, *, hours: float = 0) -> list[str]:
    """What this is answered with, so long after the sign."""
    house.enrol(language=language)
    house.write(SIGNS[language])
    house.settle()
    if hours:
        house.wait(hours=hours)
    before = len(house.telegram.sent)
    house.write(said)
    house.settle()
    return house.telegram.texts()[before:]


@pytest.mark.parametrize(("language", "said"), SEEN + MISTAKEN)
def test_whoever_says_how_it_stands_is_asked_at_once(
    light_house: House, language: str, said: str
) -> None:
    (told,) = after_an_emergency(light_house, language, said)
    assert told.startswith(ASKED[language])
    labels = [each.label for each in light_house.telegram.sent[-1].parcel.rendered.buttons]
    assert len(labels) == 3


@pytest.mark.parametrize(
    ("language", "said", "answer"),
    [(*each, "seen") for each in SEEN] + [(*each, "mistake") for each in MISTAKEN],
)
def test_the_same_words_answer_the_question(
    light_house: House, language: str, said: str, answer: str
) -> None:
    (told,) = after_an_emergency(light_house, language, said, hours=3.1)
    assert ("mistake" in told or "fejl" in told) is (answer == "mistake")
    with light_house.database.read() as connection:
        assert [case.kind for case in cases.listed(connection)] == []


@pytest.mark.parametrize(("language", "said"), RANG)
def test_whoever_rang_is_not_told_once_more_to_ring(
    light_house: House, language: str, said: str
) -> None:
    (told,) = after_an_emergency(light_house, language, said)
    assert told.startswith(("Good that you rang", "Godt, at du har ringet"))
    assert segments(told) == 1


@pytest.mark.parametrize(("language", "said"), RANG)
def test_whoever_rang_is_still_asked_whether_a_doctor_has_looked(
    light_house: House, language: str, said: str
) -> None:
    (told,) = after_an_emergency(light_house, language, said, hours=3.1)
    assert told.splitlines()[0] in ("Good that you rang.", "Godt, at du har ringet.")
    assert ASKED[language] in told


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "they are taking me to hospital"), ("en", "the nurse says it is fine"),
        ("da", "jeg er på vej på hospitalet"), ("en", "was it a mistake to wait?"),
        ("en", "I did not ring them"), ("da", "jeg har ikke ringet"),
        ("en", "my wife looked at it"), ("en", "I looked at it"),
        ("en", "I was in hospital in May"),
        ("da", "min kone har set på det"), ("da", "jeg var på hospitalet i maj"),
    ],
)  # fmt: skip
def test_less_than_that_is_told_again_what_to_do(
    light_house: House, language: str, said: str
) -> None:
    (told,) = after_an_emergency(light_house, language, said)
    assert told.startswith(("Call 112 NOW", "Ring 112 NU"))


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "I'd rather talk to a real person"), ("en", "call me"), ("da", "ring mig op"),
        ("da", "jeg vil hellere tale med et rigtigt menneske"),
    ],
)  # fmt: skip
def test_a_person_is_to_be_had_in_that_state(light_house: House, language: str, said: str) -> None:
    (told,) = after_an_emergency(light_house, language, said)
    assert "Klinik Nord" in told
    with light_house.database.read() as connection:
        assert Kind.PERSON in [case.kind for case in cases.listed(connection)]


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "I can't remember what you mean"), ("en", "what do you mean"),
        ("en", "I don't know"), ("en", "looked at what?"),
        ("en", "which warning sign?"), ("da", "hvilket faresignal?"),
        ("en", "looked at?"), ("en", "I was in hospital?"), ("en", "the doctor saw me?"),
        ("da", "set på?"), ("da", "jeg var på skadestuen?"),
        ("da", "jeg kan ikke huske hvad du mener"),
        ("da", "hvad mener du?"), ("da", "jeg forstår ikke spørgsmålet"),
    ],
)  # fmt: skip
def test_whoever_does_not_know_what_is_asked_hears_it_and_is_asked_again(
    language: str, said: str
) -> None:
    lines = asked_of(language, channel="sms").say(said).play()
    assert answers(lines) == []
    told = texts(lines)[-1]
    assert told.startswith(MEANT[language])
    assert ASKED[language] in told
    assert segments(told) == 1


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "I don't know what to do"), ("en", "what do you mean it's worse"),
        ("en", "I don't understand what the doctor said"),
        ("da", "jeg ved ikke hvad jeg skal gøre"),
    ],
)  # fmt: skip
def test_whoever_is_at_a_loss_is_not_told_what_the_question_means(language: str, said: str) -> None:
    lines = asked_of(language, channel="sms").say(said).play()
    assert not texts(lines)[-1].startswith(MEANT[language])


@pytest.mark.parametrize(("language", "no", "yes"), [("en", "no", "yes"), ("da", "nej", "ja")])
def test_an_edit_of_the_no_to_a_yes_is_the_answer(language: str, no: str, yes: str) -> None:
    script = asked_of(language).say(no, id="m1").say(yes, edits="m1")
    lines = script.play()
    assert answers(lines) == ["not-yet", "seen"]
    script.start("phq-4")
    assert "1/4" in texts(script.play())[-1]


@pytest.mark.parametrize(("language", "no", "yes"), [("en", "no", "yes"), ("da", "nej", "ja")])
def test_an_edit_of_the_yes_to_a_no_holds_again(language: str, no: str, yes: str) -> None:
    lines = asked_of(language).say(yes, id="m1").say(no, edits="m1").start("phq-4").play()
    assert answers(lines) == ["seen", "not-yet"]
    assert texts(lines)[-1].startswith(CALL[language])


def test_an_edit_that_is_not_clear_is_asked_about() -> None:
    script = asked_of("en").say("yes", id="m1").say("my back is stiff", edits="m1").start("phq-4")
    lines = script.play()
    assert answers(lines) == ["seen"]
    assert texts(lines)[-1].startswith(ASKED["en"])


def test_an_edit_to_the_same_answer_changes_nothing() -> None:
    lines = asked_of("en").say("yes", id="m1").say("Yes!", edits="m1").play()
    assert answers(lines) == ["seen"]


def test_an_edit_to_a_yes_does_not_release_what_was_told_since() -> None:
    script = asked_of("en").say("no", id="m1").say("now both my legs are weak")
    lines = script.say("yes", edits="m1").play()
    assert answers(lines) == ["not-yet"]


NOT_YET = {"en": "No, not yet", "da": "Nej, ikke endnu"}
YES = {"en": "Yes", "da": "Ja"}
MISTAKE = {"en": "I wrote it wrong", "da": "Jeg skrev forkert"}
CALL = {"en": "Please call 112 now", "da": "Ring 112 nu"}
CORRECTED = pytest.mark.parametrize(
    ("language", "first"),
    [("en", YES["en"]), ("da", YES["da"]), ("en", MISTAKE["en"]), ("da", MISTAKE["da"])],
)


def asked_of(language: str, sign: str = "", **more: str) -> Script:
    """Somebody who is asked whether a doctor has looked, in message 2."""
    script = Script().enrol(language=language, **{"channel": "telegram", **more})
    return script.say(sign or SIGNS[language]).wait(hours=4)


def answers(lines: list[Line]) -> list[str]:
    return [each["code"] for each in entries(lines, "flag-follow-up")]


@CORRECTED
def test_a_not_yet_pressed_afterwards_is_answered_as_one_pressed_at_once(
    language: str, first: str
) -> None:
    at_once = texts(asked_of(language).tap(NOT_YET[language]).play())[-1]
    script = asked_of(language).tap(first).tap(NOT_YET[language], on=2)
    assert CALL[language] in at_once
    assert texts(script.play())[-1] == at_once
    assert answers(script.play())[1:] == ["not-yet"]
    assert ASKED[language] in texts(script.say("hm").play())[-1]


@pytest.mark.parametrize("language", ["en", "da"])
def test_what_was_released_is_held_again_until_a_doctor_has_looked(language: str) -> None:
    script = asked_of(language).tap(YES[language]).start("weekly-check-in")
    script.tap(NOT_YET[language], on=2).tap("5")
    lines = script.play()
    assert not entries(lines, "answer")
    assert ASKED[language] in texts(lines)[-1]
    lines = script.tap(YES[language], on=2).play()
    assert "1/4" in texts(lines)[-1]
    assert answers(lines) == ["seen", "not-yet", "seen"]


def test_it_is_on_the_clinics_list_again(light_house: House) -> None:
    house = light_house
    house.enrol()
    house.write(SIGNS["en"])
    house.wait(hours=4)
    yes, not_yet, _ = house.telegram.sent[-1].parcel.rendered.buttons
    house.press(yes)
    house.press(not_yet)
    house.settle()
    with house.database.read() as connection:
        (case,) = cases.listed(connection)
    assert (case.kind, case.state, case.urgency) == (Kind.RED_FLAG, State.NOT_YET, "emergency")


def test_what_is_no_emergency_is_corrected_as_well() -> None:
    sign = "my leg is getting weaker"
    at_once = texts(asked_of("en", sign).tap("No, not yet").play())[-1]
    script = asked_of("en", sign).tap("Yes").tap("No, not yet", on=2)
    assert texts(script.play())[-1] == at_once
    assert answers(script.tap("Yes", on=2).play()) == ["seen", "not-yet", "seen"]


def test_the_same_press_twice_says_nothing_more() -> None:
    script = asked_of("en").tap("Yes")
    before = texts(script.play())
    lines = script.tap("Yes", on=2).play()
    assert texts(lines) == before
    assert answers(lines) == ["seen"]


def test_an_old_yes_does_not_release_what_was_reported_since() -> None:
    script = asked_of("en", "my leg is getting weaker").tap("No, not yet").say(SIGNS["en"])
    lines = script.tap("Yes", on=2).play()
    assert answers(lines) == ["not-yet"]
    assert texts(script.say("hm").play())[-1].startswith("Call 112 NOW")


def test_a_dialogue_that_has_begun_since_gives_way() -> None:
    script = asked_of("en").tap("Yes").say("send my summary to my physio")
    assert texts(script.tap("No, not yet", on=2).play())[-1].startswith(CALL["en"])


@pytest.mark.parametrize("language", ["en", "da"])
def test_the_words_of_that_button_count_right_after_the_yes(language: str) -> None:
    script = asked_of(language, channel="sms").say(YES[language]).say(NOT_YET[language].lower())
    assert CALL[language] in texts(script.play())[-1]
    assert answers(script.play()) == ["seen", "not-yet"]


@pytest.mark.parametrize(("language", "no"), [("en", "no"), ("da", "nej")])
def test_after_a_plain_no_the_question_is_put_again(language: str, no: str) -> None:
    script = asked_of(language, channel="sms").say(YES[language], no)
    assert ASKED[language] in texts(script.play())[-1]
    assert answers(script.say(no).play()) == ["seen", "not-yet"]


def test_a_no_to_the_question_that_waits_is_none_to_that() -> None:
    script = asked_of("en", channel="sms").say("yes").start("safety-gate").say("no")
    assert answers(script.play()) == ["seen"]


def test_a_no_an_hour_later_is_about_nothing() -> None:
    script = asked_of("en", channel="sms").say("yes").wait(hours=2).say("no, not yet")
    assert answers(script.play()) == ["seen"]


def test_after_stop_it_is_taken_without_a_word_and_asked_at_the_start() -> None:
    script = asked_of("en").tap("Yes").say("stop")
    before = texts(script.play())
    lines = script.tap("No, not yet", on=2).play()
    assert texts(lines) == before
    assert answers(lines) == ["seen", "not-yet"]
    assert ASKED["en"] in texts(script.say("start").play())[-1]
