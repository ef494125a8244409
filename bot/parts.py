"""Long texts in several messages."""

from __future__ import annotations

from bot.messages import Rendered

LONGEST_TEXT = 1500
"""Characters of one message; the narrowest channel takes 1,600."""
_SENTENCE_ENDS = (". ", "! ", "? ")


def parts(text: str, longest: int = LONGEST_TEXT) -> list[str]:
    """The text in pieces of at most so many characters, cut between lines, sentences or words.

    A piece is never shorter than half of what it may be for the sake of a nicer cut.
    """
    pieces = []
    while len(text) > longest:
        cut = _cut(text, longest)
        pieces.append(text[:cut].rstrip())
        text = text[cut:].lstrip()
    return [*pieces, text]


def _cut(text: str, longest: int) -> int:
    line = text.rfind("\n", 0, longest + 1)
    sentence = max(text.rfind(end, 0, longest) for end in _SENTENCE_ENDS) + 1
    word = text.rfind(" ", 0, longest + 1)
    nice = next((cut for cut in (line, sentence) if cut > longest // 2), 0)
    return nice or max(line, word, 0) or longest


def in_parts(rendered: Rendered) -> list[Rendered]:
    """The message in several where it is too long for one; its buttons stand under the last."""
    if len(rendered.text) <= LONGEST_TEXT:
        return [rendered]
    *first, last = parts(rendered.text)
    return [*map(Rendered, first), rendered._replace(text=last)]
