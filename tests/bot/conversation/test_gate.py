"""Whether something is new was answered yes, and was meant to be no."""

from __future__ import annotations

import pytest

from tests.backtrace.replay.playing import Line, Script, entries, texts

SAY_NO = {"en": "sorry, I meant no", "da": "undskyld, jeg mente nej"}
YES = {"en": "yes", "da": "ja"}
CHANGED = {"en": "Changed. New symptoms: No.", "da": "Rettet. Nye symptomer: Nej."}
CLOSING = {
    "safety-gate": {
        "en": "If that changes, contact a doctor.",
        "da": "Kontakt en læge, hvis det ændrer sig.",
    },
    "weekly-check-in": {
        "en": "That was all. Your week is noted.",
        "da": "Det var det hele. Din uge er skrevet ned.",
    },
}
BEFORE = {"safety-gate": [], "weekly-check-in": ["5", "4", "2"]}


def flags(lines: list[Line]) -> list[tuple[str, str]]:
    return [(entry["item"], entry["code"]) for entry in entries(lines, "red-flag")]


def gate(flow: str = "safety-gate", channel: str = "sms", language: str = "en") -> Script:
    """The gate was answered yes, and the first question about a sign is asked."""
    script = Script().enrol(channel=channel, language=language).start(flow)
    return script.say(*BEFORE[flow]).say(YES[language], id="gate")


def no_by(way: str, script: Script, language: str = "en") -> Script:
    if way == "words":
        return script.say(SAY_NO[language])
    if way == "edit":
        return script.say({"en": "no", "da": "nej"}[language], edits="gate")
    return script.tap({"en": "No", "da": "Nej"}[language], on=newest_gate(script))


def newest_gate(script: Script) -> int:
    """The number of the message that asks whether anything is new."""
    ends = ("fever, or a fall?", "feber eller et fald?")
    asked = [line for line in script.play() if any(end in line.get("text", "") for end in ends)]
    return int(asked[-1]["n"])


@pytest.mark.parametrize("flow", ["safety-gate", "weekly-check-in"])
@pytest.mark.parametrize("language", ["en", "da"])
@pytest.mark.parametrize(
    ("channel", "way"),
    [("sms", "words"), ("telegram", "words"), ("telegram", "edit"), ("telegram", "tap")],
)
def test_a_no_after_the_yes_ends_the_questions_about_signs(
    flow: str, language: str, channel: str, way: str
) -> None:
    script = no_by(way, gate(flow, channel, language), language)
    lines = script.play()
    assert texts(lines)[-1] == f"{CHANGED[language]}\n{CLOSING[flow][language]}"
    (changed,) = entries(lines, "correction")
    assert (changed["item"], changed["previous_code"], changed["code"]) == (
        "new-symptoms",
        "yes",
        "no",
    )


@pytest.mark.parametrize("way", ["words", "edit", "tap"])
@pytest.mark.parametrize("end", ["stop", "silence"])
def test_silence_after_such_a_no_reports_nothing(way: str, end: str) -> None:
    script = no_by(way, gate(channel="telegram"))
    lines = (script.say("stop") if end == "stop" else script.wait(days=5)).play()
    assert flags(lines) == []
    assert not any("doctor today" in text for text in texts(lines))


@pytest.mark.parametrize("end", ["stop", "silence"])
def test_silence_after_a_yes_that_stands_reports_a_sign(end: str) -> None:
    lines = (gate().say("stop") if end == "stop" else gate().wait(days=5)).play()
    assert flags(lines) == [("new-symptoms", "same-day")]


def test_a_no_in_the_middle_of_the_questions_ends_them_too() -> None:
    script = gate(channel="telegram").say("no", "no", "skip")
    lines = no_by("tap", script).wait(days=5).play()
    assert flags(lines) == []
    assert not any("5/8" in text for text in texts(lines))


def test_a_sign_that_was_answered_yes_is_not_undone_and_the_rest_is_asked() -> None:
    script = gate(channel="telegram").say("no", "no", "no", "no", "yes")
    assert flags(script.play()) == [("leg-weakness", "same-day")]
    lines = no_by("tap", script).play()
    assert flags(lines) == [("leg-weakness", "same-day")]
    assert "6/8" in texts(lines)[-1]


def test_a_sign_told_in_words_meanwhile_keeps_the_questions_open() -> None:
    script = gate(channel="telegram").say("my left leg has become weak since yesterday")
    assert flags(script.play()) == [("leg-weakness", "same-day")]
    assert "1/8" in texts(no_by("tap", script).play())[-1]


def test_a_button_of_the_ended_questions_still_reports_a_sign() -> None:
    script = gate(channel="telegram")
    asked = next(line["n"] for line in script.play() if "1/8" in line.get("text", ""))
    lines = no_by("tap", script).tap("Yes", on=asked).play()
    assert flags(lines) == [("bladder-bowel", "emergency")]


def test_another_yes_asks_for_the_signs_anew() -> None:
    script = no_by("words", gate()).say("sorry, I meant yes")
    assert "1/8" in texts(script.play())[-1]
    assert flags(script.wait(days=5).play()) == [("new-symptoms", "same-day")]


def test_what_was_put_aside_goes_on_after_the_no() -> None:
    script = Script().enrol(channel="telegram").start("safety-gate").say("no")
    script.start("start-back").tap("Yes", on=newest_gate(script))
    assert "1/8" in texts(script.play())[-1]
    lines = no_by("tap", script).play()
    assert texts(lines)[-1].startswith(CHANGED["en"])
    assert "1/9" in texts(lines)[-1]
    assert [e["item"] for e in entries(script.say("agree").play(), "answer")][-1] == "leg-pain"


def test_the_no_to_one_of_two_that_said_yes_ends_nothing() -> None:
    script = Script().enrol(channel="telegram").start("safety-gate").say("no")
    first = newest_gate(script)
    script.start("weekly-check-in").say("5", "4", "2", "no")
    second = newest_gate(script)
    script.tap("Yes", on=second).tap("Yes", on=first)
    script.tap("No", on=second)
    lines = script.play()
    assert "1/8" in texts(lines)[-1]
    assert flags(script.wait(days=5).play()) == [("new-symptoms", "same-day")]


def test_an_older_gate_that_becomes_a_no_ends_nothing() -> None:
    script = Script().enrol(channel="telegram").start("safety-gate").say("yes", *["no"] * 8)
    first = newest_gate(script)
    script.start("weekly-check-in").say("5", "4", "2", "yes").tap("No", on=first)
    assert "1/8" in texts(script.play())[-1]
