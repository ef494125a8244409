"""What a flow must fulfil beyond its form: numbers, options and timing, and the rest called."""

from __future__ import annotations

from collections.abc import Iterator

from flows.condition_checks import check_conditions
from flows.following import check_follow
from flows.model import Flow, Item, ItemKind, Option
from flows.own_words import check_own_words
from flows.scoring_checks import check_scoring
from flows.source import Source
from flows.spelling import advice

RESERVED_WORDS = frozenset(
    {"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"}
    | {"start", "unstop", "help", "info"}
    | {"afmeld", "hjælp", "hjaelp", "tilmeld"}
)
"""Words that a carrier, or the assistant itself, takes for a command. YES is an answer."""

MOST_OPTIONS = 26
"""Options are lettered A to Z."""
LONGEST_OPTION = 30
"""A button gives back 64 bytes: this id, and the numbers of the session and of the turn."""

_NUMBERS = (ItemKind.SCALE, ItemKind.COUNT)


def check_flow(flow: Flow, source: Source) -> None:
    """Note everything that is wrong with a flow whose form is right."""
    for item in flow.items:
        _check_numbers(item, source)
        _check_options(item, source)
        _check_opens(item, source)
        _check_known(item, source)
    _check_timing(flow, source)
    check_conditions(flow, source)
    check_own_words(flow, source)
    noted = source.refusals
    check_scoring(flow, source)
    if source.refusals == noted:
        check_follow(flow, source)


def _check_numbers(item: Item, source: Source) -> None:
    if item.kind in _NUMBERS and item.minimum >= item.maximum:
        source.refuse(
            source.lines["item", item.id, "minimum"],
            f"item '{item.id}': the minimum {item.minimum} must be below the maximum "
            f"{item.maximum}; change one of them",
        )
    elif item.kind in _NUMBERS and item.minimum < 0:
        source.refuse(
            source.lines["item", item.id, "minimum"],
            f"item '{item.id}': numbers below 0 cannot be answered in a chat; begin at 0 or above",
        )


def _check_options(item: Item, source: Source) -> None:
    line = source.lines["item", item.id, "options"]
    ids = [option.id for option in item.options]
    if item.kind is ItemKind.YES_NO and ids != ["yes", "no"]:
        reason = "a yes-no item has the options 'yes' and 'no', in this order; write these two"
        source.refuse(line, f"item '{item.id}': {reason}")
    if item.kind is ItemKind.CHOICE and not 2 <= len(ids) <= MOST_OPTIONS:
        reason = f"a choice has 2 to {MOST_OPTIONS} options (it has {len(ids)})"
        source.refuse(line, f"item '{item.id}': {reason}; add or remove some")
    if len({option.score is None for option in item.options}) > 1:
        unscored = next(option for option in item.options if option.score is None)
        _refuse_option(item, unscored, source, "has no score and others have one; add a score")
    for option in item.options:
        _check_words(item, option, source)
        if len(option.id) > LONGEST_OPTION:
            reason = f"has an id that no button holds; use at most {LONGEST_OPTION} characters"
            _refuse_option(item, option, source, reason)


def _check_words(item: Item, option: Option, source: Source) -> None:
    for _, word in _words(option):
        if _bare(word) in RESERVED_WORDS:
            reason = (
                f"says '{word}', which carriers take for a command by SMS, so the answer would "
                "never arrive; use another word"
            )
            _refuse_option(item, option, source, reason)
    for other in item.options[: item.options.index(option)]:
        for language, word in sorted(set(_plain_words(option)) & set(_plain_words(other))):
            reason = (
                f"says '{word}' ({language}) like the option '{other.id}', so nobody could tell "
                "them apart; change one"
            )
            _refuse_option(item, option, source, reason)


def _words(option: Option) -> Iterator[tuple[str, str]]:
    yield from option.text.items()
    for language, words in (option.also or {}).items():
        yield from ((language, word) for word in words)


def _plain_words(option: Option) -> Iterator[tuple[str, str]]:
    return ((language, _bare(word)) for language, word in _words(option))


def _bare(word: str) -> str:
    return word.strip(" .,;:!?\"'").casefold()


def _refuse_option(item: Item, option: Option, source: Source, reason: str) -> None:
    line = source.lines["option", item.id, option.id]
    source.refuse(line, f"item '{item.id}': the option '{option.id}' {reason}")


def _check_opens(item: Item, source: Source) -> None:
    for option_id in item.opens or {}:
        if item.option(option_id) is None:
            known = [option.id for option in item.options]
            reason = f"'opens' names an unknown option '{option_id}'; {advice(option_id, known)}"
            source.refuse(source.lines["item", item.id, "opens"], f"item '{item.id}': {reason}")


def _check_known(item: Item, source: Source) -> None:
    """What may be dangerous, and what has a score, is asked anew each time."""
    scored = any(option.score is not None for option in item.options)
    if item.known_for is not None and (item.flag or item.opens or scored):
        reason = "a warning sign or a scored item is asked anew each time; remove 'known-for'"
        source.refuse(source.lines["item", item.id, "known-for"], f"item '{item.id}': {reason}")


def _check_timing(flow: Flow, source: Source) -> None:
    if list(flow.reminders) != sorted(set(flow.reminders)):
        source.refuse(source.lines["reminders",], "reminders must rise; put the shortest first")
    elif flow.reminders and flow.reminders[-1] >= flow.expires:
        reason = "the last reminder comes after the flow has expired; make 'expires' longer"
        source.refuse(source.lines["reminders",], reason)
