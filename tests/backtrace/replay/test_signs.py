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
def test_other_texts_record_no_sign(language: str) -> None:
    told = chosen(language, positive=False)

    lines = played(language, told)

    alarmed = [s.id for number, s in enumerate(told) if flags(lines, f"p{number}")]
    assert len(alarmed) <= 0.05 * len(told), alarmed
