"""Reading the reply to a question that was asked back: "7, is that right?", "7 or 8?"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flows.events import Why
from flows.lexicon import Lexicon, Sense, Token
from flows.model import Item, ItemKind
from flows.reading.answer import NUMBERS, read_tokens, without_signature
from flows.reading.labels import content
from flows.reading.outcome import (
    MOST_CANDIDATES,
    Ambiguous,
    NotAReply,
    Reading,
    Understood,
    understood,
)
from flows.reading.polarity import poles

_YES_NO_LETTERS = ("a", "b")
"""What yes and no are lettered, where a question has only those two."""


@dataclass(frozen=True, slots=True)
class Denied:
    """The patient said that none of the offered answers is right."""


def offer(item: Item, reading: Ambiguous) -> tuple[str, ...]:
    """What to offer for a doubtful reading.

    Where yes and no are options of the question itself, both are offered, the likelier first,
    unless only words beside one of them are in doubt: "No, is that right?".
    """
    sides = () if _is_one_side(reading) else poles(item) or ()
    return tuple(dict.fromkeys((*reading.candidates, *sides)))[:MOST_CANDIDATES]


def _is_one_side(reading: Ambiguous) -> bool:
    return len(reading.candidates) == 1 and reading.why is Why.UNCERTAIN


def given_as(item: Item, candidate: str) -> Understood:
    """The answer that a candidate (an option id, or digits) is."""
    return Understood(int(candidate)) if item.kind in NUMBERS else understood(item, candidate)


def read_confirmation(
    item: Item, offered: Sequence[str], text: str, lexicon: Lexicon, *, alone: bool = True
) -> Reading | Denied:
    """Read the reply to an offer; whatever neither takes nor denies it is a fresh reply.

    A bare "no" to a single offer denies it even where it is also the label of an option, and
    an A or B that was not offered, `alone` in its message, is no answer yet: elsewhere A is
    yes and B is no.
    """
    tokens = without_signature(text, lexicon)
    lead, rest = _split(tokens)
    settled = _settle_side(item, offered, tokens)
    if settled is not None:
        return settled
    bare = lead is not None and not content(rest) and len(offered) == 1
    fresh = read_tokens(item, tokens, lexicon)
    if alone and isinstance(fresh, Understood) and _may_be_polar(item, offered, tokens, fresh):
        both = (option.id for option in item.options if option.id in (fresh.code, *offered))
        return Ambiguous(tuple(both), Why.SEVERAL)
    if lead is None or poles(item) or (isinstance(fresh, Understood) and not bare):
        return fresh
    reading = read_tokens(item, rest, lexicon)
    if lead.means(Sense.NO, Sense.DENY):
        return Denied() if isinstance(reading, NotAReply) else reading
    if len(offered) == 1 and _takes(offered[0], lead, rest, reading):
        return given_as(item, offered[0])
    return reading


def _settle_side(
    item: Item, offered: Sequence[str], tokens: Sequence[Token]
) -> Understood | Denied | None:
    """After "No, is that right?" a yes is that no; a no may be either, so it is asked again."""
    sides = poles(item)
    if sides is None or len(offered) != 1:
        return None
    takes = [Sense.YES, Sense.CONFIRM]
    if item.kind is ItemKind.YES_NO:
        takes.append(Sense.AGREE)
    said = [t for t in tokens if t.means(*takes) or not t.means(Sense.HEDGE)]
    if offered[0] == sides[1] and said and said[0].means(Sense.NO, Sense.DENY):
        if all(token.means(Sense.NO, Sense.DENY) for token in said):
            return Denied()
        said = said[1:]
    takes_it = bool(said) and all(token.means(*takes) for token in said)
    return given_as(item, offered[0]) if takes_it else None


def _may_be_polar(
    item: Item, offered: Sequence[str], tokens: Sequence[Token], fresh: Understood
) -> bool:
    """Whether this is the letter of another option than the offered, and may be a yes or no."""
    said = content(tokens) or tokens
    lettered = poles(item) is None and len(offered) == 1 and fresh.code not in (None, *offered)
    return lettered and len(said) == 1 and said[0].text.casefold() in _YES_NO_LETTERS


def _takes(candidate: str, lead: Token, rest: Sequence[Token], reading: Reading) -> bool:
    """Whether a yes stands alone, or before the same answer or a remark that leaves it be."""
    if isinstance(reading, NotAReply):
        return not content(rest) or (lead.means(Sense.YES) and not _objects(rest))
    return isinstance(reading, Ambiguous) and reading.candidates == (candidate,)


def _split(tokens: Sequence[Token]) -> tuple[Token | None, Sequence[Token]]:
    """The yes or no that the reply begins with, and the rest."""
    for at, token in enumerate(tokens):
        if token.means(Sense.YES, Sense.CONFIRM, Sense.NO, Sense.DENY):
            return token, tokens[at + 1 :]
        if not token.means(Sense.HEDGE):
            break
    return None, tokens


def _objects(rest: Sequence[Token]) -> bool:
    against = (Sense.NO, Sense.DENY, Sense.NEGATION, Sense.WEAK_NEGATION, Sense.VAGUE)
    return any(token.means(*against) for token in rest)
