"""How a score or a number is followed over time, read from its definition and checked."""

from __future__ import annotations

from collections.abc import Iterator

from flows.model import Flow, Follow, Item
from flows.scoring import extent
from flows.source import Block, Source

_NUMBERS = ("important", "share", "error-better", "error-worse")
_WORDS = ("name", "plain-name", "higher-is-better", "source")


def read_follow(owner: Block) -> Follow | None:
    """What a flow or an item says under `follow`; None where it is not followed.

    A rule without its source is refused: nothing is called important on nobody's word.
    """
    block = owner.block("follow")
    if block is None:
        return None
    block.allow((), (*_NUMBERS, *_WORDS))
    numbers = {key: _positive(block, key) for key in _NUMBERS if key in block}
    if numbers and "source" not in block:
        block.refuse_at(block.line, "numbers need a 'source': who published them; add it")
    if numbers and "important" not in numbers:
        block.refuse_at(block.line, "'important' is missing: from how many points a change counts")
    if numbers.get("share", 1) > 100:
        block.refuse("share", "'share' is a percentage of the first value, 100 at most")
    return Follow(
        name=block.texts("name"),
        plain_name=block.texts("plain-name"),
        important=numbers.get("important"),
        share=numbers.get("share"),
        error_better=numbers.get("error-better"),
        error_worse=numbers.get("error-worse"),
        higher_is_better=block.flag("higher-is-better"),
        source=block.optional_text("source"),
    )


def followed(flow: Flow) -> Iterator[tuple[str, Item | None]]:
    """Ids of what is followed of a flow: its own for the score, and items by theirs."""
    if flow.follow is not None:
        yield flow.id, None
    for item in flow.items:
        if item.follow is not None:
            yield item.id, item


def check_follow(flow: Flow, source: Source) -> None:
    """Note where what is followed has no number, or a change could never count."""
    if flow.follow is not None and flow.scoring is None:
        source.refuse(source.lines["follow",], "'follow' needs a 'scoring'; add one")
        return
    for id, item in followed(flow):
        rule = (item or flow).follow
        lowest, highest = extent(flow) if item is None else (item.minimum, item.maximum)
        if rule and rule.important and rule.important > highest - lowest:
            reason = f"no change of {rule.important} is possible from {lowest} to {highest}"
            line = source.lines["follow",] if item is None else source.lines["item", id, "follow"]
            source.refuse(line, f"'{id}': {reason}; lower 'important'")


def same_measure(one: Item, other: Item) -> bool:
    """Whether two items of one id give numbers that may stand on one curve."""
    return _numbers(one) == _numbers(other)


def _numbers(item: Item) -> object:
    rule = item.follow or Follow()
    errors = rule.error_better, rule.error_worse
    return (
        item.kind,
        item.minimum,
        item.maximum,
        rule.important,
        rule.share,
        errors,
        rule.higher_is_better,
    )


def _positive(block: Block, key: str) -> int:
    number = block.integer(key, default=1)
    if number < 1:
        block.refuse(key, f"'{key}' must be 1 or more (it is {number})")
    return number
