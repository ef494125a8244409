"""Texts of people made fit for one line, and for fonts that have no sign for everything."""

from __future__ import annotations

import re
from unicodedata import category, normalize

MISSING = "\N{WHITE SQUARE}"
"""Stands for what the fonts cannot show."""
LONGEST_WORD = 24
"""Characters; longer ones may be broken anywhere."""

_DRAWN = (
    (0x20, 0x7E),
    (0xA0, 0xAC),
    (0xAE, 0x2FF),
    (0x384, 0x38A),
    (0x38E, 0x3A1),
    (0x3A3, 0x4FF),
    (0x1E00, 0x1EFF),
    (0x2010, 0x2027),
    (0x2030, 0x203A),
    (0x20A0, 0x20C0),
    (0x2190, 0x22FF),
    (0x25A0, 0x25FF),
)
"""First and last of the characters that the fonts of templates/papers.py have, as tested."""
_LONG_WORD = re.compile(rf"\S{{{LONGEST_WORD}}}(?=\S)")
_MAY_BREAK = "\N{ZERO WIDTH SPACE}"


def one_line(text: str, length: int = 160) -> str:
    """Somebody's words on one line, cut where they get long."""
    words = " ".join(text.split())
    return words if len(words) <= length else words[: length - 3].rstrip() + "..."


def printable(text: str) -> str:
    """The text with `MISSING` for every sign that no font has; invisible ones are left out."""
    seen = (each for each in normalize("NFC", text) if category(each) not in {"Cf", "Cc", "Mn"})
    return "".join(each if _is_drawn(each) else MISSING for each in seen)


def breakable(text: str) -> str:
    """The text with places to break in words that no line might have room for."""
    return _LONG_WORD.sub(lambda word: word[0] + _MAY_BREAK, text)


def _is_drawn(sign: str) -> bool:
    return any(first <= ord(sign) <= last for first, last in _DRAWN)
