"""Definition files (YAML 1.2) read into flows and pathways, or refused with line and reason.

The file's own consistency is checked here; what one file says of another, in `library`.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import PurePath

from flows.canonical import sealed
from flows.checks import check_flow
from flows.following import read_follow
from flows.model import (
    Band,
    Condition,
    Flow,
    FlowKind,
    Item,
    ItemKind,
    Operator,
    Option,
    Pathway,
    Subscale,
    Test,
    Texts,
    Urgency,
)
from flows.plan import read_step
from flows.source import Block, Source, parse
from flows.spelling import is_identifier

_FLOW_KEYS = (
    "scoring",
    "minimum-answered",
    "bands",
    "subscales",
    "intro",
    "closing",
    "wording",
    "licensed",
    "loinc",
    "one-sitting",
    "reminders",
    "expires",
    "priority",
    "follow",
)
_KEYS_BY_KIND = {
    ItemKind.CHOICE: ("options", "opens"),
    ItemKind.SCALE: ("minimum", "maximum", "anchors", "unit", "unit-one", "follow"),
    ItemKind.COUNT: ("minimum", "maximum", "unit", "unit-one", "follow"),
    ItemKind.YES_NO: ("options", "opens", "flag"),
    ItemKind.TEXT: (),
}
_REQUIRED_BY_KIND = {
    ItemKind.CHOICE: ("options",),
    ItemKind.SCALE: ("minimum", "maximum"),
    ItemKind.COUNT: ("minimum", "maximum", "unit"),
    ItemKind.YES_NO: ("options",),
    ItemKind.TEXT: (),
}
_IN_SUMMARY = ("measures", "curves", "told")
_ITEM_KEYS = ("title", "brief", "enable-when", "may-not-apply", "loinc", "known-for")


def load_flow(text: str, file: str) -> Flow:
    """Read one questionnaire, check-in, screen or intake.

    Raises:
        DefinitionError: the definition is wrong; it names every mistake that was found.
    """
    return _read_flow(parse(Source(file), text, "flow"))


def load_pathway(text: str, file: str) -> Pathway:
    """Read one pathway.

    Raises:
        DefinitionError: the definition is wrong; it names every mistake that was found.
    """
    return _read_pathway(parse(Source(file), text, "pathway"))


def read_definition(text: str, file: str) -> tuple[Flow | Pathway, Source]:
    """Read whichever of the two a file holds, with the lines on which its parts stand.

    A pathway has steps, or lies in a folder `pathways` and has no items.

    Raises:
        DefinitionError: as `load_flow`.
    """
    source = Source(file)
    block = parse(source, text, "definition")
    if "steps" in block or ("items" not in block and "pathways" in PurePath(file).parts):
        return _read_pathway(block), source
    return _read_flow(block), source


def _read_flow(block: Block) -> Flow:
    flow = _flow(block)
    block.source.finish()
    check_flow(flow, block.source)
    block.source.finish()
    return sealed(flow)


def _read_pathway(block: Block) -> Pathway:
    source = block.source
    block.allow(("id", "title", "steps"), ("about", "gates", *_IN_SUMMARY))
    title = _title(block)
    pathway = Pathway(
        id=block.identifier("id"),
        title=title,
        steps=tuple(read_step(step) for step in block.blocks("steps", "step")),
        about=block.texts("about"),
        gates=block.words("gates"),
        **{key: block.words(key) for key in _IN_SUMMARY},
    )
    for key in ("id", "gates", *_IN_SUMMARY):
        source.lines[key,] = block.line_at(key)
    source.finish()
    return pathway


def _flow(block: Block) -> Flow:
    block.allow(("id", "kind", "title", "items"), _FLOW_KEYS)
    title = _title(block)
    for key in (
        "id",
        "scoring",
        "bands",
        "minimum-answered",
        "reminders",
        "expires",
        "follow",
        "subscales",
    ):
        block.source.lines[key,] = block.line_at(key)
    items = tuple(_item(item) for item in block.blocks("items", "item"))
    return Flow(
        id=block.identifier("id"),
        kind=block.one_of("kind", FlowKind, FlowKind.CHECK_IN),
        title=title,
        items=items,
        definition="",
        scoring=block.optional_text("scoring"),
        minimum_answered=block.integer("minimum-answered") if "minimum-answered" in block else None,
        bands=tuple(_band(band) for band in block.blocks("bands", "band")),
        subscales=tuple(_subscale(each) for each in block.blocks("subscales", "subscale")),
        intro=block.texts("intro"),
        closing=block.texts("closing"),
        wording=block.text("wording", "demonstration"),
        licensed=block.flag("licensed"),
        loinc=block.optional_text("loinc"),
        one_sitting=block.flag("one-sitting"),
        reminders=block.durations("reminders"),
        expires=block.duration("expires", timedelta(days=7)),
        priority=block.integer("priority", 50),
        follow=read_follow(block),
    )


def _title(block: Block) -> Texts:
    """The title; its languages are those that every other text must have."""
    title = block.texts_or_empty("title")
    block.source.languages = frozenset(title)
    return title


def _item(block: Block) -> Item:
    source = block.source
    kind = _item_kind(block)
    item_id = block.identifier("id")
    block.claim("item", item_id)
    for key in ("minimum", "options", "opens", "known-for", "follow"):
        source.lines.setdefault(("item", item_id, key), block.line_at(key))
    options = block.blocks("options", f"{block.name}, option")
    return Item(
        id=item_id,
        kind=kind,
        text=block.texts_or_empty("text"),
        options=tuple(_option(each, item_id) for each in options),
        minimum=block.integer("minimum"),
        maximum=block.integer("maximum"),
        unit=block.texts("unit"),
        unit_one=block.texts("unit-one"),
        anchors=_anchors(block),
        title=block.texts("title"),
        brief=block.texts("brief"),
        enable_when=_condition(block, item_id),
        may_not_apply=block.flag("may-not-apply"),
        flag=block.one_of("flag", Urgency, Urgency.SOON) if "flag" in block else None,
        opens=_opens(block),
        loinc=block.optional_text("loinc"),
        known_for=block.duration("known-for", timedelta(0)) or None,
        follow=read_follow(block),
    )


def _item_kind(block: Block) -> ItemKind:
    """The kind, after the keys have been checked against what this kind may have."""
    if "kind" not in block:
        block.allow(("id", "kind", "text"), tuple(block))
        return ItemKind.TEXT
    noted = block.source.refusals
    kind = block.one_of("kind", ItemKind, ItemKind.TEXT)
    if block.source.refusals > noted:
        return kind
    others = {key for keys in _KEYS_BY_KIND.values() for key in keys} - {*_KEYS_BY_KIND[kind]}
    strangers = [key for key in block if key in others]
    for key in strangers:
        block.refuse(key, f"a {kind} item has no '{key}'; remove it or change the kind")
    required = ("id", "kind", "text", *_REQUIRED_BY_KIND[kind])
    optional = {*_ITEM_KEYS, *_KEYS_BY_KIND[kind]} - {*required}
    block.allow(required, sorted(optional), refused=strangers)
    return kind


def _option(block: Block, item_id: str) -> Option:
    block.allow(("id", "text"), ("score", "also"))
    option_id = block.identifier("id")
    block.claim("option", item_id, option_id)
    return Option(
        id=option_id,
        text=block.texts_or_empty("text"),
        score=block.integer("score") if "score" in block else None,
        also=_also(block),
    )


def _also(block: Block) -> dict[str, tuple[str, ...]] | None:
    also = block.block("also")
    if also is None:
        return None
    also.allow((), sorted(block.source.languages))
    return {language: also.words(language) for language in also}


def _anchors(block: Block) -> tuple[Texts, Texts] | None:
    anchors = block.block("anchors")
    if anchors is None:
        return None
    anchors.allow(("lowest", "highest"))
    return anchors.texts_or_empty("lowest"), anchors.texts_or_empty("highest")


def _opens(block: Block) -> dict[str, str] | None:
    opens = block.block("opens")
    return None if opens is None else {option: opens.text(option) for option in opens}


def _condition(block: Block, item_id: str) -> Condition | None:
    when = block.block("enable-when")
    if when is None:
        return None
    when.allow((), ("all", "any"))
    behaviors = [key for key in ("all", "any") if key in when]
    if len(behaviors) != 1:
        when.refuse_at(when.line, "write either 'all' or 'any', and the list of tests under it")
        return None
    tests = tuple(
        _test(test, item_id) for test in when.blocks(behaviors[0], f"item '{item_id}', test")
    )
    return Condition(tests, behaviors[0])


def _test(block: Block, item_id: str) -> Test:
    block.allow(("question", "operator", "answer"))
    test = Test(
        question=block.text("question"),
        operator=block.one_of("operator", Operator, Operator.EXISTS),
        answer=block.scalar("answer"),
    )
    block.source.lines.setdefault(("test", item_id, test.question), block.line)
    return test


def _band(block: Block) -> Band:
    block.allow(("id", "from", "to", "text"))
    band = Band(
        id=block.text("id"),
        lowest=block.integer("from"),
        highest=block.integer("to"),
        text=block.texts_or_empty("text"),
    )
    if band.id and not is_identifier(band.id.replace(" ", "-")):
        block.refuse("id", f"'{band.id}' is not a good id; use lower-case words, such as 'severe'")
    block.claim("band", band.id)
    return band


def _subscale(block: Block) -> Subscale:
    block.allow(("id", "items", "text"), ("positive-from",))
    subscale = Subscale(
        id=block.identifier("id"),
        items=block.words("items"),
        text=block.texts_or_empty("text"),
        positive_from=block.integer("positive-from") if "positive-from" in block else None,
    )
    block.claim("subscale", subscale.id)
    return subscale
