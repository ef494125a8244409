"""A message cut into words, numbers and the few signs that change an answer."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

HALF = "◐"
"""Stands for every fraction sign; unlike "½", normalising leaves it alone."""
TOO_BIG = 100_000
"""Stands for every number that has more digits than any answer."""

_PIECE = re.compile(
    r"(?P<number>\d+(?:[.,]\d+)?)"
    r"|(?P<word>[^\W\d_]+(?:'[^\W\d_]+)*)"
    r"|(?P<sign>[◐/?<>+%=👍👎]|[-–—](?=\s*\d))"
)
_MARK = re.compile(r"\s*(?:[):,;=]|[-–—]|\.(?!\w))")
_SPELLED_HALF = re.compile(r"(?<=\d)\s+1/2(?!\d)")
_TYPOGRAPHY = str.maketrans(
    dict.fromkeys("¼½¾⅓⅔⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞", f" {HALF} ")
    | dict.fromkeys("’‘´`ʼ", "'")
    | {"🔟": "10", "⁄": "/", "\N{COMBINING ENCLOSING KEYCAP}": None, "\ufe0f": None}
)


class Piece(NamedTuple):
    """One word, number or sign, in lower case.

    A number with a fraction has it in `half`: only that there is one matters. `marked` is a
    word with a sign behind it, as in "b)", "C:" and "a - because".
    """

    text: str
    number: int | None = None
    half: bool = False
    marked: bool = False


def pieces(text: str) -> list[Piece]:
    """Cut a message up; other signs and pictures are left out. Linear in its length."""
    text = _even(text)
    return [_piece(found, text) for found in _PIECE.finditer(text)]


def _even(text: str) -> str:
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text.translate(_TYPOGRAPHY))
    text = text.replace("`", "'").casefold()
    return _SPELLED_HALF.sub(f" {HALF}", text) if "1/2" in text else text


def _piece(found: re.Match[str], text: str) -> Piece:
    word = found.group()
    if found.lastgroup == "number":
        return _number(word)
    marked = len(word) == 1 and _MARK.match(text, found.end()) is not None
    return Piece(word, marked=marked)


def _number(digits: str) -> Piece:
    whole, _, fraction = digits.replace(",", ".").partition(".")
    if len(fraction) == 3:
        return Piece(digits, _whole(whole + fraction))
    return Piece(digits, _whole(whole), half=bool(fraction) and _whole(fraction) > 0)


def _whole(digits: str) -> int:
    return int(digits) if len(digits) <= 5 else TOO_BIG
