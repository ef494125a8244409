"""Reading the answer to a list of statements, or to a yes/no question.

The first way of reading that finds anything decides: a label, a letter, the beginning of
a label, yes and no, a label among other words, a digit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from flows.events import Why
from flows.lexicon import Lexicon, Sense, Token
from flows.model import Item
from flows.reading.labels import Label, begun, content, mentioned, option_labels, said_whole
from flows.reading.outcome import NotAReply, Reading, ambiguous, understood
from flows.reading.polarity import read_polarity


def read_option(item: Item, tokens: Sequence[Token], lexicon: Lexicon) -> Reading:
    """One option by letter, by its words or by yes/no; a digit is always asked back."""
    labels = option_labels(item, lexicon)
    return (
        _one_of(item, said_whole(tokens, labels))
        or _by_letter(item, tokens, labels)
        or _one_of(item, begun(tokens, labels))
        or read_polarity(item, tokens)
        or _among_words(mentioned(tokens, labels))
        or _by_digit(item, tokens)
        or NotAReply(Why.NOT_A_REPLY)
    )


def _one_of(item: Item, found: Iterable[str]) -> Reading | None:
    options = tuple(dict.fromkeys(found))
    if len(options) == 1:
        return understood(item, options[0])
    return ambiguous(options, Why.SEVERAL) if options else None


def _among_words(found: Sequence[str]) -> Reading | None:
    if not found:
        return None
    return ambiguous(found, Why.SEVERAL if len(set(found)) > 1 else Why.UNCERTAIN)


def _by_letter(item: Item, tokens: Sequence[Token], labels: Sequence[Label]) -> Reading | None:
    said = _letters_and_words(item, tokens)
    rest = [token for token in said if not _letter(item, token)]
    plain = all(token.means(Sense.CONNECTOR, Sense.LETTER_PREFIX) for token in rest)
    letters = [
        option
        for at, token in enumerate(said)
        if (option := _letter(item, token)) and (plain or _stands_out(at, said))
    ]
    if not letters:
        return None
    if plain or len(set(letters)) > 1:
        return _one_of(item, letters) if len(letters) == 1 else _among_words(letters)
    return _with_words(item, letters[0], rest, labels)


def _with_words(item: Item, letter: str, rest: Sequence[Token], labels: Sequence[Label]) -> Reading:
    """A letter and words: certain only where the words are those of the same option."""
    named = said_whole(rest, labels) or begun(rest, labels)
    if not named:
        return ambiguous((letter,), Why.UNCERTAIN)
    return _one_of(item, (letter, *named)) or NotAReply(Why.NOT_A_REPLY)


def _letters_and_words(item: Item, tokens: Sequence[Token]) -> list[Token]:
    return [token for token in tokens if not token.means(Sense.HEDGE) or _letter(item, token)]


def _letter(item: Item, token: Token) -> str | None:
    """The option that this letter stands before, if it is a letter of the list."""
    if len(token.text) != 1 or not "a" <= token.text <= "z":
        return None
    at = ord(token.text) - ord("a")
    return item.options[at].id if at < len(item.options) else None


def _stands_out(at: int, said: Sequence[Token]) -> bool:
    """Whether a letter beside words is meant as a letter: "b because ...", not "a lot"."""
    token = said[at]
    prefixed = at > 0 and said[at - 1].means(Sense.LETTER_PREFIX)
    return token.marked or prefixed or not token.means(Sense.LITTLE_WORD)


def _by_digit(item: Item, tokens: Sequence[Token]) -> Reading | None:
    """A digit on a lettered list may be the place, or the score on paper: always asked back."""
    said = [token for token in content(tokens) if not token.means(Sense.LETTER_PREFIX)]
    numbers = [token for token in said if token.means(Sense.NUMBER)]
    alone = all(token.means(Sense.NUMBER, Sense.CONNECTOR) for token in said)
    if not numbers or not (alone or said[0].text.isdecimal()):
        return None
    places = [number.meaning.value for number in numbers]
    options = [item.options[at - 1].id for at in places if 1 <= at <= len(item.options)]
    if not options:
        return NotAReply(Why.OUT_OF_RANGE if alone else Why.NOT_A_REPLY)
    return ambiguous(options, Why.SEVERAL if len(set(places)) > 1 else Why.DIGIT_FOR_LETTER)
