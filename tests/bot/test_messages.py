"""What the assistant says: both languages alike, every message in use, none that costs double."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from backtrace.definitions import shipped_library
from bot.segments import is_gsm7, segments
from flows.checks import RESERVED_WORDS
from templates.catalogue import Catalogue, compare, load_catalogues
from templates.consents import load_consents

ROOT = Path(__file__).parents[2]
CATALOGUES = load_catalogues("messages")
CODE = [file for folder in ("bot", "api", "backtrace") for file in (ROOT / folder).rglob("*.py")]
SAYING = {"say", "add_line", "offer", "count", "_leave"}
"""Functions whose first text is the key of a message."""
OFFERED = re.compile(
    r"button\.|key\.|weekday\.|share\.until\.|share\.somebody-else|role\.|ending\.(all|none)|"
    r"follow-up\.(seen|not-yet|mistake)$|language\.name"
)
"""Messages that are shown as choices."""
OPT_OUT = {"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"}
KNOWN = {
    "name": "Anne Berg", "clinic": "Klinik Nord", "emergency": "112", "doctor": "1813",
    "day": "24. december",
}  # fmt: skip


@cache
def trees() -> list[ast.Module]:
    """The code that says something."""
    return [ast.parse(file.read_text("utf-8")) for file in CODE]


def written(node: ast.AST) -> str | None:
    """A text in the code as a pattern; what is filled in at run time matches anything."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return re.escape(node.value)
    if isinstance(node, ast.JoinedStr):
        parts = [written(part) if isinstance(part, ast.Constant) else ".+" for part in node.values]
        return "".join(part or "" for part in parts)
    return None


def texts() -> Iterator[str]:
    """Every text in the code, as a pattern."""
    for tree in trees():
        for node in ast.walk(tree):
            pattern = written(node)
            if pattern is not None:
                yield pattern


def asked_for() -> Iterator[str]:
    """The keys that the conversation asks for, as patterns."""
    for tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and _name(node.func) in SAYING:
                keys = [written(argument) for argument in node.args[:2]]
                yield from (key for key in keys if key is not None and " " not in key)


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def test_both_languages_have_the_same_messages_with_the_same_placeholders() -> None:
    assert set(CATALOGUES) == {"da", "en"}
    assert compare(CATALOGUES) == []


def test_every_message_is_used() -> None:
    named = {pattern for pattern in texts() if re.match(r"[a-z]{2}", pattern)}
    named |= {re.escape(text.message) for text in load_consents().values()}
    used = re.compile("|".join(sorted(named)))

    assert [key for key in CATALOGUES["en"].messages if not used.fullmatch(key)] == []


def test_every_message_that_is_asked_for_exists() -> None:
    words = {**CATALOGUES["en"].messages, **load_catalogues("words")["en"].messages}
    keys = set(asked_for())

    assert len(keys) > 60
    assert [key for key in keys if not any(re.fullmatch(key, known) for known in words)] == []


@pytest.mark.parametrize("words", CATALOGUES.values(), ids=CATALOGUES.keys())
def test_no_message_to_a_patient_costs_double(words: Catalogue) -> None:
    said = {key: text for key, text in words.messages.items() if not key.startswith("mail.")}

    assert [key for key, text in said.items() if not is_gsm7(text.replace("{", "("))] == []


@pytest.mark.parametrize("words", CATALOGUES.values(), ids=CATALOGUES.keys())
def test_what_a_carrier_takes_for_a_command_is_never_offered_as_an_answer(
    words: Catalogue,
) -> None:
    offered = [text for key, text in words.messages.items() if OFFERED.match(key)]
    options = [
        option.text[words.language]
        for flow in shipped_library().flows.values()
        for item in flow.items
        for option in item.options
    ]

    assert len(offered) > 25
    assert not {text.casefold() for text in [*offered, *options]} & (OPT_OUT | RESERVED_WORDS)


@pytest.mark.parametrize("words", CATALOGUES.values(), ids=CATALOGUES.keys())
@pytest.mark.parametrize("urgency", ["emergency", "same-day", "soon"])
def test_what_to_do_about_a_warning_sign_fits_one_sms_and_says_whom_to_ring(
    urgency: str, words: Catalogue
) -> None:
    numbers = {"emergency": "112", "doctor": "1813"}
    for key in (f"safety.{urgency}", f"follow-up.said.not-yet.{urgency}"):
        message = words.say(key, **numbers)

        assert segments(message) == 1
        assert "112" in message


@pytest.mark.parametrize("words", CATALOGUES.values(), ids=CATALOGUES.keys())
def test_who_reads_is_said_at_enrolment_and_in_help(words: Catalogue) -> None:
    computer = {"en": "computer", "da": "computer"}[words.language]
    for key in ("enrol.consent", "enrol.welcome", "help"):
        message = words.say(key, about=words.say("about.unnamed"), travel="", **KNOWN)

        assert computer in message
        assert "112" in message


@pytest.mark.parametrize("words", CATALOGUES.values(), ids=CATALOGUES.keys())
def test_no_answer_to_a_warning_sign_is_reassuring(words: Catalogue) -> None:
    soothing = re.compile(r"no hurry|don't worry|all is well|bare rolig|haster ikke|ufarlig")

    assert [key for key, text in words.messages.items() if soothing.search(text.casefold())] == []
