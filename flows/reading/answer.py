"""Reading a message as the answer to one question, by the kind of the question."""

from __future__ import annotations

import re
from collections.abc import Sequence

from flows.events import Why
from flows.lexicon import Lexicon, Meaning, Sense, Token
from flows.model import Item, ItemKind
from flows.reading.numbers import read_number
from flows.reading.options import read_option
from flows.reading.outcome import NotAReply, Reading, Understood

LONGEST_SIGNATURE = 6
"""Words behind "kind regards" are a name; more of them say something."""
_SAYING = frozenset(
    {
        Sense.NUMBER,
        Sense.HALF,
        Sense.YES,
        Sense.NO,
        Sense.WEAK_YES,
        Sense.NEGATION,
        Sense.WEAK_NEGATION,
        Sense.AGREE,
        Sense.DISAGREE,
        Sense.NONE,
        Sense.DOUBT,
        Sense.TAKEN_BACK,
        Sense.EXCEPT,
    }
)

_CLAUSE = re.compile(r"[,.;:!]\s+|\s+[-–—]\s+|\n")

NUMBERS = (ItemKind.SCALE, ItemKind.COUNT)


def read(item: Item, text: str, lexicon: Lexicon) -> Reading:
    """Read a message as the answer to this item; `lexicon` is that of the patient's language."""
    if item.kind is ItemKind.TEXT:
        words = text.strip()
        return Understood(text=words) if words else NotAReply(Why.NOT_A_REPLY)
    tokens = without_signature(text, lexicon)
    reading = read_tokens(item, tokens, lexicon)
    if isinstance(reading, NotAReply) and _asks_of_its_number(item, text, tokens, lexicon):
        return read_tokens(item, tokens[:-1], lexicon)
    return reading


def _asks_of_its_number(item: Item, text: str, tokens: Sequence[Token], lexicon: Lexicon) -> bool:
    """Whether the "?" at the end is that of a clause which may be the answer: "silly, 7 ok?"."""
    if item.kind not in NUMBERS or not tokens or tokens[-1].text != "?":
        return False
    _, *clauses = _CLAUSE.split(text)
    last = lexicon.tokens(clauses[-1]) if clauses else ()
    return len(last) < len(tokens) and not isinstance(read_tokens(item, last, lexicon), NotAReply)


def _asking(token: Token) -> Token:
    """The beginning of a question, which is padding only further on: "is it 6", "6 is it"."""
    return token._replace(meaning=Meaning(frozenset({Sense.QUESTION})))


def without_signature(text: str, lexicon: Lexicon) -> Sequence[Token]:
    """The tokens of a message before "kind regards, Margaret" or "sent from my iPhone"."""
    tokens = lexicon.tokens(text)
    for at, token in enumerate(tokens):
        if at > 0 and token.means(Sense.SIGN_OFF) and _signs(tokens[at - 1], token):
            return tokens[:at] if _is_signature(tokens[at + 1 :]) else tokens
    return tokens[:-2] if len(tokens) > 2 and _ends_in_name(tokens, text) else tokens


def _ends_in_name(tokens: Sequence[Token], text: str) -> bool:
    """Whether thanks and one name with a capital come last: "6, thanks, Joan"."""
    if tokens[-1].meaning.senses or not tokens[-2].means(Sense.CLOSING):
        return False
    return text.split()[-1].istitle()


def _signs(before: Token, token: Token) -> bool:
    """A kiss behind a number may be "times": "5 x"."""
    return len(token.text) > 1 or not before.means(Sense.NUMBER, Sense.HALF)


def _is_signature(tokens: Sequence[Token]) -> bool:
    says = any(not _SAYING.isdisjoint(token.meaning.senses) for token in tokens)
    return len(tokens) <= LONGEST_SIGNATURE and not says


def read_tokens(item: Item, tokens: Sequence[Token], lexicon: Lexicon) -> Reading:
    """As `read`, for a question that is answered by a number or an option."""
    if tokens and tokens[0].means(Sense.QUESTION):
        tokens = [_asking(tokens[0]), *tokens[1:]]
    if item.kind in NUMBERS:
        return read_number(item, tokens, lexicon)
    return read_option(item, tokens, lexicon)
