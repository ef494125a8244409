"""Warning signs in free text: which a patient reports in their own words.

Words and rules are data: `grammar.yaml` says which concepts together are a sign, and a file
of each language says how people write the concepts. Recall comes first: a missed cauda
equina is the worst that can happen, and a false alarm costs a call.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from flows.model import Urgency
from flows.signs.context import (
    clear_up,
    drop_seeming_helpers,
    is_own,
    reports,
    take_for_writer,
    tells_of_another,
)
from flows.signs.grammar import Grammar
from flows.signs.text import cut
from flows.signs.vocabulary import Vocabulary, read_words

SELF_HARM = "self-harm"
_SHORTEST = 3
"""No shorter message names a sign."""


class Found(NamedTuple):
    """A sign that a text reports: an item of the screen, tearing-pain-fainting, or self-harm."""

    sign: str
    urgency: Urgency


class Report(NamedTuple):
    """What a text says of warning signs.

    `signs` are the patient's, the most urgent first. `other_in_danger`: somebody who is not the
    patient may harm themselves. `by_helper`: it says that somebody writes for the patient.
    `of_relative`: somebody may, and writes of the patient as of another.
    """

    signs: tuple[Found, ...] = ()
    other_in_danger: bool = False
    by_helper: bool = False
    of_relative: frozenset[str] = frozenset()


_NOTHING = Report()


class Scanner:
    """Finds the signs in a text, whatever language it is in."""

    def __init__(self, grammar: Grammar, vocabulary: Vocabulary) -> None:
        self._grammar = grammar
        self._vocabulary = vocabulary

    @classmethod
    def read(cls, grammar: str, words: Mapping[str, str]) -> Scanner:
        """From the text of the rules and of each language's file, by file name.

        Raises:
            DefinitionError: a file is wrong.
        """
        concepts: dict[str, list[str]] = {}
        for file, text in sorted(words.items()):
            for concept, phrases in read_words(text, file).items():
                concepts.setdefault(concept, []).extend(phrases)
        return cls(Grammar.read(grammar, "grammar.yaml"), Vocabulary(concepts))

    def scan(self, text: str, *, helped: bool = False) -> tuple[Found, ...]:
        """The signs that this text reports, the most urgent first; as `report`."""
        return self.report(text, helped=helped).signs

    def report(self, text: str, *, helped: bool = False) -> Report:
        """What this text reports, whatever language it is in; linear in its length.

        `helped`: somebody may be writing for the patient, who then is whoever they write of, as
        where the text says so itself.
        """
        if len(text) < _SHORTEST:
            return _NOTHING
        said = cut(text)
        hits = self._vocabulary.find(said)
        drop_seeming_helpers(hits)
        by_helper = "helper" in hits
        helped = helped or by_helper
        if helped:
            take_for_writer(hits)
        possible = self._grammar.possible(hits.keys())
        if not possible:
            return Report(by_helper=by_helper)
        clear_up(hits, said)
        self._grammar.derive(hits, said)
        matches = [(sign, match) for sign, rule in possible for match in rule.matches(hits, said)]
        reported = [each for each in matches if reports(each[1], each[0], hits, said)]
        found = frozenset(sign.id for sign, _ in reported)
        own = {sign.id for sign, match in reported if not helped or is_own(match, hits, said)}
        return Report(
            tuple(Found(s.id, s.urgency) for s in self._grammar.signs if s.id in found),
            SELF_HARM not in found
            and any(
                sign.id == SELF_HARM and tells_of_another(match, sign, hits, said)
                for sign, match in matches
            ),
            by_helper and (not found or found != own),
            found - own,
        )
