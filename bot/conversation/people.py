"""Whom the patient means, among the people they have named."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.commands import role_of, tidy
from trajectory.care_team import Member

EMAIL = re.compile(r"[^\s@<>,;]+@[^\s@<>,;]+\.[^\s@<>,;.]{2,}")
_POSSESSIVE = re.compile(r"^(?:my|the|a|an|our|min|mit|mine|en|et) ", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Described:
    """Somebody in the patient's words, as far as they said."""

    role: str | None = None
    name: str = ""
    email: str = ""


def describe(words: str) -> Described:
    """Role, name and e-mail out of words such as "physio, Anne Berg, anne@klinik.dk"."""
    found = EMAIL.search(words)
    email = found.group() if found else ""
    rest = _POSSESSIVE.sub("", tidy(words.replace(email, " "))) if email else bare(words)
    role, name = _split_role(rest)
    return Described(role, name, email)


def bare(words: str) -> str:
    """The words without "my" or "the" before them."""
    return _POSSESSIVE.sub("", tidy(words))


def _split_role(words: str) -> tuple[str | None, str]:
    parts = [part for part in re.split(r"[\s,]+", words) if part]
    for length in range(min(3, len(parts)), 0, -1):
        role = role_of(" ".join(parts[:length]))
        if role is not None:
            return role, " ".join(parts[length:])
    return None, " ".join(parts)


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
