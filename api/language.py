"""In which language to speak to somebody whom we do not know yet."""

from __future__ import annotations

from collections.abc import Collection

from fastapi import Request

from templates.catalogue import load_catalogues

FALLBACK = "en"


def language_of(request: Request, otherwise: str = FALLBACK) -> str:
    """The language of the browser that we have words in; else the one that is given."""
    accepted = request.headers.get("accept-language", "")
    return preferred(f"{accepted},{otherwise};q=0.001", load_catalogues("words"))


def preferred(accepted: str, available: Collection[str]) -> str:
    """The first of `available` that an Accept-Language header asks for, by its weights."""
    weighted = [_weighted(part) for part in accepted.split(",")]
    for _, language in sorted(weighted, key=lambda each: -each[0]):
        if language in available:
            return language
    return FALLBACK


def _weighted(part: str) -> tuple[float, str]:
    tag, _, parameter = part.partition(";")
    language = tag.strip().split("-")[0].lower()
    try:
        return float(parameter.strip().removeprefix("q=") or 1), language
    except ValueError:
        return 0.0, language
