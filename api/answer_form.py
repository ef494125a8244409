"""A whole questionnaire as a form: what its page shows, and what it posts.

The desk and the clinic's tablet show the same one. Of each question one field `a.<item>` says
what is chosen or why nothing is; `b.<item>` is the second of two marks, `w.<item>` own words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple
from urllib.parse import parse_qsl

import orjson
from fastapi import Request

from bot.conversation.questions import letter
from bot.desk.sheets import Blank, Mode
from flows.forms import LONGEST, NOTHING, Fault, Form, Left, Mark, takes_two
from flows.model import Flow, Item, ItemKind

_LEFT = "~"
"""Begins the value that says why there is no answer: no option's id does."""
_QUOTED = re.compile(r"\{([^}]*)\}")
_KEYS = {Left.BLANK: "-", Left.DECLINED: "*", Left.NOT_APPLICABLE: "/"}
_MOST = 300
"""Fields of one form."""

Fields = Mapping[str, str]


class Choice(NamedTuple):
    """One thing that can be marked; `key` is what chooses it on a keyboard."""

    value: str
    key: str
    words: str
    chosen: bool


class Why(NamedTuple):
    """One reason for which there is no answer; the page has the words."""

    value: str
    key: str
    why: str
    chosen: bool


class Question(NamedTuple):
    """One question as the page shows it."""

    id: str
    number: int
    title: str
    text: str
    kind: str
    """statements | numbers | by-hand"""
    choices: tuple[Choice, ...]
    second: tuple[Choice, ...]
    """What may be marked beside the first; empty where two marks are none."""
    left: tuple[Why, ...]
    words: str
    longest: int
    anchors: tuple[str, str] | None
    unit: str
    fault: str
    when: str
    """JSON of the conditions under which it is asked; empty: always."""


async def posted(request: Request) -> Fields:
    """A dependency: the fields of a form, the last of each name; what is no form has none."""
    try:
        pairs = parse_qsl(
            (await request.body()).decode(), keep_blank_values=True, max_num_fields=_MOST
        )
    except ValueError:
        return {}
    return {name: value.replace("\r\n", "\n").replace("\x00", "") for name, value in pairs}


def read_form(fields: Fields, flow: Flow, mode: Mode) -> Form:
    """What stands in the fields, by question; what is wrong with it `flows.forms` says.

    Only on paper a second mark can stand there.
    """
    return {item.id: _mark(fields, item, two=mode is Mode.PAPER) for item in flow.items}


def questions(blank: Blank, mode: Mode, faults: Mapping[str, Fault]) -> list[Question]:
    """The questions of a form in the patient's language, filled in as far as it is."""
    language = blank.patient.language
    return [
        _question(blank, item, number, language, mode, faults)
        for number, item in enumerate(blank.items, 1)
    ]


def _mark(fields: Fields, item: Item, *, two: bool) -> Mark:
    chosen = fields.get(f"a.{item.id}", "")
    second = fields.get(f"b.{item.id}", "") if two else ""
    words = fields.get(f"w.{item.id}", "")
    left = next((why for why in Left if chosen == _LEFT + why), None)
    marks = dict.fromkeys(each for each in (chosen, second) if each and not each.startswith(_LEFT))
    return Mark(tuple(marks), words, left)


def _question(
    blank: Blank, item: Item, number: int, language: str, mode: Mode, faults: Mapping[str, Fault]
) -> Question:
    mark = blank.form.get(item.id, NOTHING)
    choices = tuple(_choices(item, language, mark.chosen[:1]))
    two = mode is Mode.PAPER and takes_two(blank.flow, item)
    return Question(
        item.id,
        number,
        item.title[language] if item.title else "",
        _text(blank.flow, item, language),
        _kind(item),
        choices,
        tuple(_choices(item, language, mark.chosen[1:])) if two else (),
        tuple(_left(item, mark, mode)),
        mark.words,
        LONGEST,
        (item.anchors[0][language], item.anchors[1][language]) if item.anchors else None,
        item.unit[language] if item.unit else "",
        faults[item.id].value if item.id in faults else "",
        _when(item),
    )


def _kind(item: Item) -> str:
    if item.kind is ItemKind.TEXT:
        return "by-hand"
    return "numbers" if item.kind in (ItemKind.SCALE, ItemKind.COUNT) else "statements"


def _choices(item: Item, language: str, chosen: tuple[str, ...]) -> Iterator[Choice]:
    if item.kind in (ItemKind.SCALE, ItemKind.COUNT):
        for n in map(str, range(item.minimum, item.maximum + 1)):
            yield Choice(n, n, n, n in chosen)
    for option in item.options:
        words = option.text[language]
        key = words[0].upper() if item.kind is ItemKind.YES_NO else letter(item, option.id)
        yield Choice(option.id, key, words, option.id in chosen)


def _left(item: Item, mark: Mark, mode: Mode) -> Iterator[Why]:
    """A patient who holds the tablet leaves nothing blank without knowing."""
    reasons = [] if mode is Mode.TABLET else [Left.BLANK]
    reasons += [Left.DECLINED] + ([Left.NOT_APPLICABLE] if item.may_not_apply else [])
    for why in reasons:
        yield Why(_LEFT + why, _KEYS[why], why.value, mark.left is why)


def _text(flow: Flow, item: Item, language: str) -> str:
    """The question; where it quotes the patient's words, what they are about."""

    def quoted(match: re.Match[str]) -> str:
        named = flow.item(match[1])
        return f"({(named.title or named.text)[language]})"

    return _QUOTED.sub(quoted, item.text[language])


def _when(item: Item) -> str:
    """What the page's script goes by; answers of other questionnaires are known already."""
    condition = item.enable_when
    tests = [] if condition is None else condition.tests
    own = [
        {"item": test.question, "is": test.operator.value, "answer": test.answer}
        for test in tests
        if "/" not in test.question
    ]
    if condition is None or not own or (condition.behavior == "any" and len(own) < len(tests)):
        return ""
    return orjson.dumps({"any": condition.behavior == "any", "tests": own}).decode()
