"""Reading yes and no, agreement and disagreement, with negations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from flows.events import Why
from flows.lexicon import Sense, Token
from flows.model import Item
from flows.reading.labels import content
from flows.reading.outcome import Reading, ambiguous, understood
from flows.reading.question import Question

_PAIRS = (("yes", "no"), ("agree", "disagree"))
FEWEST_DENIED = 2
_STRESSED = (Sense.YES, Sense.AGREE, Sense.DISAGREE)
_DENIALS = (Sense.NO, Sense.NONE_OF, Sense.NEGATION, Sense.NONE)
_AGAINST_A_YES = (
    Sense.NO,
    Sense.NONE_OF,
    Sense.NONE,
    Sense.WEAK_NEGATION,
    Sense.DISAGREE,
    Sense.TAKEN_BACK,
)


def poles(item: Item) -> tuple[str, str] | None:
    """The affirming and the denying option of a question; None where it has no such pair."""
    ids = {option.id for option in item.options}
    return next((pair for pair in _PAIRS if ids.issuperset(pair)), None)


def read_polarity(asked: Question, tokens: Sequence[Token]) -> Reading | None:
    """Yes or no in any words; None where the item has no such options, or nothing says so."""
    item = asked.item
    pair = poles(item)
    if pair is None:
        return None
    said = _without_joints(_weighty(tokens))
    if not said:
        return None
    if _must_not_wait(item, said) and not _well(tokens):
        return understood(item, "yes")
    if _denies_each(asked, said):
        return understood(item, pair[1])
    if all(token.means(Sense.NONE) for token in said) and pair[1] == "no":
        return _none(item, said)
    if _names_what_is_asked(asked, said):
        return ambiguous((pair[0],), Why.UNCERTAIN)
    heard = _hear(said, agreement=pair[0] == "agree")
    heard.doubt |= len(item.options) > 2 and heard.negated
    heard.doubt |= is_hedged(item, tokens)
    if len(heard.signs) == 2:
        return ambiguous(pair, Why.SEVERAL)
    if not heard.signs:
        return None
    chosen = pair[0] if True in heard.signs else pair[1]
    if heard.doubt or heard.leftover:
        both = _may_be_a_sign(item, heard, said)
        return ambiguous((chosen,), Why.SEVERAL if both else Why.UNCERTAIN)
    return understood(item, chosen)


def _may_be_a_sign(item: Item, heard: _Heard, said: Sequence[Token]) -> bool:
    """Whether a negation without a no belongs to words that may tell of a sign: "not normal"."""
    plain = any(token.means(Sense.NO, Sense.NONE_OF, Sense.DISAGREE) for token in said)
    return _is_urgent(item) and heard.leftover and heard.negated and not plain


def _weighty(tokens: Sequence[Token]) -> Sequence[Token]:
    said = content(tokens)
    return said[1:] if said and said[0].means(Sense.LETTER_PREFIX) else said


def _denies_each(asked: Question, said: Sequence[Token]) -> bool:
    """Whether a no goes on to deny several of the signs asked for: "no, no fever, no chills"."""
    named = [at for at, token in enumerate(said) if token.key in asked.words]
    if len(named) < FEWEST_DENIED or not said[0].means(Sense.NO) or named[0] < FEWEST_DENIED:
        return False
    return all(at in named or token.means(*_DENIALS) for at, token in enumerate(said)) and all(
        said[at - 1].means(*_DENIALS) for at in named
    )


def _names_what_is_asked(asked: Question, said: Sequence[Token]) -> bool:
    """Whether one of the new symptoms asked about is named and nothing else: "fever"."""
    gate = "yes" in (asked.item.opens or {})
    return gate and all(token.key in asked.words for token in said)


def _none(item: Item, said: Sequence[Token]) -> Reading:
    """Asked for any of several signs, "none" is no; "nothing" may be all that is felt there."""
    plain = item.flag is None or all(token.means(Sense.NO) for token in said)
    return understood(item, "no") if plain else ambiguous(("no",), Why.UNCERTAIN)


def is_hedged(item: Item, tokens: Sequence[Token]) -> bool:
    """Whether padding matters: "more or less" to any of these, "I think" to a warning sign."""
    if poles(item) is None:
        return False
    if _is_urgent(item) and _well(tokens):
        return True
    urgent = (Sense.UNSURE,) if _is_urgent(item) else ()
    return any(token.means(Sense.ABOUT, Sense.WINDOW, *urgent) for token in tokens)


def _well(tokens: Sequence[Token]) -> bool:
    """Whether it is a yes that goes with being well: "yes, I'm fine"."""
    yes = any(token.means(Sense.YES) for token in tokens)
    return yes and any(token.means(Sense.TAKEN_BACK) for token in tokens)


def _is_urgent(item: Item) -> bool:
    return item.flag is not None or "yes" in (item.opens or {})


def _without_joints(said: Sequence[Token]) -> Sequence[Token]:
    """The words without an "and" between two that say the same: "no and no"."""
    return [
        token
        for at, token in enumerate(said)
        if not (token.means(Sense.CONNECTOR) and _joins(said[at - 1 : at], said[at + 1 : at + 2]))
    ]


def _joins(before: Sequence[Token], after: Sequence[Token]) -> bool:
    same = (Sense.YES, Sense.NO, Sense.AGREE, Sense.DISAGREE)
    return any(
        one.means(sense) and other.means(sense)
        for one in before
        for other in after
        for sense in same
    )


def _must_not_wait(item: Item, said: Sequence[Token]) -> bool:
    """A yes first, to a warning sign, is a yes whatever follows ("yes, since Tuesday").

    Unless it is put as a question, doubted or taken back at once. "Absolutely" is a yes only
    alone: it may go on "... fine".
    CLINICAL: any yes gets the safety message at once; asking back would delay it.
    """
    if not _is_urgent(item) or not said[0].means(Sense.YES) or said[0].means(Sense.STRONG):
        return False
    if any(token.means(*_AGAINST_A_YES) for token in said) or _only_presents(said[1:]):
        return False
    return not _negated(said[1:]) and not _doubted(said[1:])


def _only_presents(rest: Sequence[Token]) -> bool:
    """Whether a yes only says who is there, or asks who writes: "yes, that's me"."""
    said = [token for token in rest if not token.means(Sense.DOUBT, Sense.CONNECTOR)]
    return bool(said) and all(token.means(Sense.PRESENCE) for token in said)


def _negated(rest: Sequence[Token]) -> bool:
    """Whether a yes ends in "not", with no word between that the "not" belongs to."""
    if not rest or not rest[-1].means(Sense.NEGATION):
        return False
    return all(token.meaning.senses for token in rest)


def _doubted(rest: Sequence[Token]) -> bool:
    """Whether a yes is followed by "maybe", or by a "but" or question mark and nothing else."""
    if any(token.means(Sense.DOUBT) and token.text != "?" for token in rest):
        return True
    return bool(rest) and all(token.text == "?" or token.means(Sense.EXCEPT) for token in rest)


@dataclass(slots=True)
class _Heard:
    """What the words so far say; `denied` waits for the word that a negation belongs to.

    With a third option such as "undecided", a negation (`negated`) is not yet the other side.
    """

    agreement: bool
    signs: set[bool] = field(default_factory=set)
    doubt: bool = False
    leftover: bool = False
    denied: bool = False
    negated: bool = False

    def sign(self, positive: bool) -> None:
        """One word for or against, turned round by a negation before it."""
        self.doubt |= self.denied and not positive
        self.signs.add(positive is not self.denied)
        self.denied = False


def _hear(said: Sequence[Token], agreement: bool) -> _Heard:
    heard = _Heard(agreement)
    signs = any(token.means(*_STRESSED) and not token.means(Sense.STRONG) for token in said)
    for token in said:
        if signs and token.means(Sense.STRONG):
            heard.doubt |= heard.denied
        else:
            _hear_one(heard, token)
    # "I can't walk far" denies walking, not the statement; "I haven't seen one" is likely a no.
    if heard.denied and (heard.signs or not heard.leftover or not agreement):
        _hear_lone_negation(heard)
    return heard


def _hear_one(heard: _Heard, token: Token) -> None:
    if token.means(Sense.NO) or (token.means(Sense.NONE_OF) and not heard.agreement):
        heard.doubt |= heard.denied
        heard.signs.add(False)
    elif token.means(Sense.WEAK_YES):
        heard.doubt = True
        heard.signs.add(True)
    elif heard.agreement and token.means(Sense.AGREE, Sense.DISAGREE):
        heard.sign(token.means(Sense.AGREE))
    elif token.means(Sense.YES):
        heard.doubt |= heard.denied
        heard.sign(positive=True)
    elif token.means(Sense.NEGATION, Sense.WEAK_NEGATION):
        heard.denied = heard.negated = True
        heard.doubt |= token.means(Sense.WEAK_NEGATION)
    elif token.means(Sense.DISAGREE):
        heard.doubt = True
        heard.signs.add(False)
    elif not (token.means(Sense.NONE) and False in heard.signs):
        heard.leftover = True


def _hear_lone_negation(heard: _Heard) -> None:
    """To say "no, I haven't" is one no; "I haven't" alone is a likely one; "yes ... not" both."""
    heard.doubt |= not heard.signs
    heard.signs.add(False)
