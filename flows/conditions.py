"""Which questions are asked, by what was answered before (FHIR enableWhen)."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

from flows.model import Condition, Flow, Item, Operator, Test
from flows.session import ANSWER, Given, Session

_COMPARE: Mapping[Operator, Callable[[Any, Any], bool]] = {
    Operator.EQUALS: operator.eq,
    Operator.NOT_EQUALS: operator.ne,
    Operator.GREATER: operator.gt,
    Operator.LESS: operator.lt,
    Operator.GREATER_OR_EQUAL: operator.ge,
    Operator.LESS_OR_EQUAL: operator.le,
}


def holds(condition: Condition, given: Mapping[str, Given], facts: Mapping[str, str]) -> bool:
    """Whether a condition is fulfilled; `facts` map `flow/item` to an option id.

    A question without an answer (not asked, skipped, does not apply) fails every test but
    `exists`.
    """
    enough = any if condition.behavior == "any" else all
    return enough(_passes(test, given, facts) for test in condition.tests)


def enabled_items(flow: Flow, session: Session) -> tuple[Item, ...]:
    """The items that this session asks, in order, as its answers stand.

    An answer to an item that is no longer enabled counts for nothing here.
    """
    if session.items is None and not flow.is_conditional:
        return flow.items
    answered: dict[str, Given] = {}
    enabled = []
    for item in flow.items:
        if session.items is not None and item.id not in session.items:
            continue
        if item.enable_when and not holds(item.enable_when, answered, session.facts):
            continue
        enabled.append(item)
        if item.id in session.given:
            answered[item.id] = session.given[item.id]
    return tuple(enabled)


def _passes(test: Test, given: Mapping[str, Given], facts: Mapping[str, str]) -> bool:
    known = facts.get(test.question) if "/" in test.question else _answer(test, given)
    if test.operator is Operator.EXISTS:
        return (known is not None) is test.answer
    return known is not None and _COMPARE[test.operator](known, test.answer)


def _answer(test: Test, given: Mapping[str, Given]) -> str | int | None:
    """What was answered, in the form that the test compares: an option id or a number."""
    answer = given.get(test.question)
    if answer is None or answer.kind is not ANSWER:
        return None
    if test.operator is Operator.EXISTS:
        return answer.raw
    return answer.code if isinstance(test.answer, str) else answer.value
