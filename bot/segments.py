"""How many segments an SMS takes (3GPP TS 23.038): what the operator charges for."""

from __future__ import annotations

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")


def is_gsm7(text: str) -> bool:
    """Whether every character exists in the GSM 7-bit alphabet or its extension."""
    return all(c in _BASIC or c in _EXTENDED for c in text)


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
