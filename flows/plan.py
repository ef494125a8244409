"""The lines of a pathway's plan, read from its file."""

from __future__ import annotations

from datetime import timedelta

from flows.model import Frequency, Step
from flows.source import Block

_TIMINGS = ("at-start", "day", "weekly-until", "weeks")
_WEEKLY_KEYS = ("delay", "in-one-from", "frequencies", "then-until", "once-more")


def read_step(block: Block) -> Step:
    """Read one line of the plan; what is wrong with it is noted in the block's source."""
    block.allow(("key", "flow"), ("items", *_WEEKLY_KEYS, *_TIMINGS))
    timings = [key for key in _TIMINGS if key in block]
    if len(timings) != 1:
        known = ", ".join(f"'{key}'" for key in _TIMINGS)
        block.refuse_at(block.line, f"a step has exactly one of {known}; it has {len(timings)}")
    for key in _WEEKLY_KEYS:
        if key in block and "weekly-until" not in block:
            block.refuse(key, f"'{key}' goes with 'weekly-until' only; remove it")
    step = Step(
        key=block.identifier("key"),
        flow=block.text("flow"),
        items=block.words("items") if "items" in block else None,
        at_start=block.flag("at-start"),
        day=_positive(block, "day"),
        weekly_until=_positive(block, "weekly-until"),
        delay=block.duration("delay", timedelta(0)),
        in_one_from=_positive(block, "in-one-from"),
        frequencies=tuple(_frequency(each) for each in block.blocks("frequencies", "frequency")),
        then_until=_positive(block, "then-until"),
        once_more=_positive(block, "once-more"),
        weeks=_rising_weeks(block),
    )
    if "at-start" in block and not step.at_start:
        block.refuse("at-start", "'at-start' can only be true; remove it and give another timing")
    _check_end(block, step)
    block.claim("step", step.key)
    return step


def _check_end(block: Block, step: Step) -> None:
    """Whoever may choose how often must be told apart from whoever is simply asked on."""
    if bool(step.frequencies) != (step.then_until is not None):
        block.refuse_at(block.line, "'frequencies' and 'then-until' go together; write both")
    elif step.then_until is not None and step.then_until < (step.weekly_until or 1):
        block.refuse("then-until", "'then-until' is a later week than 'weekly-until'; raise it")


def _frequency(block: Block) -> Frequency:
    block.allow(("id", "weeks", "text"))
    frequency = Frequency(
        id=block.identifier("id"),
        weeks=_positive(block, "weeks") or 1,
        text=block.texts_or_empty("text"),
    )
    block.claim("frequency", frequency.id)
    return frequency


def _positive(block: Block, key: str) -> int | None:
    if key not in block:
        return None
    number = block.integer(key, default=1)
    if number < 1:
        block.refuse(key, f"'{key}' must be 1 or more (it is {number})")
    return number


def _rising_weeks(block: Block) -> tuple[int, ...]:
    weeks = block.integers("weeks")
    if any(week < 1 for week in weeks) or list(weeks) != sorted(set(weeks)):
        block.refuse("weeks", "'weeks' must rise from 1, each week once, such as [6, 12]")
    return weeks
