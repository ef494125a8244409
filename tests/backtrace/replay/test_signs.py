"""Texts of the corpus through the whole product: what each patient is told, and what is kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import cycle

import pytest

from templates.catalogue import load_catalogues
from tests.backtrace.replay.playing import Line, Script, entries, texts
from tests.corpus.signs import LANGUAGES, Sample, samples

CHANNELS = ("sms", "telegram", "web")
EVERY = 2
"""One text in so many is played; all of them are scanned in tests/corpus."""
NUMBERS = {"emergency": "112", "doctor": "1813", "helpline": "70 201 201"}
STATES: tuple[tuple[str, ...], ...] = ((), ("* weekly-check-in",), ("* weekly-check-in", "stop"))


def chosen(language: str, *, positive: bool) -> Sequence[Sample]:
    return [s for s in samples(language) if s.is_positive is positive][::EVERY]


def played(language: str, told: Sequence[Sample]) -> list[Line]:
    """Everybody writes one text, on one of the channels, at one of the moments."""
    script = Script()
    for number, (sample, channel, state) in enumerate(zip(told, cycle(CHANNELS), states())):
        who = f"p{number}"
        script.enrol(who, channel=channel, language=language)
        for line in state:
            if line.startswith("* "):
                script.start(line[2:], who)
            else:
                script.say(line, patient=who)
        script.say(sample.say, patient=who)
    return script.play()


def states() -> Iterator[tuple[str, ...]]:
    """In another order than the channels, so that each meets each."""
    for round_ in cycle(range(3)):
        for at in range(3):
            yield STATES[(at + round_) % 3]


def flags(lines: Sequence[Line], who: str) -> list[tuple[str, str]]:
    return [(e["item"], e["code"]) for e in entries(lines, "red-flag", who)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sign_in_free_text_is_told_of_and_recorded_on_every_channel(language: str) -> None:
    words = load_catalogues("messages")[language]
    told = chosen(language, positive=True)

    lines = played(language, told)

    for number, sample in enumerate(told):
        who = f"p{number}"
        fixed = words.say(f"safety.{sample.raises}", **NUMBERS)
        assert texts(lines, who).count(fixed) == 1, sample.id
        recorded = flags(lines, who)
        code = "emergency" if sample.raises == "self-harm" else sample.raises
        meant = sample.signs or ("self-harm",)
        assert recorded[0][1] == code, sample.id
        assert any((sign, code) in recorded for sign in meant), sample.id
        raw = {entry["raw"] for entry in entries(lines, "red-flag", who)}
        assert raw == {sample.say}, sample.id


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("said", "urgency"),
    [
        ("no puedo orinar", "emergency"),
        ("no puedo más", "self-harm"),
        ("ich kann nicht pinkeln", "emergency"),
        ("ich kann nicht mehr", "self-harm"),
    ],
)
def test_plain_words_of_another_language_are_answered_in_the_patients_own(
    language: str, said: str, urgency: str
) -> None:
    script = Script().enrol(language=language).start("weekly-check-in").say(said)

    fixed = load_catalogues("messages")[language].say(f"safety.{urgency}", **NUMBERS)
    assert texts(script.play())[-1] == fixed


@pytest.mark.parametrize("language", LANGUAGES)
def test_other_texts_record_no_sign(language: str) -> None:
    told = chosen(language, positive=False)

    lines = played(language, told)

    alarmed = [s.id for number, s in enumerate(told) if flags(lines, f"p{number}")]
    assert len(alarmed) <= 0.05 * len(told), alarmed


IN_DANGER = {"en": "my mother wants to kill herself", "da": "min mor vil tage livet af sig"}


def whom_to_call(language: str) -> str:
    return load_catalogues("messages")[language].say("safety.self-harm-of-another", **NUMBERS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_of_somebody_else_in_danger_the_clinic_hears_nothing(language: str) -> None:
    script = Script().enrol(language=language, pathway="low-back-pain")

    lines = script.say(IN_DANGER[language]).play()

    assert texts(lines)[-1] == whom_to_call(language)
    assert [(each["kind"], each["raw"]) for each in entries(lines)][-1:] == [
        ("note", IN_DANGER[language])
    ]
    assert entries(lines, "red-flag") == []


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "me too"),
        ("en", "so do I"),
        ("en", "and me too, I can't cope"),
        ("en", "I feel the same"),
        ("en", "I also want to"),
        ("en", "yes, I want that too sometimes"),
        ("da", "også mig"),
        ("da", "jeg også"),
        ("da", "det vil jeg også"),
        ("da", "jeg har det på samme måde"),
    ],
)
def test_me_too_behind_somebody_else_in_danger_is_a_sign_of_the_writers_own(
    language: str, said: str
) -> None:
    script = Script().enrol(language=language).start("weekly-check-in")

    lines = script.say(IN_DANGER[language], said).play()

    assert [(each["item"], each["raw"]) for each in entries(lines, "red-flag")] == [
        ("self-harm", said)
    ]
    fixed = load_catalogues("messages")[language].say("safety.self-harm", **NUMBERS)
    assert texts(lines)[-1] == fixed


@pytest.mark.parametrize(
    ("language", "said"), [("en", "I feel the same"), ("da", "jeg har det samme")]
)
def test_what_answers_a_questionnaire_begun_since_is_no_sign(language: str, said: str) -> None:
    since = Script().enrol(language=language).say(IN_DANGER[language]).start("change").say(said)
    before = Script().enrol(language=language).start("change").say(IN_DANGER[language], said)

    lines = since.play()

    assert entries(lines, "red-flag") == []
    assert [each["code"] for each in entries(lines, "answer")] == ["unchanged"]
    assert flags(before.play(), "p1") == [("self-harm", "emergency")]


@pytest.mark.parametrize("said", ["I think so", "i want to", "yes, I want that", "I feel it"])
def test_what_says_no_too_behind_somebody_else_in_danger_is_no_sign(said: str) -> None:
    script = Script().enrol().start("weekly-check-in").say(IN_DANGER["en"], "6, but it varies")

    assert entries(script.say(said).play(), "red-flag") == []


@pytest.mark.parametrize(("language", "said"), [("en", "me too"), ("da", "jeg også")])
def test_me_too_by_itself_and_two_days_later_is_none(language: str, said: str) -> None:
    script = Script().enrol(language=language).say(said)
    assert entries(script.play(), "red-flag") == []

    script.say(IN_DANGER[language]).wait(days=2).say(said)
    assert entries(script.play(), "red-flag") == []


@pytest.mark.parametrize(("language", "activity"), [("en", "gardening"), ("da", "havearbejde")])
def test_a_question_in_own_words_waits_for_its_answer_behind_somebody_in_danger(
    language: str, activity: str
) -> None:
    script = Script().enrol(language=language).start("psfs")

    lines = script.say(IN_DANGER[language], activity).play()

    _, called, _ = texts(lines)
    assert called == whom_to_call(language)
    assert [(each["kind"], each["raw"]) for each in entries(lines)][-2:] == [
        ("note", IN_DANGER[language]),
        ("answer", activity),
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_question_in_own_words_is_put_again_later(language: str) -> None:
    script = Script().enrol(language=language).start("psfs").say(IN_DANGER[language])

    named, called, again = texts(script.wait(days=2).play())

    assert called == whom_to_call(language)
    assert again.endswith(named.splitlines()[-1])


YES = {"en": "yes", "da": "ja"}
OPEN, PUT_ASIDE = ("6",), ("6", "2", "3", "")
"""What answers the check-in up to its second question, and up to the questions about signs."""


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("answers", [OPEN, PUT_ASIDE], ids=["open", "put aside"])
def test_an_edit_about_somebody_in_danger_is_a_note_and_the_question_comes_again(
    language: str, answers: tuple[str, ...]
) -> None:
    script = Script().enrol(channel="telegram", language=language).start("weekly-check-in")
    for number, answer in enumerate(answers):
        script.say(answer or YES[language], id=f"m{number}")

    lines = script.say(IN_DANGER[language], edits="m0").play()

    *_, asked, called, again = texts(lines)
    assert called == whom_to_call(language)
    assert again == asked.splitlines()[-1]
    assert [each["value"] for each in entries(lines) if each["item"] == "pain"] == [6]
    assert [each["raw"] for each in entries(lines, "note")] == [IN_DANGER[language]]


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_about_somebody_in_danger_that_are_edited_again_are_one_note(language: str) -> None:
    script = Script().enrol(channel="telegram", language=language).start("weekly-check-in")
    more = f"{IN_DANGER[language]}!"

    lines = script.say("6", id="m1").say(IN_DANGER[language], more, edits="m1").play()

    assert [each["raw"] for each in entries(lines, "note")] == [IN_DANGER[language], more]


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_edit_about_somebody_in_danger_takes_no_answer_in_own_words(language: str) -> None:
    script = Script().enrol(channel="telegram", language=language).start("psfs")

    lines = script.say("yoga", id="m1").say(IN_DANGER[language], edits="m1").play()

    assert texts(lines)[-1] == whom_to_call(language)
    assert [(each["kind"], each["raw"]) for each in entries(lines)][-2:] == [
        ("answer", "yoga"),
        ("note", IN_DANGER[language]),
    ]


@pytest.mark.parametrize(("language", "also"), [("en", "4, but"), ("da", "4, men")])
def test_a_number_in_an_edit_about_somebody_in_danger_is_asked_about(
    language: str, also: str
) -> None:
    script = Script().enrol(channel="telegram", language=language).start("weekly-check-in")
    script.say("6", id="m1").say(f"{also} {IN_DANGER[language]}", edits="m1").say(YES[language])

    lines = script.play()

    assert whom_to_call(language) in texts(lines)
    assert [each["value"] for each in entries(lines) if each["item"] == "pain"] == [6, 4]


@pytest.mark.parametrize("language", LANGUAGES)
def test_before_consent_words_about_somebody_in_danger_are_not_kept(language: str) -> None:
    script = Script().enrol(language=language, consent=False)

    lines = script.say(IN_DANGER[language]).play()

    assert texts(lines)[-1] == whom_to_call(language)
    assert entries(lines) == []


@pytest.mark.parametrize(("language", "wrong"), [("en", "wrong number"), ("da", "forkert nummer")])
def test_while_it_is_in_doubt_who_reads_whom_to_call_is_said_all_the_same(
    language: str, wrong: str
) -> None:
    lines = Script().enrol(language=language).say(wrong, IN_DANGER[language]).play()

    *_, asked, called, again = texts(lines)
    assert (called, again) == (whom_to_call(language), asked)
    assert entries(lines, "note") == []


@pytest.mark.parametrize(
    ("language", "command"), [("en", "note my mum wants to die"), ("da", "note min mor vil dø")]
)
def test_a_command_about_somebody_in_danger_is_done(language: str, command: str) -> None:
    lines = Script().enrol(language=language).say(command).play()

    assert whom_to_call(language) in texts(lines)
    assert len(entries(lines, "note")) == 1


WRITES_FOR = {
    "en": ("this is his daughter", "my dad has a fever", "he says 6", "no"),
    "da": ("det er hans datter", "min far har feber", "han siger 6", "nej"),
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_helper_is_heard_behind_saying_who_writes(language: str) -> None:
    who, sign, *_ = WRITES_FOR[language]

    lines = Script().enrol(language=language).say(who, sign).play()

    assert flags(lines, "p1") == [("fever-unwell", "same-day")]


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_writes_counts_for_a_day_and_no_longer_than_a_no(language: str) -> None:
    who, sign, answer, no = WRITES_FOR[language]
    phone = {"en": "I am texting from his phone", "da": "jeg skriver fra hans telefon"}[language]
    script = Script().enrol(language=language).say(who)
    doubted = Script().enrol(language=language).start("weekly-check-in").say(phone, answer)

    assert flags(script.wait(hours=24).say(sign).play(), "p1") == []
    assert flags(doubted.say(no, sign).play(), "p1") == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_may_write_counts_as_long_as_nobody_has_said_no(language: str) -> None:
    phone = {"en": "I am texting from his phone", "da": "jeg skriver fra hans telefon"}[language]
    script = Script().enrol(language=language).start("weekly-check-in")

    lines = script.say(phone, WRITES_FOR[language][1]).play()

    assert flags(lines, "p1") == [("fever-unwell", "same-day")]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("said", "told"), [("00:15", "02:15"), ("23:00", "01:30")])
def test_who_writes_counts_across_midnight(language: str, said: str, told: str) -> None:
    who, sign, *_ = WRITES_FOR[language]
    script = Script().enrol(language=language).until(said, days=1).say(who)

    lines = script.until(told, days=int(told < said)).say(sign).play()

    assert flags(lines, "p1") == [("fever-unwell", "same-day")]


NOT_FOR = {
    "en": ("I have no answer for that", "my dad has a fever"),
    "da": ("jeg skriver for mig selv", "min far har feber"),
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_writes_for_nobody_reports_no_relatives_fever(language: str) -> None:
    said, sign = NOT_FOR[language]

    assert flags(Script().enrol(language=language).say(said, sign).play(), "p1") == []


def tellers(script: Script) -> list[str]:
    """Who has told of each warning sign."""
    return [each.get("author", "patient") for each in entries(script.play(), "red-flag")]


ASKED_ABOUT = {"en": ("she says 6", "yes"), "da": ("hun siger 6", "ja")}
OWN = {"en": "I have a fever", "da": "jeg har feber"}
OF_HER = {"en": "mum has a fever", "da": "mor har feber"}
ANSWERED = {"en": "she says yes", "da": "hun siger ja"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sign_that_a_confirmed_helper_tells_is_marked(language: str) -> None:
    script = Script().enrol(language=language).start("weekly-check-in")
    script.say(*ASKED_ABOUT[language], OWN[language])

    assert tellers(script) == ["helper"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_while_it_is_asked_who_answers_the_words_show_who_tells_a_sign(language: str) -> None:
    script = Script().enrol(language=language).start("weekly-check-in")
    script.say(ASKED_ABOUT[language][0], OF_HER[language], OWN[language])

    assert tellers(script) == ["helper", "patient"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sign_is_marked_where_its_words_say_who_writes(language: str) -> None:
    script = Script().enrol(language=language).say(". ".join(WRITES_FOR[language][:2]))

    assert tellers(script) == ["helper"]


ASKED_TO_WRITE = {
    "en": "my wife asked me to write: I can't feel my bum",
    "da": "min kone bad mig skrive, jeg er følelsesløs i skridtet",
}
OF_HERS = {"en": "my wife has a fever", "da": "min kone har feber"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_own_words_beside_a_relative_are_the_patients(language: str) -> None:
    script = Script().enrol(language=language).say(ASKED_TO_WRITE[language], OF_HERS[language])

    assert tellers(script) == ["patient"]


BOTH = {
    "en": "this is his daughter, I have a fever and he can't pee",
    "da": "det er hans datter, jeg har feber, og han kan ikke tisse",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_of_two_signs_each_has_its_own_teller(language: str) -> None:
    lines = Script().enrol(language=language).say(BOTH[language]).play()

    assert [
        (each["item"], each.get("author", "patient")) for each in entries(lines, "red-flag")
    ] == [("bladder-bowel", "helper"), ("fever-unwell", "patient")]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sign_that_a_helper_answers_is_marked(language: str) -> None:
    script = Script().enrol(language=language).start("red-flags").say(ANSWERED[language])

    assert tellers(script) == ["helper"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sign_of_ones_own_is_the_patients(language: str) -> None:
    script = Script().enrol(language=language).say(OWN[language])

    assert tellers(script) == ["patient"]
