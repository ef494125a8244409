"""What may be a yes to a warning sign and is never settled reaches the clinic, as silence does."""

from __future__ import annotations

import pytest

from tests.backtrace.replay.playing import Line, Script, entries, texts

GATE = "safety-gate"
CHECK_IN = "weekly-check-in"
MAYBE = {"en": "maybe yes", "da": "måske ja"}
NO = {"en": "no", "da": "nej"}
SKIP = {"en": "skip", "da": "spring over"}
RING = {"en": "Ring a doctor TODAY", "da": "Ring til en læge I DAG"}
BOTH = pytest.mark.parametrize("language", ["en", "da"])


def asked(flow: str, *said: str, language: str = "en") -> Script:
    return Script().enrol(language=language).start(flow).say(*said)


def flags(lines: list[Line]) -> list[tuple[object, object]]:
    return [(e["item"], e["code"]) for e in entries(lines, "red-flag")]


UNCLEAR = [("new-symptoms", "same-day")]


@BOTH
def test_a_yes_in_doubt_at_the_gate_and_then_silence_is_put_on_the_list(language: str) -> None:
    lines = asked(GATE, MAYBE[language], language=language).wait(days=3, hours=1).play()
    assert flags(lines) == UNCLEAR
    assert texts(lines)[-1].startswith(RING[language])


@BOTH
@pytest.mark.parametrize("said", [["6", "4", "2", ""], ["6 4 "], ["6 4 2 "]])
def test_so_is_one_at_the_end_of_a_check_in(language: str, said: list[str]) -> None:
    *before, last = said
    script = asked(CHECK_IN, *before, last + MAYBE[language], language=language)
    assert flags(script.play()) == []
    assert flags(script.wait(days=4).play()) == UNCLEAR


@BOTH
@pytest.mark.parametrize("flow", [GATE, "red-flags"])
def test_after_stop_nobody_can_ask_again_and_it_is_put_on_the_list_at_once(
    language: str, flow: str
) -> None:
    lines = asked(flow, MAYBE[language], "STOP", language=language).play()
    assert flags(lines) == UNCLEAR
    assert texts(lines)[-2].startswith(RING[language])


@BOTH
def test_one_that_is_skipped_is_not_answered(language: str) -> None:
    lines = asked(GATE, MAYBE[language], SKIP[language], language=language).play()
    assert flags(lines) == UNCLEAR


@BOTH
def test_a_question_put_again_does_not_settle_it(language: str) -> None:
    script = asked(GATE, MAYBE[language], "xyz", "xyz", language=language)
    assert flags(script.wait(days=4).play()) == UNCLEAR


@BOTH
def test_a_no_settles_it(language: str) -> None:
    script = asked(CHECK_IN, f"6 4 {MAYBE[language]}", NO[language], language=language)
    assert flags(script.wait(days=4).play()) == []
    assert flags(asked(GATE, MAYBE[language], NO[language], "STOP", language=language).play()) == []


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "2"), ("en", "hmm"), ("en", "i hope not"), ("en", "maybe not"), ("en", "1 or 2"),
     ("en", "yes/no"), ("en", "yes or no?"), ("en", "can i say yes later?"),
     ("da", "ja eller nej?"), ("en", "nope not really"), ("en", "B"), ("en", "yse"),
     ("da", "2"), ("da", "tja"), ("da", "nej ikke rigtig")],
)  # fmt: skip
def test_words_with_nothing_of_a_yes_are_put_on_no_list(language: str, said: str) -> None:
    script = asked(GATE, said, language=language)
    assert entries(script.play(), "answer") == []
    assert flags(script.wait(days=4).play()) == []
    assert flags(asked(GATE, said, "STOP", language=language).play()) == []


def test_a_no_with_more_words_settles_it_too() -> None:
    script = asked(GATE, "maybe yes", "no everything is fine")
    assert flags(script.wait(days=4).play()) == []


@pytest.mark.parametrize(
    "said", ["7 in the morning 5 at noon 3 at night, yes it varies", "I took 3 4 pills, yes"]
)
def test_numbers_that_may_be_one_answer_leave_no_sign_in_doubt(said: str) -> None:
    assert flags(asked(CHECK_IN, said).wait(days=4).play()) == []


def test_what_the_patient_told_of_meanwhile_is_not_told_of_twice() -> None:
    script = asked(GATE, "maybe yes", "my leg is getting weaker").wait(days=4)
    assert len(flags(script.play())) == 1
