"""What the texts of a question tell about replies to it, in every language it is asked in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flows.lexicon import Lexicon, Sense, Token
from flows.model import Item, Option
from flows.reading.labels import Label, label

COUNTED = (Sense.UNIT, Sense.SUBJECT)
"""What a number may be about, or a scale measure."""
WORKDAY = "workday"
"""The unit, in the language files, of days of work: a whole week of them may be five."""
_MOST_KEPT = 512
_OWN = frozenset({*COUNTED, Sense.STRONG})


@dataclass(frozen=True, eq=False, slots=True)
class Question:
    """An item and the words of its own that a reply may repeat."""

    item: Item
    options: tuple[Label, ...]
    """Every wording of every option."""
    ends: tuple[Label, ...]
    """Every wording of the two ends of a scale."""
    end_words: frozenset[str]
    """The words in these."""
    none_is_lowest: bool
    """Whether the lower end of the scale is the absence of something, as in "no pain"."""
    units: frozenset[str]
    """What is asked for, as the language files call it: by its unit or in its title."""
    words: frozenset[str]
    """The words of its text that mean nothing of their own in an answer: "walk", "fever"."""
    affirms: bool
    """Whether one of its options is a yes or a no, perhaps with more to it: "Yes, once"."""
    windows: frozenset[str]
    """The time that is asked about; empty where the question leaves it open."""

    def asks_for(self, token: Token) -> bool:
        """Whether a word only repeats what is asked, such as "days", or when, such as "today"."""
        if token.means(*COUNTED):
            return token.meaning.unit in self.units
        return token.means(Sense.WINDOW) and self.fits(token)

    def fits(self, token: Token) -> bool:
        """Whether a window of time is that of the question."""
        return not self.windows or token.meaning.unit in self.windows


_kept: dict[tuple[int, int], tuple[Lexicon, Question]] = {}


def question(item: Item, lexicon: Lexicon) -> Question:
    """The question that this item is. Items are kept while they are in use, never their replies."""
    key = (id(item), id(lexicon))
    known = _kept.get(key)
    # What is kept stays alive, so that no other item has its id.
    if known is not None:
        return known[1]
    if len(_kept) >= _MOST_KEPT:
        _kept.clear()
    made = _question(item, lexicon)
    _kept[key] = (lexicon, made)
    return made


def _question(item: Item, lexicon: Lexicon) -> Question:
    lowest = item.anchors[0] if item.anchors else {}
    asked = (*_tokens(item.title, lexicon), *_tokens(item.text, lexicon))
    counted = (*_tokens(item.title, lexicon), *_tokens(item.unit, lexicon))
    return Question(
        item=item,
        options=tuple(
            label(option.id, text, lexicon, shortened)
            for option in item.options
            for wording in _wordings(option)
            for text, shortened in _with_and_without_subject(wording, lexicon)
        ),
        ends=tuple(_ends(item, lexicon)),
        end_words=frozenset(
            token.text for end in item.anchors or () for token in _tokens(end, lexicon)
        ),
        none_is_lowest=any(t.means(Sense.NO, Sense.NONE) for t in _tokens(lowest, lexicon)),
        units=_named(counted, *COUNTED),
        words=_words(item, lexicon),
        affirms=any(
            token.means(Sense.YES, Sense.NO) and not token.means(Sense.NONE)
            for option in item.options
            for token in _tokens(option.text, lexicon)
        ),
        windows=_named(asked, Sense.WINDOW),
    )


def _with_and_without_subject(text: str, lexicon: Lexicon) -> Iterator[tuple[str, bool]]:
    """A wording, and the same without the "I" or "it" that it begins with."""
    yield text, False
    subject, _, rest = text.partition(" ")
    if rest and all(token.means(Sense.HEDGE) for token in lexicon.tokens(subject)):
        yield rest, True


def _ends(item: Item, lexicon: Lexicon) -> Iterator[Label]:
    for number, end in zip((item.minimum, item.maximum), item.anchors or (), strict=False):
        for text in end.values():
            yield label(str(number), text, lexicon)


def _words(item: Item, lexicon: Lexicon) -> frozenset[str]:
    words = (word for text in item.text.values() for word in text.split())
    tokens = (token for word in words for token in lexicon.tokens(word))
    return frozenset(token.key for token in tokens if token.meaning.senses <= _OWN)


def _named(tokens: tuple[Token, ...], *senses: Sense) -> frozenset[str]:
    return frozenset(t.meaning.unit for t in tokens if t.means(*senses) and t.meaning.unit)


def _tokens(texts: Mapping[str, str] | None, lexicon: Lexicon) -> tuple[Token, ...]:
    return tuple(token for text in (texts or {}).values() for token in lexicon.tokens(text))


def _wordings(option: Option) -> Iterator[str]:
    yield from option.text.values()
    for words in (option.also or {}).values():
        yield from words
