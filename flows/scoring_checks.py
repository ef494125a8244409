"""What a scored flow must fulfil: items and scores that its rule can use, and good bands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise

from flows.model import Band, Flow, Item, ItemKind
from flows.plain_scoring import sum_extent
from flows.scoring import RULES, Rule
from flows.source import Source
from flows.spelling import advice


def check_scoring(flow: Flow, source: Source) -> None:
    """Note what does not fit the scoring rule that the flow names."""
    line = source.lines["scoring",]
    if flow.scoring is None:
        for key in ("bands", "subscales", "minimum-answered"):
            if source.lines[key,] != line:
                source.refuse(source.lines[key,], f"'{key}' needs a 'scoring'; add one")
        return
    rule = RULES.get(flow.scoring)
    if rule is None:
        source.refuse(line, f"unknown scoring '{flow.scoring}'; {advice(flow.scoring, RULES)}")
        return
    noted = source.refusals
    _check_minimum_answered(flow, source)
    _check_scores(flow, rule, source)
    _check_subscales(flow, rule, source)
    if source.refusals == noted:
        _check_bands(flow, rule, source)


def _check_minimum_answered(flow: Flow, source: Source) -> None:
    least = flow.minimum_answered
    if least is not None and not 1 <= least <= len(flow.items):
        reason = f"'minimum-answered' must be from 1 to {len(flow.items)}, the number of items"
        source.refuse(source.lines["minimum-answered",], f"{reason} (it is {least})")


def _check_scores(flow: Flow, rule: Rule, source: Source) -> None:
    scored = [item for item in flow.items if item.kind not in rule.unscored]
    if not scored:
        reason = f"scoring '{flow.scoring}' finds no item to score; add a scale"
        source.refuse(source.lines["scoring",], reason)
    for item in scored:
        if item.kind is ItemKind.TEXT:
            reason = "a text cannot be scored; remove it or put it into a flow of its own"
            source.refuse(source.lines["item", item.id], f"item '{item.id}': {reason}")
        if all(option.score is None for option in item.options):
            for option in item.options:
                line = source.lines["option", item.id, option.id]
                reason = f"the option '{option.id}' has no score, but the flow is scored; add one"
                source.refuse(line, f"item '{item.id}': {reason}")
    if rule.scores is not None:
        _check_fixed_scores(flow, rule.scores, source)
    for item in scored if rule.options is not None else ():
        _check_options(flow, item, rule.options or {}, source)


def _check_fixed_scores(
    flow: Flow, scores: Mapping[str, Mapping[str, int]], source: Source
) -> None:
    """The rule knows its items and options: these and no others, with these scores."""
    ids = [item.id for item in flow.items]
    if ids != list(scores):
        reason = _difference(ids, list(scores))
        source.refuse(source.lines["scoring",], f"scoring '{flow.scoring}' {reason}")
        return
    for item in flow.items:
        _check_options(flow, item, scores[item.id], source)


def _check_options(flow: Flow, item: Item, wanted: Mapping[str, int], source: Source) -> None:
    if {option.id: option.score for option in item.options} != wanted:
        listed = ", ".join(f"{option} {points}" for option, points in wanted.items())
        reason = f"scoring '{flow.scoring}' needs the options and scores {listed}; write these"
        source.refuse(source.lines["item", item.id, "options"], f"item '{item.id}': {reason}")


def _check_subscales(flow: Flow, rule: Rule, source: Source) -> None:
    known = [item.id for item in flow.items]
    for subscale in flow.subscales:
        line = source.lines["subscale", subscale.id]
        if not rule.plain:
            source.refuse(line, f"scoring '{flow.scoring}' has no subscales; remove them")
        for item in subscale.items:
            if item not in known:
                reason = f"names an unknown item '{item}'; {advice(item, known)}"
                source.refuse(line, f"subscale '{subscale.id}' {reason}")
        asked = [item for item in flow.items if item.id in subscale.items]
        lowest, highest = sum_extent(asked)
        if subscale.positive_from is not None and not lowest < subscale.positive_from <= highest:
            reason = f"is reached from {lowest} to {highest} only; change 'positive-from'"
            source.refuse(line, f"subscale '{subscale.id}' {reason}")


def _difference(ids: list[str], wanted: list[str]) -> str:
    missing = [f"'{item}'" for item in wanted if item not in ids]
    strange = [f"'{item}'" for item in ids if item not in wanted]
    if missing:
        return f"needs the items {', '.join(missing)}; add them or remove the scoring"
    if strange:
        return f"does not know the items {', '.join(strange)}; remove them or the scoring"
    return f"needs its items in this order: {', '.join(wanted)}; sort them so"


def _check_bands(flow: Flow, rule: Rule, source: Source) -> None:
    given = tuple((band.id, band.highest) for band in flow.bands)
    if rule.bands is not None and given != rule.bands:
        wanted = ", ".join(f"{band} to {highest}" for band, highest in rule.bands) or "no bands"
        reason = f"scoring '{flow.scoring}' has the published bands: {wanted}; write these"
        source.refuse(source.lines["bands",], reason)
    if flow.bands:
        lowest, highest = rule.extent(flow.items)
        for band, reason in _wrong_bands(flow.bands, lowest, highest, step=int(rule.whole)):
            source.refuse(source.lines["band", band.id], f"band '{band.id}': {reason}")


def _wrong_bands(
    bands: tuple[Band, ...], lowest: int, highest: int, step: int
) -> Iterable[tuple[Band, str]]:
    for band in bands:
        if band.lowest > band.highest:
            yield band, f"begins at {band.lowest} and ends at {band.highest}; swap the two"
    if bands[0].lowest != lowest:
        yield bands[0], f"the lowest score is {lowest}; let the first band begin there"
    for before, band in pairwise(bands):
        begin = before.highest + step
        if band.lowest > begin:
            yield band, f"there is a gap after '{before.id}'; begin at {begin}"
        elif band.lowest < begin:
            yield band, f"it overlaps '{before.id}'; begin at {begin}"
    if bands[-1].highest != highest:
        yield bands[-1], f"the highest score is {highest}; let the last band end there"
