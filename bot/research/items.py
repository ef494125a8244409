"""The columns of a flow's items: first and final, value and status apart."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from bot.research.administration import Administration, State, state_of
from bot.research.columns import Column, Value, scored, written
from flows.model import Flow, Item, ItemKind, Texts
from flows.scoring import extent
from trajectory.entries import Entry

LANGUAGE = "en"
"""What the data dictionary is written in, as far as a definition has it."""
_STATUS_VALUES = (
    f"{State.ANSWERED} | {State.DECLINED} = would rather not say | {State.NOT_APPLICABLE} "
    f"| {State.NOT_ASKED} = no part of it, or not asked as other answers stand "
    f"| {State.MISSING} = asked and nothing said"
)
_FIRST_VALUES = (
    f"{State.ANSWERED} | {State.DECLINED} | {State.NOT_APPLICABLE} "
    f"| {State.MISSING} = left blank on a form; empty: nothing said"
)


def of_flow(versions: Sequence[Flow]) -> Sequence[Column]:
    """The columns of everything that these versions of one flow ask, the newest ones last.

    An item keeps its place and its columns in every version, so that one file holds them all.
    """
    items: dict[str, list[Item]] = {}
    for flow in versions:
        for item in flow.items:
            items.setdefault(item.id, []).append(item)
    wording = versions[-1].wording_in(LANGUAGE)
    found = [column for each in items.values() for column in _item(each, wording)]
    return [*_score(versions), *found]


def _score(versions: Sequence[Flow]) -> Sequence[Column]:
    with_score = [flow for flow in versions if flow.scoring is not None]
    if not with_score:
        return ()
    newest = with_score[-1]
    lowest, highest = extent(newest)
    bands = {band.id: _said(band.text) for flow in with_score for band in flow.bands}
    subscales = {each.id: _said(each.text) for flow in with_score for each in flow.subscales}
    return scored(_listed(bands.items()), f"{lowest}-{highest}", [*subscales.items()])


def _item(versions: Sequence[Item], wording: str) -> Iterable[Column]:
    item = versions[-1]
    name, what = column_name(item.id), _said(item.title or item.text)
    if item.kind is not ItemKind.TEXT:
        for when, read in (("first", _first), ("final", _final)):
            yield _value(
                f"{name}_{when}", f"{what}: {_WHEN[when]}", read(item.id), versions, wording
            )
            if _has_scores(item):
                yield _option(f"{name}_{when}_option", what, read(item.id), versions, wording)
    note = " (own words, which are not handed out)" if item.kind is ItemKind.TEXT else ""
    yield Column(
        f"{name}_first_status",
        "text",
        f"{what}{note}: what was done with it first",
        lambda each: state_of(each.given[item.id][0]) if item.id in each.given else None,
        values=_FIRST_VALUES,
    )
    yield Column(
        f"{name}_final_status",
        "text",
        f"{what}{note}: how it stands",
        lambda each: each.states.get(item.id, State.NOT_ASKED),
        values=_STATUS_VALUES,
    )


_WHEN = {"first": "as first answered", "final": "as it stands"}


def column_name(item_id: str) -> str:
    """An item's id as the beginning of a column's name."""
    return item_id.replace("-", "_")


_Read = Callable[[Administration], Entry | None]


def _first(item: str) -> _Read:
    return lambda each: each.given[item][0] if item in each.given else None


def _final(item: str) -> _Read:
    """What counts: nothing where the item is not asked any more as other answers stand."""
    return lambda each: (
        each.given[item][-1] if item in each.given and item in each.enabled else None
    )


def _value(name: str, meaning: str, read: _Read, versions: Sequence[Item], wording: str) -> Column:
    item = versions[-1]
    options = {
        _key(option.id, option.score): _said(option.text)
        for each in versions
        for option in each.options
    }
    numeric = not item.options or _has_scores(item)
    unit = _said(item.unit) if item.unit else "score" if _has_scores(item) else ""

    def value(each: Administration) -> Value:
        entry = read(each)
        if entry is None:
            return None
        return entry.code if entry.value is None else written(entry.value)

    return Column(
        name,
        "integer" if numeric else "text",
        meaning,
        value,
        unit,
        _listed(options.items()) or _range(item),
        wording,
    )


def _key(option: str, score: int | None) -> str:
    return option if score is None else f"{score} ({option})"


def _range(item: Item) -> str:
    if item.anchors is None:
        return f"{item.minimum}-{item.maximum}"
    low, high = (_said(text) for text in item.anchors)
    return f"{item.minimum}-{item.maximum}: {item.minimum} = {low} | {item.maximum} = {high}"


def _option(name: str, what: str, read: _Read, versions: Sequence[Item], wording: str) -> Column:
    options = {option.id: _said(option.text) for each in versions for option in each.options}

    def value(each: Administration) -> Value:
        entry = read(each)
        return None if entry is None else entry.code

    meaning = f"{what}: which option, where several have the same score"
    return Column(name, "text", meaning, value, values=_listed(options.items()), wording=wording)


def _has_scores(item: Item) -> bool:
    return any(option.score is not None for option in item.options)


def _said(texts: Texts) -> str:
    return texts.get(LANGUAGE) or next(iter(texts.values()))


def _listed(pairs: Iterable[tuple[str, str]]) -> str:
    return " | ".join(f"{value} = {label}" for value, label in pairs)
