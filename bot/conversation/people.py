"""Whom the patient means, among the people they have named."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from bot.commands import role_of, tidy
from templates.command_words import load_command_words
from trajectory.care_team import Member

EMAIL = re.compile(r"[^\s@<>,;]+@[^\s@<>,;]+\.[^\s@<>,;.]{2,}")
_PARTING = re.compile(r"\s*[,;|\n]+\s*|(?:^|(?<=\s))[-\u2013\u2014/]+(?=\s|$)|:\s")
"""What may stand between role, name and address; the hyphen of a name has no blanks beside it."""
_INSIDE = re.compile(r"\s+(?=(?:my|our|min|mit|vores)\s)", re.IGNORECASE)
"""Where a role begins behind a name, as in "Anne my physio"."""
_BEFORE_EMAIL = re.compile(
    r"\s(?:(?:her|his|hendes|hans)\s+)?(?:at|on|by|via|på|e-?mail|mail)(?:\s+(?:is|er))?[\s:]*$",
    re.IGNORECASE,
)
_AND = re.compile(r"\s+(?:and|og|&|\+)\s+(?:(?:to|with|til|med)\s+)?", re.IGNORECASE)
_POSSESSIVE = re.compile(r"^(?:my|the|a|an|our|min|mit|mine|en|et) ", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Described:
    """Somebody in the patient's words, as far as they said."""

    role: str | None = None
    name: str = ""
    email: str = ""


def describe(words: str) -> Described:
    """Role, name and e-mail out of words such as "physio, Anne Berg, anne@klinik.dk".

    They stand in any order where commas, dashes or lines part them.
    """
    found = EMAIL.search(words)
    email = found.group() if found else ""
    before, _, after = words.partition(email) if email else (words, "", "")
    rest = f"{_BEFORE_EMAIL.sub('', before)}\n{after}"
    pieces = [each for part in _PARTING.split(rest) for each in _INSIDE.split(part)]
    parts = [_split_role(bare(piece)) for piece in pieces]
    role = next((role for role, _ in parts if role is not None), None)
    return Described(role, " ".join(name for _, name in parts if name), email)


def first_of(words: str) -> str:
    """The first of several people: each is dealt with alone."""
    return _AND.split(words.strip(), maxsplit=1)[0]


def bare(words: str) -> str:
    """The words without "my" or "the" before them."""
    return _POSSESSIVE.sub("", tidy(words))


def _split_role(words: str) -> tuple[str | None, str]:
    called = _called().search(words)
    if called is not None:
        return role_of(bare(words[: called.start()])), words[called.end() :]
    parts = [part for part in re.split(r"[\s,]+", words) if part]
    for length in range(min(3, len(parts)), 0, -1):
        role = role_of(" ".join(parts[:length]))
        if role is not None:
            return role, " ".join(parts[length:])
    return None, " ".join(parts)


@cache
def _called() -> re.Pattern[str]:
    """What stands between role and name, as in "my physio is called Anne"."""
    phrases = {phrase for words in load_command_words().values() for phrase in words.called}
    either = "|".join(map(re.escape, sorted(phrases)))
    return re.compile(rf"(?:^|\s)(?:{either})\s+", re.IGNORECASE)


def is_called(member: Member, name: str) -> bool:
    """Whether this may be that person's name: whole, or the first or last name alone."""
    said, known = name.casefold().split(), member.name.casefold().split()
    return set(said) <= set(known) or set(known) <= set(said)


def resolve(words: str, members: Sequence[Member]) -> list[Member]:
    """The people whom these words fit: by role, by whole name, or by a part of the name."""
    said = bare(words).casefold()
    role = role_of(said)
    if role is not None:
        return [member for member in members if member.role == role]
    whole = [member for member in members if member.name.casefold() == said]
    return whole or [member for member in members if said in member.name.casefold().split()]
