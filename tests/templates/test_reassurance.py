"""Nothing that is said about danger may calm: no single "no" rules it out (IFOMPT 2020)."""

from __future__ import annotations

import re

import pytest

from backtrace.definitions import shipped_library
from bot.segments import segments
from flows.model import FlowKind
from templates.catalogue import load_catalogues

CATALOGUES = load_catalogues("messages")
ABOUT_DANGER = ("safety.", "follow-up.", "hint.", "mail.alert.", "failed")
NUMBERS = {"emergency": "112", "doctor": "1813", "helpline": "70 201 201"}
CALMING = {
    "en": r"don'?t worry|do not worry|no need to|not dangerous|harmless|safe\b|fine\b|"
    r"nothing serious|not serious|probably|normal|relax|calm|no reason|all right|all good|"
    r"good news|reassur|unlikely|will pass|goes away|just a\b|only a\b|can wait",
    "da": r"bare rolig|ingen grund|ufarlig|ikke farlig|harmløs|sikkert\b|trygt|fint\b|"
    r"intet alvorligt|ikke alvorlig|sandsynligvis|formentlig|normal|slap af|\brolig\b|alt er|"
    r"godt nyt|berolig|usandsynlig|går over|kun en\b|bare en\b|kan vente",
}
"""Words of each language that calm; a new language is refused until it has its own."""
BLAMING = {
    "en": r"you should have|your fault|why didn't",
    "da": r"du skulle have|din skyld|hvorfor har du ikke",
}


def messages(language: str) -> dict[str, str]:
    said = CATALOGUES[language].messages
    return {key: text for key, text in said.items() if key.startswith(ABOUT_DANGER)}


@pytest.mark.parametrize("language", sorted(CATALOGUES))
def test_no_message_about_danger_calms_or_blames(language: str) -> None:
    unsaid = re.compile(f"{CALMING[language]}|{BLAMING[language]}", re.IGNORECASE)

    found = {key: text for key, text in messages(language).items() if unsaid.search(text)}

    assert found == {}


@pytest.mark.parametrize("language", sorted(CATALOGUES))
def test_no_screen_calms(language: str) -> None:
    calming = re.compile(CALMING[language], re.IGNORECASE)
    screens = [f for f in shipped_library().flows.values() if f.kind is FlowKind.SCREEN]
    words = [
        text[language]
        for screen in screens
        for text in (screen.intro, screen.closing, *(item.text for item in screen.items))
        if text is not None
    ]

    assert len(screens) >= 2
    assert [text for text in words if calming.search(text)] == []


@pytest.mark.parametrize("language", sorted(CATALOGUES))
def test_calming_words_would_be_found(language: str) -> None:
    calm = {"en": "Don't worry, it is probably nothing serious.", "da": "Bare rolig, det går over."}

    assert re.search(CALMING[language], calm[language], re.IGNORECASE)


@pytest.mark.parametrize("language", sorted(CATALOGUES))
@pytest.mark.parametrize(
    "key", ["emergency", "same-day", "soon", "self-harm", "self-harm-of-another", "quiet"]
)
def test_a_fixed_message_names_whom_to_call_in_one_text_message(language: str, key: str) -> None:
    text = CATALOGUES[language].say(f"safety.{key}", **NUMBERS)

    assert "112" in text or "1813" in text
    assert segments(text) == 1


@pytest.mark.parametrize("language", sorted(CATALOGUES))
@pytest.mark.parametrize(
    "key", ["emergency", "same-day", "soon", "self-harm", "self-harm-of-another"]
)
def test_a_fixed_message_says_that_nobody_may_read_it_today(language: str, key: str) -> None:
    nobody = {"en": r"perhaps nobody", "da": r"måske ser ingen"}

    assert re.search(nobody[language], CATALOGUES[language].say(f"safety.{key}", **NUMBERS), re.I)
