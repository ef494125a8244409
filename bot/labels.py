"""What the pages call questions and answers: the definitions' own short titles and options."""

from __future__ import annotations

from collections.abc import Iterator

from flows.library import Library
from flows.model import Flow, Item


def labels(library: Library, language: str) -> dict[str, str]:
    """Words by `flow`, `flow/item` and `flow/item/option`; items without a title have none."""
    return {key: text for flow in library.flows.values() for key, text in _of_flow(flow, language)}


def _of_flow(flow: Flow, language: str) -> Iterator[tuple[str, str]]:
    if language in flow.title:
        yield flow.id, flow.title[language]
    for item in flow.items:
        yield from _of_item(f"{flow.id}/{item.id}", item, language)


def _of_item(key: str, item: Item, language: str) -> Iterator[tuple[str, str]]:
    if item.title is not None and language in item.title:
        yield key, item.title[language]
    for option in item.options:
        if language in option.text:
            yield f"{key}/{option.id}", option.text[language]
