"""The same conversation leaves the same entries, whatever channel it is held on."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from tests.backtrace.replay.playing import Line, Script, entries

CHANNELS = ("telegram", "sms", "whatsapp", "web")
SAID = {
    "en": {
        "check-in": ("about 6", "4 days", "4-5", "4", "none"),
        "odi": ("b", "(c)", "option d", "what now?", "skip", "A", "back", "b", "E", "F", "A", "B"),
        "rest": ("C", "I meant D", "question for my next visit may I run?"),
        "free": ("note my back hurts less", "my goal is to walk to work", "stop", "start"),
        "flag": ("I cannot feel when I pee",),
    },
    "da": {
        "check-in": ("ca. 6", "4 dage", "4-5", "4", "ingen"),
        "odi": ("b", "(c)", "svar d", "hvad nu?", "spring over", "A", "tilbage", "b", "E", "F",
                "A", "B"),
        "rest": ("C", "jeg mente D", "spørgsmål til mit næste besøg må jeg løbe?"),
        "free": ("note min ryg er bedre", "mit mål er at gå på arbejde", "stop", "start"),
        "flag": ("jeg kan ikke mærke når jeg tisser",),
    },
}  # fmt: skip
_OWN = ("id", "at", "channel", "session", "supersedes")
"""What every run has its own of."""


@cache
def told(channel: str, language: str) -> tuple[Line, ...]:
    said = SAID[language]
    script = Script().enrol(channel=channel, language=language, address=f"{channel}-1")
    script.start("weekly-check-in").say(*said["check-in"])
    script.start("odi").say(*said["odi"]).say(*said["rest"])
    script.wait(hours=1).say(*said["free"]).wait(days=1).say(*said["flag"])
    return tuple(entries(script.wait(hours=4).play()))


def bare(entry: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if key not in _OWN}


@pytest.mark.parametrize("language", ["en", "da"])
@pytest.mark.parametrize("channel", CHANNELS[1:])
def test_the_entries_are_those_of_telegram(channel: str, language: str) -> None:
    here, there = told(channel, language), told("telegram", language)
    assert [bare(entry) for entry in here] == [bare(entry) for entry in there]


@pytest.mark.parametrize("language", ["en", "da"])
def test_much_was_told(language: str) -> None:
    kinds = {entry["kind"] for entry in told("telegram", language)}
    assert kinds >= {
        "answer",
        "skip",
        "correction",
        "score",
        "note",
        "question",
        "goal",
        "red-flag",
    }


@pytest.mark.parametrize("channel", ["telegram", "web"])
def test_pressing_says_the_same_as_typing(channel: str) -> None:
    def play(channel: str, *answers: str, taps: bool) -> list[Line]:
        script = Script().enrol(channel=channel, address=f"{channel}-1").start("weekly-check-in")
        (script.tap if taps else script.say)(*answers)
        return entries(script.play())

    values = [
        [(e["kind"], e["flow"], e.get("item"), e["value"], e.get("code")) for e in each]
        for each in (
            play(channel, "6", "4", "2", "No", taps=True),
            play("sms", "6", "4", "2", "n", taps=False),
        )
    ]
    assert values[0] == values[1]
