"""A message as even words, with where its sentences and clauses end."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_TOKEN = re.compile(r"[a-z]+|\d+(?:[.,]\d+)?|\n|[.!?;:,()]|(?<=\s)[-/](?=\s)")
_ACCENT = re.compile("[\u0300-\u036f]+")
_ENDS = frozenset(".!?;\n")
_FOLDED = str.maketrans(
    {
        "å": "aa", "æ": "ae", "ø": "oe", "ä": "ae", "ö": "oe", "ü": "y", "ß": "ss",
        "'": None, "’": None, "‘": None, "´": None, "`": None, "–": "-", "—": "-", "…": ".",
    }
)  # fmt: skip


@dataclass(slots=True)
class Text:
    """Words in order; `sentence` and `clause` number the ones that each stands in."""

    words: list[str]
    sentence: list[int]
    clause: list[int]
    asks: set[int]
    """The sentences that end in a question mark."""

    def together(self, one: int, other: int) -> bool:
        """Whether two words stand in the same sentence."""
        return self.sentence[one] == self.sentence[other]


def fold(text: str) -> str:
    """Lower case, one spelling for every accent and for æ, ø and å, no apostrophes."""
    text = text.casefold()
    if text.isascii():
        return text.replace("'", "").replace("`", "")
    text = unicodedata.normalize("NFC", text).translate(_FOLDED)
    return text if text.isascii() else _ACCENT.sub("", unicodedata.normalize("NFKD", text))


def cut(text: str) -> Text:
    """Cut a message into words, sentences and clauses. Linear in its length."""
    words: list[str] = []
    sentences: list[int] = []
    clauses: list[int] = []
    asks: set[int] = set()
    sentence = clause = 0
    for piece in _TOKEN.findall(fold(text)):
        if piece[0].isalnum():
            words.append(piece)
            sentences.append(sentence)
            clauses.append(clause)
        elif piece in _ENDS:
            if piece == "?":
                asks.add(sentence)
            sentence += 1
            clause += 1
        else:
            clause += 1
    return Text(words, sentences, clauses, asks)
