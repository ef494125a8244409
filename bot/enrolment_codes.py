"""The code on a patient's card: how it is drawn, shown, and read as people write it.

Eight characters that nobody can take for one another; at least one digit and one letter, so
that neither a word nor a telephone number is ever one.
"""

from __future__ import annotations

import re
import unicodedata
from random import Random

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Without 0, O, 1, I and L."""
PLAIN = "AAAA-2222"
"""A code in which nobody reads a word."""
LENGTH = 8
_HALF = LENGTH // 2
_CHARACTER = f"[{ALPHABET}{ALPHABET.lower()}]"
_DASH = r"[-\u2010-\u2015\u2212_.]"
_BETWEEN = rf"(?:\s*{_DASH}\s*|\s+)?"
_WHOLE = re.compile(rf"{_CHARACTER}(?:{_BETWEEN}{_CHARACTER}){{{LENGTH - 1}}}")
_WITHIN = re.compile(rf"(?<!\w)({_CHARACTER}{{{_HALF}}}{_DASH}?{_CHARACTER}{{{_HALF}}})(?!\w)")
_HALVES = re.compile(rf"{_CHARACTER}{{{_HALF}}}(?:{_DASH}|\s)?{_CHARACTER}{{{_HALF}}}")
_AS_SHOWN = re.compile(rf"[{ALPHABET}]{{{_HALF}}}{_DASH}[{ALPHABET}]{{{_HALF}}}")
_OPENING = re.compile(r"^\W*(?:start(?:@\w+)?|tilmeld|kode|code)\b[\s:]*(.*)$", re.I | re.S)
_EDGES = " \t\r\n\"'.,;:!?()<>[]*"
_SEPARATORS = re.compile(rf"{_DASH}|\s")
_LONGEST = 300
"""Characters of a message in which a code is looked for."""


def new_code(random: Random) -> str:
    """A code nobody can guess: 39 bits. As it is stored, without a dash."""
    while True:
        code = "".join(random.choices(ALPHABET, k=LENGTH))
        if _is_code(code):
            return code


def shown_code(code: str) -> str:
    """As it stands on the card: K7M4-2PQR."""
    return f"{code[:_HALF]}-{code[_HALF:]}"


def read_code(text: str) -> str | None:
    """The code in a message of somebody unknown; None where there is none.

    Empty: the message gives a code, and that cannot be one (`START 48213`).
    """
    said = unicodedata.normalize("NFKC", text[:_LONGEST]).strip(_EDGES)
    opening = _OPENING.match(said)
    words = opening[1].strip(_EDGES) if opening else said
    whole = _WHOLE.fullmatch(words)
    found = [whole.group()] if whole else _WITHIN.findall(words)
    for each in found:
        code = _SEPARATORS.sub("", each).upper()
        if _is_code(code):
            return code
    gives_one = opening is not None and any(each.isdigit() for each in words)
    return "" if gives_one else None


def is_code(text: str) -> bool:
    """Whether a patient's message is nothing but a code: whoever is known needs none.

    Two words are one in capitals only: "25th June" is a day.
    """
    said = text.strip(_EDGES)
    if len(said.split()) > 1 and not said.isupper():
        return False
    return _HALVES.fullmatch(said) is not None and _is_code(_SEPARATORS.sub("", said))


def is_start_with_code(text: str) -> bool:
    """Whether a message is nothing but START and a code as it stands on the card.

    In any other form words might look so: "start cant pee2".
    """
    opening = _OPENING.match(text.strip(_EDGES))
    shown = _AS_SHOWN.fullmatch(opening[1].strip(_EDGES)) if opening else None
    return shown is not None and _is_code(_SEPARATORS.sub("", shown.group()))


def with_plain_code(text: str, code: str) -> str:
    """A message with a code in place of this one, which it shows, that looks like no words.

    Chance writes C39C, a fever, and 6KMS, a crash.
    """
    return re.sub(_BETWEEN.join(code), PLAIN, text, count=1, flags=re.I)


def _is_code(code: str) -> bool:
    return any(each.isdigit() for each in code) and any(each.isalpha() for each in code)
