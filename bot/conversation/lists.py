"""Several names in one sentence."""

from __future__ import annotations

from collections.abc import Sequence


def joined(names: Sequence[str], word: str) -> str:
    """`A`, `A and B`, `A, B and C`, with the word that is given."""
    return f" {word} ".join(filter(None, (", ".join(names[:-1]), names[-1])))
