"""Which command was probably meant by a message with a typing mistake in it.

Never acted on: the patient is asked first. Words of four letters or fewer must be right, and
a first letter always must be; "hej" is one letter from "nej", "stat" from "start". A single
word that people write for its own sake ("latest") is no misspelt command either.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations, islice, product

from rapidfuzz.distance import OSA

from bot.command_patterns import parse
from bot.command_patterns import words as words_of
from bot.commands import Command, recognise, tidy
from templates.command_words import CommandWords, load_command_words

SHORTEST = 5
"""Letters of the shortest word that may have a mistake in it."""
_LONG = 9
"""Letters from which on a word may have two."""
_MOST_WORDS = 12
_MOST_MISTAKES = 2
_MOST_TRIES = 60
_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Guess:
    """A command that may have been meant, and the message as it then would read."""

    command: Command
    words: str


def guess(text: str, language: str) -> Guess | None:
    """The command that this message is but for one or two mistakes, or None."""
    said = tidy(text)
    found = list(_WORD.finditer(said))
    if not 0 < len(found) <= _MOST_WORDS or _is_a_word_of_its_own(said):
        return None
    doubtful = [(match, near) for match in found if (near := _near(match.group().casefold()))]
    for mended in islice(_mended(said, doubtful), _MOST_TRIES):
        command = recognise(mended, language)
        if command is not None:
            return Guess(command, mended)
    return None


def _mended(said: str, doubtful: Sequence[tuple[re.Match[str], Sequence[str]]]) -> Iterator[str]:
    """The message with one word mended, then with two."""
    for count in range(1, _MOST_MISTAKES + 1):
        for chosen in combinations(doubtful, count):
            for words in product(*(near for _, near in chosen)):
                yield _with(said, [match.span() for match, _ in chosen], words)


def _with(said: str, places: Sequence[tuple[int, int]], words: Sequence[str]) -> str:
    for (start, end), word in reversed(list(zip(places, words, strict=True))):
        said = said[:start] + word + said[end:]
    return said


def _is_a_word_of_its_own(said: str) -> bool:
    return any(said.casefold() in words.look_alikes for words in load_command_words().values())


def _near(word: str) -> Sequence[str]:
    """Words of the commands that this may have been, the nearest first."""
    vocabulary = _vocabulary()
    if len(word) < SHORTEST or word in vocabulary.known:
        return ()
    near = [
        (distance, known)
        for known in vocabulary.by_first.get(word[0], ())
        if (distance := _distance(word, known)) is not None
    ]
    return [known for _, known in sorted(near)]


def _distance(word: str, known: str) -> int | None:
    """How many letters are wrong, left out, doubled or swapped; None: too many."""
    allowed = 2 if len(known) >= _LONG else 1
    if abs(len(word) - len(known)) > allowed:
        return None
    distance = int(OSA.distance(word, known, score_cutoff=allowed))
    if distance > allowed:
        return None
    another_letter = len(known) == SHORTEST == len(word) and sorted(word) != sorted(known)
    return None if another_letter else distance


@dataclass(frozen=True, slots=True)
class _Vocabulary:
    known: frozenset[str]
    by_first: Mapping[str, Sequence[str]]


@cache
def _vocabulary() -> _Vocabulary:
    known = frozenset(word for words in load_command_words().values() for word in _all_words(words))
    by_first: dict[str, list[str]] = {}
    for word in sorted(known):
        if len(word) >= SHORTEST:
            by_first.setdefault(word[0], []).append(word)
    return _Vocabulary(known, by_first)


def _all_words(words: CommandWords) -> Iterator[str]:
    for patterns in words.commands.values():
        for pattern in patterns:
            yield from words_of(parse(pattern.removeprefix("~"), words.phrases))
    for phrases in (words.before, words.after, words.inside):
        yield from (word for phrase in phrases for word in phrase.split())
    when = words.when
    for known in (when.weekdays, when.every, when.months, when.units, when.numbers):
        yield from known
