"""What the conditions of a flow must fulfil."""

from __future__ import annotations

from collections.abc import Mapping

from flows.model import Flow, Item, ItemKind, Operator, Test
from flows.source import Source
from flows.spelling import advice

_NUMBERS = (ItemKind.SCALE, ItemKind.COUNT)
_OPTIONS = (ItemKind.CHOICE, ItemKind.YES_NO)
_EITHER_WAY = (Operator.EQUALS, Operator.NOT_EQUALS)


def check_conditions(flow: Flow, source: Source) -> None:
    """Note every condition that cannot be decided, or never holds."""
    earlier: dict[str, Item] = {}
    everything = {item.id: item for item in flow.items}
    for item in flow.items:
        for test in item.enable_when.tests if item.enable_when else ():
            reason = _wrong_test(test, item, earlier, everything)
            if reason:
                line = source.lines["test", item.id, test.question]
                source.refuse(line, f"item '{item.id}': the condition {reason}")
        earlier[item.id] = item


def _wrong_test(
    test: Test, item: Item, earlier: Mapping[str, Item], everything: Mapping[str, Item]
) -> str | None:
    """What is wrong with a test, or None; facts of other flows are checked by the library."""
    if "/" in test.question:
        return wrong_answer(test)
    if test.question in earlier:
        return wrong_answer(test, earlier[test.question])
    if test.question == item.id:
        return "asks about its own item, a cycle; ask about an earlier item"
    if test.question in everything:
        return _later(test.question, item, everything)
    return f"asks about an unknown item '{test.question}'; {advice(test.question, earlier)}"


def _later(question: str, item: Item, everything: Mapping[str, Item]) -> str:
    if item.id in _depends_on(question, everything):
        return (
            f"and that of '{question}' wait for each other, a cycle; "
            "let only the later item ask about the earlier one"
        )
    return f"asks about '{question}', which comes later; move that item before this one"


def _depends_on(item_id: str, everything: Mapping[str, Item]) -> set[str]:
    """All items that the condition of this one asks about, directly or through others."""
    found: set[str] = set()
    waiting = [item_id]
    while waiting:
        condition = everything[waiting.pop()].enable_when
        asked = {test.question for test in condition.tests} if condition else set()
        fresh = (asked & everything.keys()) - found
        found |= fresh
        waiting.extend(fresh)
    return found


def wrong_answer(test: Test, asked: Item | None = None) -> str | None:
    """What is wrong with the operator or the answer of a test about this item, or None.

    Without an item only what is wrong whatever the item is. A fact (`flow/item`) is an option
    id, so only `=`, `!=` and `exists` go with it.
    """
    if test.operator is Operator.EXISTS:
        if isinstance(test.answer, bool):
            return None
        return "tests 'exists', so its answer must be true or false"
    if isinstance(test.answer, bool):
        return "has true or false as its answer; write the id of an option, or a number"
    if "/" in test.question and test.operator not in _EITHER_WAY:
        return f"tests a fact with '{test.operator}'; only '=', '!=' and 'exists' go with facts"
    if asked is None:
        return None
    return (
        _wrong_number(test, asked) if isinstance(test.answer, int) else _wrong_option(test, asked)
    )


def _wrong_option(test: Test, asked: Item) -> str | None:
    if asked.kind not in _OPTIONS:
        fitting = "a number" if asked.kind in _NUMBERS else "'exists' with true or false"
        return f"compares '{asked.id}' with '{test.answer}'; a {asked.kind} item takes {fitting}"
    if test.operator not in _EITHER_WAY:
        return f"tests an option with '{test.operator}'; use '=' or '!='"
    if asked.option(str(test.answer)) is None:
        known = [option.id for option in asked.options]
        return (
            f"names an unknown option '{test.answer}' of '{asked.id}'; "
            f"{advice(str(test.answer), known)}"
        )
    return None


def _wrong_number(test: Test, asked: Item) -> str | None:
    if asked.kind is ItemKind.TEXT or "/" in test.question:
        return f"compares '{asked.id}' with a number, which it never is; use 'exists' or an option"
    if asked.kind in _OPTIONS:
        scored = all(option.score is not None for option in asked.options)
        return None if scored else f"compares '{asked.id}' with a number; its options have no score"
    if isinstance(test.answer, int) and not asked.minimum <= test.answer <= asked.maximum:
        return (
            f"compares '{asked.id}' with {test.answer}, outside of its {asked.minimum} to "
            f"{asked.maximum}; change the answer"
        )
    return None
