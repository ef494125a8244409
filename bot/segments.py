"""How many segments an SMS takes (3GPP TS 23.038): what the operator charges for.

One letter outside the GSM 7-bit alphabet makes the whole message cost about double, so what
stands in a name or a note is written with the alphabet's own signs where they say the same.
"""

from __future__ import annotations

import unicodedata

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")


_SAME = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u00b4`\u02bc", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2022\u00b7", "-"),
        **dict.fromkeys("\t\u00a0\u2002\u2003\u2007\u2008\u2009\u200a\u202f\u3000", " "),
        **dict.fromkeys("\u2028\u2029\u0085\v", "\n"),
        **dict.fromkeys("\u00ad\u200b\u2060\ufeff\u200e\u200f", ""),
        "\u2026": "...",
        "\u2192": "->",
        "\u2264": "<=",
        "\u2265": ">=",
        "\u00d7": "x",
    }
)
_LETTERS = str.maketrans(
    {
        **dict.fromkeys("đð", "d"),
        **dict.fromkeys("ĐÐ", "D"),
        "ı": "i",
        "ł": "l",
        "Ł": "L",
        "þ": "th",
        "Þ": "Th",
        "œ": "oe",
        "Œ": "OE",
    }
)


def is_gsm7(text: str) -> bool:
    """Whether every character exists in the GSM 7-bit alphabet or its extension."""
    return all(c in _BASIC or c in _EXTENDED for c in text)


def folded(text: str, *, letters: bool = True) -> str:
    """The text in the GSM 7-bit alphabet where that says the same, else the text as it is.

    Quotes, dashes and blanks of all kinds become plain ones and, with `letters`, an accent that
    the alphabet lacks is left off. A text that this does not bring into the alphabet (an emoji,
    another script) is not touched at all: it would cost as much, and read worse.
    """
    if is_gsm7(text):
        return text
    plain = text.translate(_SAME)
    if letters:
        plain = "".join(_letter(c) for c in unicodedata.normalize("NFC", plain))
    return plain if is_gsm7(plain) and segments(plain) <= segments(text) else text


def _letter(character: str) -> str:
    if is_gsm7(character):
        return character
    bare = unicodedata.normalize("NFD", character)[0] if character.isalpha() else character
    return bare.translate(_LETTERS)


def segments(text: str) -> int:
    """Segments of this text: 160/153 septets in GSM-7, 70/67 UTF-16 units otherwise.

    A character is never split between two segments, so a two-unit character at a border
    moves to the next one whole. An empty text still costs one.
    """
    if is_gsm7(text):
        return _fill([2 if c in _EXTENDED else 1 for c in text], alone=160, part=153)
    return _fill([2 if ord(c) > 0xFFFF else 1 for c in text], alone=70, part=67)


def _fill(widths: list[int], *, alone: int, part: int) -> int:
    if sum(widths) <= alone:
        return 1
    count, room = 1, part
    for width in widths:
        if width > room:
            count, room = count + 1, part
        room -= width
    return count
