"""Rules that say which concepts near each other are a warning sign; the rules are data.

`numb|unfelt + saddle @8`: one of each, in any order, at most eight words between them, in one
sentence. `>` wants them in this order, `@@` lets them stand in neighbouring sentences, and
`~ diet` means nothing where that concept stands in the sentence as well. The first concept, or
the one with `!`, is what a negation must concern ("not numb").
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import NamedTuple

from flows.model import Urgency
from flows.signs.text import Text
from flows.signs.vocabulary import Hit
from flows.source import Block, Source, parse

NEAR = 6
"""Words between the parts of a rule that says nothing else."""
INHERENT = frozenset(
    {"cannot", "not", "nothing", "without", "unfelt", "no-water", "want-to-die", "spent"}
)
"""A sign that begins with one of these is not taken back by another negation before it."""

_RULE = re.compile(
    r"(?P<parts>[^@~]+?)\s*(?:(?P<at>@{1,2})(?P<near>\d+))?\s*(?:~\s*(?P<unless>[a-z|-]+))?"
)
Hits = Mapping[str, Sequence[Hit]]


class Part(NamedTuple):
    """One of several concepts; `after`: it must follow what came before it in the rule."""

    concepts: frozenset[str]
    after: bool = False
    focus: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """Concepts that make up a sign together."""

    parts: tuple[Part, ...]
    near: int
    across: bool
    unless: tuple[str, ...]
    closely: bool = False
    """Whether all parts must stand in one clause."""

    def is_possible(self, concepts: Set[str]) -> bool:
        """Whether there is a concept for each part; most texts have not."""
        return not any(concepts.isdisjoint(part.concepts) for part in self.parts)

    def matches(self, hits: Hits, text: Text) -> Iterator[Match]:
        """Every place where the rule fits."""
        rest = self.parts[1:]
        for concept in self.parts[0].concepts:
            for hit in hits.get(concept, ()):
                match = self._grown(hit, concept, rest, hits, text)
                if match is not None and not self._excused(match, hits, text):
                    yield match

    def _grown(
        self, hit: Hit, concept: str, rest: Sequence[Part], hits: Hits, text: Text
    ) -> Match | None:
        taken = [hit]
        for part in rest:
            nearest = self._nearest(part, taken, hits, text)
            if nearest is None:
                return None
            taken.append(nearest)
        start, end = min(each.start for each in taken), max(each.end for each in taken)
        marked = (each for each, part in zip(taken, self.parts, strict=True) if part.focus)
        focus = next(marked, hit)
        inherent = focus.inherent or (focus is hit and concept in INHERENT)
        return Match(start, end, focus.start, focus.end, inherent)

    def _nearest(self, part: Part, taken: Sequence[Hit], hits: Hits, text: Text) -> Hit | None:
        """The nearest of a part's concepts that shares no word with what was taken before."""
        best, distance = None, self.near + 1
        start, end = min(each.start for each in taken), max(each.end for each in taken)
        for concept in part.concepts:
            for hit in hits.get(concept, ()):
                gap = max(hit.start - end, start - hit.end, 0)
                overlaps = any(hit.start < each.end and each.start < hit.end for each in taken)
                if overlaps or gap >= distance or (part.after and hit.start < taken[-1].end):
                    continue
                if self.across or self._is_near(hit, start, text):
                    best, distance = hit, gap
        return best

    def _is_near(self, hit: Hit, start: int, text: Text) -> bool:
        if self.closely:
            return text.clause[hit.start] == text.clause[start]
        return text.together(hit.start, start)

    def _excused(self, match: Match, hits: Hits, text: Text) -> bool:
        return any(
            text.together(hit.start, match.start) and not _is_denied(hit, match, hits)
            for concept in self.unless
            for hit in hits.get(concept, ())
        )


def _is_denied(hit: Hit, match: Match, hits: Hits) -> bool:
    """`I am not on a diet`; a negation that makes the sign itself denies nothing else."""
    joints = [each.start for concept in ("and", "subject") for each in hits.get(concept, ())]
    return any(
        each.start != match.focus
        and 0 <= hit.start - each.end <= 2
        and not any(each.end <= at < hit.start for at in joints)
        for each in hits.get("not", ())
    )


class Match(NamedTuple):
    """A rule that fits between two places; a negation concerns what is in `focus`."""

    start: int
    end: int
    focus: int
    focus_end: int
    inherent: bool


@dataclass(frozen=True, slots=True, eq=False)
class Sign:
    """A warning sign: how soon it must be seen, and the rules that find it.

    `whenever`: it counts however long ago it was; `even_asked`: also in a question.
    """

    id: str
    urgency: Urgency
    whenever: bool
    even_asked: bool
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Grammar:
    """Every sign, and the concepts that are made of others."""

    derived: Mapping[str, tuple[Rule, ...]]
    signs: tuple[Sign, ...]
    first: Mapping[str, Sequence[tuple[Sign, Rule]]]
    """The rules by each concept that they can begin with."""

    @classmethod
    def read(cls, text: str, file: str) -> Grammar:
        """Read the rules (YAML); `file` names it in errors.

        Raises:
            DefinitionError: the file is wrong; it names every mistake that was found.
        """
        source = Source(file)
        block = parse(source, text, "signs")
        block.allow(("derived", "signs"))
        derived = _derived(block)
        signs = tuple(_sign(each) for each in block.blocks("signs", "sign"))
        source.finish()
        return cls(derived, signs, _by_first(signs))

    def possible(self, found: Set[str]) -> list[tuple[Sign, Rule]]:
        """The rules that may fit a text with these concepts, by what is in it at all."""
        concepts = {*found}
        for concept, rules in self.derived.items():
            if any(rule.is_possible(concepts) for rule in rules):
                concepts.add(concept)
        possible: dict[Rule, Sign] = {}
        for concept in concepts:
            for sign, rule in self.first.get(concept, ()):
                if rule.is_possible(concepts):
                    possible[rule] = sign
        return [(sign, rule) for rule, sign in possible.items()]

    def derive(self, hits: dict[str, list[Hit]], text: Text) -> None:
        """Add the concepts that are made of others, in the order of the file."""
        for concept, rules in self.derived.items():
            for rule in rules:
                if rule.is_possible(hits.keys()):
                    for match in rule.matches(hits, text):
                        hit = Hit(match.start, match.end, match.inherent)
                        hits.setdefault(concept, []).append(hit)


def _by_first(signs: Sequence[Sign]) -> Mapping[str, Sequence[tuple[Sign, Rule]]]:
    first: dict[str, list[tuple[Sign, Rule]]] = {}
    for sign in signs:
        for rule in sign.rules:
            for concept in rule.parts[0].concepts:
                first.setdefault(concept, []).append((sign, rule))
    return first


def _derived(block: Block) -> dict[str, tuple[Rule, ...]]:
    inner = block.block("derived")
    return (
        {}
        if inner is None
        else {
            concept: tuple(replace(rule, closely=True) for rule in _rules(inner, concept))
            for concept in inner
        }
    )


def _sign(block: Block) -> Sign:
    block.allow(("id", "urgency", "rules"), ("whenever", "even-asked"))
    return Sign(
        block.identifier("id"),
        block.one_of("urgency", Urgency, Urgency.EMERGENCY),
        block.flag("whenever"),
        block.flag("even-asked"),
        _rules(block, "rules"),
    )


def _rules(block: Block, key: str) -> tuple[Rule, ...]:
    return tuple(rule for words in block.words(key) for rule in _rule(block, key, words))


def _rule(block: Block, key: str, words: str) -> Iterator[Rule]:
    found = _RULE.fullmatch(words.strip())
    if found is None:
        block.refuse(key, f"'{words}' is no rule; write it as 'numb + saddle @8'")
        return
    parts = tuple(
        Part(
            frozenset(each.strip(" !") for each in part.split("|")),
            after=sign == ">",
            focus="!" in part,
        )
        for sign, part in re.findall(r"(^|[+>])\s*([^+>]+)", found["parts"])
    )
    unless = tuple((found["unless"] or "").split("|")) if found["unless"] else ()
    yield Rule(parts, int(found["near"] or NEAR), found["at"] == "@@", unless)
