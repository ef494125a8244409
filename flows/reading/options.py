"""Reading the answer to a list of statements, or to a yes/no question.

The first way of reading that finds anything decides: a label, a letter, a part of a label,
yes and no, a label among other words, a digit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from flows.events import Why
from flows.lexicon import Lexicon, Sense, Token
from flows.model import Item, ItemKind
from flows.reading.labels import Told, content, mentioned, said_exactly, said_whole, told
from flows.reading.outcome import NotAReply, Reading, ambiguous, understood
from flows.reading.polarity import is_hedged, poles, read_polarity
from flows.reading.question import COUNTED, Question, question

_LEADS = (Sense.HEDGE, Sense.LETTER_PREFIX)


def read_option(item: Item, tokens: Sequence[Token], lexicon: Lexicon) -> Reading:
    """One option by letter, by its words or by yes/no; a digit is always asked back."""
    asked = question(item, lexicon)
    said = _fitting(asked, tokens)
    return (
        _one_of(item, said_exactly(tokens, asked.options))
        or _by_letter(asked, said)
        or _by_label(asked, said)
        or read_polarity(asked, said)
        or _among_words(mentioned(said, asked.options))
        or _by_digit(item, said)
        or NotAReply(Why.NOT_A_REPLY)
    )


def _by_label(asked: Question, said: Sequence[Token]) -> Reading | None:
    """A label said in full, or a part of one; yes and no are left to be weighed word by word."""
    item = asked.item
    if poles(item) is not None:
        return None if is_hedged(item, said) else _one_of(item, said_whole(said, asked.options))
    whole = said_whole(said, asked.options)
    if not whole:
        said = _without_echo(asked, said)
        whole = said_whole(said, asked.options)
    return _one_of(item, whole) or _by_part(item, told(said, asked.options))


def _without_echo(asked: Question, said: Sequence[Token]) -> Sequence[Token]:
    """What comes behind words of the question itself: "I can lift" before "heavy things".

    And what is left beside a yes, where none of the options is one: "yes, a lot".
    """
    if not asked.affirms:
        said = [token for token in said if not token.means(Sense.YES)]
    at = 0
    while at < len(said) and (said[at].means(*_LEADS) or said[at].key in asked.words):
        at += 1
    return said[at:]


def _fitting(asked: Question, tokens: Sequence[Token]) -> Sequence[Token]:
    """The tokens without what the question asks for; a time that it does not ask about counts."""
    if not any(token.means(Sense.WINDOW, *COUNTED) for token in tokens):
        return tokens
    named = not poles(asked.item)
    return [
        _as_word(token) if token.means(Sense.WINDOW) and not asked.fits(token) else token
        for token in tokens
        if not (named and token.means(*COUNTED) and asked.asks_for(token))
    ]


def _as_word(token: Token) -> Token:
    senses = token.meaning.senses - {Sense.WINDOW, Sense.HEDGE}
    return token._replace(meaning=token.meaning._replace(senses=senses))


def _one_of(item: Item, found: Iterable[str]) -> Reading | None:
    options = tuple(dict.fromkeys(found))
    if len(options) == 1:
        return understood(item, options[0])
    return ambiguous(options, Why.SEVERAL) if options else None


def _by_part(item: Item, part: Told) -> Reading | None:
    if len(part.answers) == 1 and not part.sure:
        return ambiguous(part.answers, Why.UNCERTAIN)
    return _one_of(item, part.answers)


def _among_words(found: Sequence[str]) -> Reading | None:
    if not found:
        return None
    return ambiguous(found, Why.SEVERAL if len(set(found)) > 1 else Why.UNCERTAIN)


def _by_letter(asked: Question, tokens: Sequence[Token]) -> Reading | None:
    item = asked.item
    tokens = _without_spelling(item, tokens)
    letters = [_letter(item, token) for token in tokens]
    if not any(letters):
        return None
    rest = [token for token, letter in zip(tokens, letters, strict=True) if not letter]
    meant = [letter for at, letter in enumerate(letters) if letter and not _denied(at, tokens)]
    plain = all(_goes_with_letters(token, len(meant)) for token in rest)
    if not plain:
        meant = [
            letter
            for at, letter in enumerate(letters)
            if letter and _stands_out(asked, at, tokens) and not _denied(at, tokens)
        ]
    elif len(meant) == 1 and _is_article(letters.index(meant[0]), tokens):
        return None
    if not meant:
        return None
    if plain or len(set(meant)) > 1:
        return _one_of(item, meant) if len(meant) == 1 else _among_words(meant)
    return _with_words(asked, meant[0], rest)


def _without_spelling(item: Item, tokens: Sequence[Token]) -> Sequence[Token]:
    """The tokens without "as in Bravo" behind a "b"."""
    for at in range(len(tokens) - 2):
        letter, as_in, word = tokens[at : at + 3]
        spelt = as_in.means(Sense.AS_IN) and word.text.startswith(letter.text)
        if spelt and _letter(item, letter) and len(tokens) == at + 3:
            return tokens[: at + 1]
    return tokens


def _denied(at: int, tokens: Sequence[Token]) -> bool:
    return at > 0 and tokens[at - 1].means(Sense.NEGATION)


def _is_article(at: int, tokens: Sequence[Token]) -> bool:
    """Whether it is the "a" in "I am a ... thanks": neither in front, nor last, nor marked."""
    token = tokens[at]
    return token.means(Sense.LITTLE_WORD) and not token.marked and 0 < at < len(tokens) - 1


def _goes_with_letters(token: Token, how_many: int) -> bool:
    """Whether this is padding beside letters; "I" is not, as in "I c", nor a lone "maybe"."""
    if token.means(Sense.CONNECTOR):
        return how_many > 1
    return token.means(Sense.LETTER_PREFIX) or _is_padding(token)


def _is_padding(token: Token) -> bool:
    return token.means(Sense.HEDGE) and not token.means(Sense.LITTLE_WORD)


def _with_words(asked: Question, letter: str, rest: Sequence[Token]) -> Reading:
    """A letter and words: certain only where the words are those of the same option."""
    named = _named(asked, rest)
    if not named:
        return ambiguous((letter,), Why.UNCERTAIN)
    if letter in named:
        return understood(asked.item, letter)
    return _one_of(asked.item, (letter, *named)) or NotAReply(Why.NOT_A_REPLY)


def _named(asked: Question, tokens: Sequence[Token]) -> list[str]:
    return said_whole(tokens, asked.options) or told(tokens, asked.options).answers


def _letter(item: Item, token: Token) -> str | None:
    """The option that this letter stands before, if it is a letter of the list.

    A questionnaire's yes and no have none: they are Y and N. Those that a dialogue offers do; its
    choices come without a question of their own.
    """
    if item.kind is ItemKind.YES_NO and any(item.text.values()):
        return None
    if len(token.text) != 1 or not "a" <= token.text <= "z":
        return None
    at = ord(token.text) - ord("a")
    return item.options[at].id if at < len(item.options) else None


def _stands_out(asked: Question, at: int, said: Sequence[Token]) -> bool:
    """Whether a letter beside words is meant as a letter: "b because ...", not "a stick".

    A small word in front is one where an answer follows ("A meget", "a no b"), and so is one
    at the end.
    """
    token = said[at]
    prefixed = at > 0 and said[at - 1].means(Sense.LETTER_PREFIX)
    if token.marked or prefixed or not token.means(Sense.LITTLE_WORD):
        return True
    if at > 0:
        return at == len(said) - 1
    others = any(_letter(asked.item, other) for other in said[1:])
    return others or bool(_named(asked, said[1:]))


def _by_digit(item: Item, tokens: Sequence[Token]) -> Reading | None:
    """A digit on a lettered list may be the place, or the score on paper: always asked back."""
    said = [token for token in content(tokens) if not token.means(Sense.LETTER_PREFIX)]
    if any(token.means(Sense.OUT_OF, *COUNTED) for token in said):
        return None
    numbers = [token for token in said if token.means(Sense.NUMBER)]
    alone = all(token.means(Sense.NUMBER, Sense.CONNECTOR) for token in said)
    if not numbers or not (alone or said[0].text.isdecimal()):
        return None
    places = [number.meaning.value for number in numbers]
    options = [item.options[at - 1].id for at in places if 1 <= at <= len(item.options)]
    if not options:
        return NotAReply(Why.OUT_OF_RANGE if alone else Why.NOT_A_REPLY)
    return ambiguous(options, Why.SEVERAL if len(set(places)) > 1 else Why.DIGIT_FOR_LETTER)
