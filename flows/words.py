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
    # "e-mail", "a.m.": a single letter in these is not a letter of the list
    r"(?P<word>(?<!\w)[^\W\d_](?:-[^\W\d_]{2,}|(?:\.[^\W\d_](?!\w))+)"
    # "L5", "gr8": a digit in these is not a number
    r"|[^\W\d_]+(?:'[^\W\d_]+)*(?:\d\w*)?)"
    r"|(?P<number>\d+(?:[.,]\d+)?|(?<!\S)[.,]\d+)"
    r"|(?P<sign>[◐/?<>≤≥+±×%€$£°↑↓→📈📉🤷👍👎]|[-–—](?=\s*\d)|(?<=\d)[-–—](?=\s*$))"
)
_MARK = re.compile(r"\s*(?:[):,;=]|[-–—](?!\w)|\.(?!\w))")
_FACE = re.compile(r"(?<!\S)(?:[:;=]'?-?[)(dpcbox|/\\*]|:3)(?!\w)")
_SPELLED_HALF = re.compile(r"(?<=\d)\s+1/2(?!\d)")
_SPELLINGS = {"å": "aa", "æ": "ae", "ø": "oe"}
_TYPOGRAPHY = str.maketrans(
    dict.fromkeys("¼½¾⅓⅔⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞", f" {HALF} ")
    | dict.fromkeys("’‘´`ʼ", "'")
    | dict.fromkeys("−‐‑", "-")
    | dict.fromkeys("❓❔", "?")
    | {"⬆": "↑", "⬇": "↓", "🔟": "10", "⁄": "/"}
    | dict.fromkeys(["\N{COMBINING ENCLOSING KEYCAP}", "\ufe0f"])
    | _SPELLINGS
    | {letter.upper(): spelled for letter, spelled in _SPELLINGS.items()}
)


class Piece(NamedTuple):
    """One word, number or sign, in lower case.

    A number with a fraction has it in `half`: only that there is one matters. `marked` is a
    word with a sign behind it, as in "b)", "C:" and "a - because"; `glued` is one that sticks
    to a number, as in "7ish" and "6ty".
    """

    text: str
    number: int | None = None
    half: bool = False
    marked: bool = False
    glued: bool = False


def pieces(text: str) -> list[Piece]:
    """Cut a message up; other signs and pictures are left out. Linear in its length.

    Å, æ and ø become aa, ae and oe, as they are written where a keyboard lacks them.
    """
    text = _even(text)
    return [_piece(found, text) for found in _PIECE.finditer(text)]


def _even(text: str) -> str:
    if not text.isascii():
        composed = unicodedata.normalize("NFC", text)
        text = unicodedata.normalize("NFKC", composed.translate(_TYPOGRAPHY))
    text = text.replace("`", "'").casefold()
    if ":" in text or ";" in text or "=" in text:
        text = _FACE.sub(" ", text)
    return _SPELLED_HALF.sub(f" {HALF}", text) if "1/2" in text else text


def _piece(found: re.Match[str], text: str) -> Piece:
    word = found.group()
    if found.lastgroup == "number":
        return _number(word)
    start, end = found.span()
    marked = len(word) == 1 and _MARK.match(text, end) is not None
    return Piece(word, marked=marked, glued=_is_glued(text, start))


def _is_glued(text: str, start: int) -> bool:
    return start > 0 and text[start - 1].isdecimal() and text[start].isalpha()


def _number(digits: str) -> Piece:
    whole, _, fraction = digits.replace(",", ".").partition(".")
    if not whole:
        return Piece(f"0.{fraction}", 0, half=True)
    if len(fraction) == 3:
        return Piece(digits, _whole(whole + fraction))
    return Piece(digits, _whole(whole), half=bool(fraction) and _whole(fraction) > 0)


def _whole(digits: str) -> int:
    return int(digits) if len(digits) <= 5 else TOO_BIG
