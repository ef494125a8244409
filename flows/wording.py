"""Wording packs: an instrument's licensed texts in one language, in place of ours.

A pack is a YAML file beside the product. It names the licence, and fits the instrument's ids
exactly: what it leaves out or has too much is a mistake, never a mixture of two wordings.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from flows.canonical import sealed
from flows.errors import DefinitionError
from flows.library import Library
from flows.model import Flow, Item, Texts
from flows.own_words import named_in
from flows.source import Block, Source, parse
from flows.spelling import advice, listed

_REQUIRED = ("flow", "language", "holder", "reference", "version", "items")
_OPTIONAL = ("title", "intro", "closing")


@dataclass(frozen=True, slots=True)
class Pack:
    """One instrument's texts in one language, checked against its definition."""

    flow: str
    language: str
    reference: str
    """Licence holder, reference and version, as every score shows it."""
    texts: Mapping[str, str]
    """By place: `title`, `intro`, `closing`, `item`, `item/option`, `item#lowest`."""


def is_pack(text: str, file: str) -> bool:
    """Whether a file is a wording pack; one that cannot be read at all is not."""
    try:
        block = parse(Source(file), text, "wording pack")
    except DefinitionError:
        return False
    return "flow" in block and "id" not in block and "steps" not in block


def read_pack(text: str, file: str, library: Library) -> Pack:
    """Read a pack for a flow of this library.

    Raises:
        DefinitionError: it does not fit; it names every mistake that was found.
    """
    source = Source(file)
    block = parse(source, text, "wording pack")
    block.allow(_REQUIRED, _OPTIONAL)
    flow = _flow(block, library)
    source.finish()
    assert flow is not None
    texts = {key: block.text(key) for key in _OPTIONAL if key in block}
    texts |= _items(block, flow)
    pack = Pack(flow.id, block.text("language"), _reference(block), texts)
    source.finish()
    return pack


def worded(library: Library, packs: Iterable[Pack]) -> Library:
    """The library with these packs' texts, each flow under a new hash."""
    flows = dict(library.flows)
    for pack in packs:
        flows[pack.flow] = sealed(_worded(flows[pack.flow], pack))
    return Library(flows.values(), library.pathways.values())


def _reference(block: Block) -> str:
    return ", ".join(block.text(key) for key in ("holder", "reference", "version"))


def _flow(block: Block, library: Library) -> Flow | None:
    name, language = block.text("flow"), block.text("language")
    flow = library.flows.get(name)
    if flow is None:
        if name:
            block.refuse("flow", f"no flow is called '{name}'; {advice(name, library.flows)}")
    elif language and language not in flow.languages:
        known = advice(language, flow.languages)
        block.refuse("language", f"'{name}' is not offered in '{language}'; {known}")
    return flow


def _items(block: Block, flow: Flow) -> dict[str, str]:
    items = block.block("items")
    assert items is not None
    items.allow([item.id for item in flow.items])
    texts: dict[str, str] = {}
    for item in flow.items:
        texts |= _item(items.block(item.id), item)
    return texts


def _item(block: Block | None, item: Item) -> dict[str, str]:
    if block is None:
        return {}
    required = ["text", *(["options"] if item.options else [])]
    block.allow([*required, *(["anchors"] if item.anchors else [])])
    texts = {item.id: block.text("text")}
    if texts[item.id] and named_in(texts[item.id]) != named_in(next(iter(item.text.values()))):
        quoted = listed(sorted(named_in(next(iter(item.text.values())))))
        block.refuse("text", f"the text must quote {quoted or 'nothing'}, in braces, as ours does")
    for key, places in (
        ("options", {option.id: f"{item.id}/{option.id}" for option in item.options}),
        ("anchors", {end: f"{item.id}#{end}" for end in ("lowest", "highest")}),
    ):
        inner = block.block(key)
        if inner is not None:
            inner.allow(places)
            texts |= {place: inner.text(name) for name, place in places.items()}
    return texts


def _worded(flow: Flow, pack: Pack) -> Flow:
    def put(texts: Texts, place: str) -> Texts:
        return {**texts, pack.language: pack.texts.get(place, texts[pack.language])}

    return replace(
        flow,
        title=put(flow.title, "title"),
        intro=flow.intro and put(flow.intro, "intro"),
        closing=flow.closing and put(flow.closing, "closing"),
        items=tuple(
            replace(
                item,
                text=put(item.text, item.id),
                # In few words of ours it would no longer be the owner's question.
                brief=None if item.id in pack.texts else item.brief,
                options=tuple(
                    replace(option, text=put(option.text, f"{item.id}/{option.id}"))
                    for option in item.options
                ),
                anchors=item.anchors
                and (
                    put(item.anchors[0], f"{item.id}#lowest"),
                    put(item.anchors[1], f"{item.id}#highest"),
                ),
            )
            for item in flow.items
        ),
        wordings={**(flow.wordings or {}), pack.language: pack.reference},
    )
