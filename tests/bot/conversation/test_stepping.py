"""A next step fits whom it is for, stands under its own signature, and is never beside danger."""

from __future__ import annotations

from pathlib import Path

import pytest

from backtrace.settings import Settings
from backtrace.signing import SignaturesUnread, listed, told_steps
from bot.segments import is_gsm7, segments
from templates.next_steps import next_steps, read_next_steps, signed
from tests.backtrace.replay.playing import Script, texts

USUAL, NEXT = "Back pain often comes in periods", "A next step:"
CALMING = ("don't worry", "harmless", "nothing serious", "bare rolig", "ufarlig", "går over")


def asked(*weeks: tuple[str, str, str], before: tuple[str, ...] = ()) -> str:
    """What comes back to "how am I doing" after these check-ins: pain, bothersome, limited."""
    script = Script().enrol().say(*before)
    for week in weeks:
        script.start("weekly-check-in").say(*week, "no").wait(days=7)
    return texts(script.say("how am i doing").play())[-1]


def test_whoever_is_limited_gets_a_small_step_and_says_that_nobody_signed_it() -> None:
    told = asked(("7", "6", "5"), ("4", "5", "4"))

    assert USUAL in told
    assert "Choose one thing you have missed" in told
    assert told.count("Demonstration: not approved by a clinician") == 2


def test_whoever_is_worse_or_has_told_too_little_gets_no_advice() -> None:
    for told in (asked(("4", "3", "2"), ("8", "7", "6")), asked(("4", "3", "2"))):
        assert USUAL not in told
        assert NEXT not in told
        assert "QUESTION" in told


@pytest.mark.parametrize(
    "sign", ["I cannot feel when I pee", "I have a fever and back pain", "I want to kill myself"]
)
def test_beside_a_warning_sign_there_is_no_advice(sign: str) -> None:
    script = Script().enrol()
    for week in (("7", "6", "5"), ("4", "5", "4")):
        script.start("weekly-check-in").say(*week, "no").wait(days=7)
    script.say(sign)
    before = len(texts(script.play()))
    told = texts(script.say("how am i doing").play())[before:]

    assert "112" in told[0], "what to do comes first"
    assert not any(USUAL in text or NEXT in text or "Better" in text for text in told)


def signature(step_id: str, digest: str) -> str:
    return f"- {{id: {step_id}, digest: '{digest}', name: Ida Holm, role: GP, date: 2026-11-27}}\n"


def settings(tmp_path: Path, text: str) -> Settings:
    file = tmp_path / "signed.yaml"
    file.write_text(text, "utf-8")
    return Settings(env="production", next_steps_signed=file)


def test_in_production_only_a_signed_text_is_told(tmp_path: Path) -> None:
    first, *_ = next_steps()
    own = settings(tmp_path, signature(first.id, first.digest))

    (told,) = told_steps(own)
    assert (told.id, told.signed_by) == (first.id, "Ida Holm, GP, 2026-11-27")
    assert "signed by Ida Holm" in listed(own)
    assert told_steps(Settings(env="production")) == ()
    assert len(told_steps(Settings())) == len(next_steps())


def test_a_changed_text_needs_another_signature() -> None:
    file = Path("templates/next_steps.yaml").read_text("utf-8")
    before, after = read_next_steps(file)[0], read_next_steps(file.replace("periods", "waves"))[0]

    assert before.digest != after.digest
    assert signed([after], signature(before.id, before.digest))[0].signed_by == ""


@pytest.mark.parametrize("text", ["", "signed: yes", "- {id: a, digest: b}", "[", "- 3"])
def test_what_is_no_list_of_signatures_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(SignaturesUnread, match="name, role, date"):
        told_steps(settings(tmp_path, text))


def test_every_step_is_short_plain_and_says_where_it_comes_from() -> None:
    for step in next_steps():
        assert step.source
        assert step.course <= {"better", "unchanged"}, "where it is worse, nothing is advised"
        assert set(step.text) == {"en", "da"}
        for text in step.text.values():
            assert is_gsm7(text)
            assert segments(text) == 1
            assert not any(word in text.casefold() for word in CALMING)
    assert len({step.digest for step in next_steps()}) == len(next_steps())
