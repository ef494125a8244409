"""Long texts in several messages."""

from __future__ import annotations

LONGEST_TEXT = 1500
"""Characters of one message; the narrowest channel takes 1,600."""


def parts(text: str, longest: int = LONGEST_TEXT) -> list[str]:
    """The text in pieces of at most so many characters, cut between lines or words."""
    pieces = []
    while len(text) > longest:
        cut = max(text.rfind("\n", 0, longest + 1), text.rfind(" ", 0, longest + 1))
        cut = cut if cut > 0 else longest
        pieces.append(text[:cut].rstrip())
        text = text[cut:].lstrip()
    return [*pieces, text]
