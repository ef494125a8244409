"""Which command a message is, if the whole of it is one.

Patterns are data (`templates/commands`), in the language of `bot.command_patterns`. Compiled
once; a message is matched against every language, the patient's own first, since patients
switch. Whoever asks to stop is heard in whatever words: that comes first.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from bot.command_patterns import GAP, expression, openings, parse
from bot.enrolment_codes import is_code
from bot.times import (
    When,
    read_ends,
    read_put_off,
    read_unasked_rhythm,
    read_when,
    read_wished_rhythm,
    split_ends,
    split_unclear_ends,
)
from bot.zones import read_place
from templates.command_words import CommandWords, load_command_words

STOP, START = "stop", "start"
TOO_MUCH = "too-much"
"""An outburst, which answers nothing."""
_BLANKS = re.compile(r"\s+")
_EDGES = " \t\n.!,;:\"'()/"
_MARKS = re.compile(r"^[^\w?]+|[^\w?]+$")
_CLAUSES = re.compile(r"[.!?,;\n]+")
_WORDS = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_BARE_ANSWER = re.compile(r"\d+(?:[.,/]\d+)?|[a-hjny]?")
"""A number or a letter that answers; "i" is a word in both languages."""
_OWN_WORDS = ("text", "plan")
"""Slots whose words are kept as the patient wrote them."""
_WHOLE = frozenset({"contact", "referral"})
"""Commands whose whole message is kept, in the slot `said`."""
_LONGEST_OPT_OUT = 200
"""Characters in which to look for words that ask to stop somewhere among others."""


@dataclass(frozen=True, slots=True)
class Command:
    """A command by name, with the words in its slots as the patient wrote them.

    `weak`: so short that it gives way where the message answers what was asked.
    """

    name: str
    slots: Mapping[str, str] = field(default_factory=dict)
    weak: bool = False


@dataclass(frozen=True, slots=True)
class _Pattern:
    name: str
    expression: str
    slots: Mapping[str, str]
    weak: bool


_Patterns = Mapping[str, Sequence[_Pattern]]


@dataclass(frozen=True, slots=True)
class _Compiled:
    """One language, ready to be matched."""

    by_opening: _Patterns
    anywhere: re.Pattern[str]
    anywhere_openings: frozenset[str]
    said_by_others: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Politeness:
    """Regular expressions, and the words without which there is no need to try them."""

    openings: frozenset[str]
    endings: frozenset[str]
    within: frozenset[str]
    before: re.Pattern[str]
    after: re.Pattern[str]
    inside: re.Pattern[str]


def recognise(text: str, language: str) -> Command | None:
    """The command that this whole message is, or None."""
    said = _said(text)
    if is_code(said):
        return Command("code", {"code": said})
    if not said or (said.isalnum() and said.casefold() not in _single_words()):
        return None
    command = _whole(said, text, language)
    if command is not None and command.name == TOO_MUCH and _answers_too(said, language):
        return None
    if command is not None and command.name == STOP:
        return command
    if asks_to_stop(text, language):
        return Command(STOP) if command is None or command.weak else command
    return command


def asks_to_stop(text: str, language: str) -> bool:
    """Whether a message with more in it asks that no more be sent: one clause, or a phrase."""
    if len(text) > _LONGEST_OPT_OUT:
        return False
    return (
        _stops_beside_answers(text, language)
        or _a_clause_stops(text, language)
        or any(_phrase_stops(_said(text), compiled) for compiled in _by_language(language))
    )


def _answers_too(said: str, language: str) -> bool:
    """Whether an outburst begins or ends with a yes or no, which is no politeness beside it."""
    first, *more = said.casefold().split()
    ends = [part.strip(_EDGES) for part in (first, *more[-1:])]
    return any(_is_answer_word(part, language) for part in ends)


def _stops_beside_answers(text: str, language: str) -> bool:
    """Whether the one word that all know stands before or behind nothing but bare answers."""
    first, *more = _said(text).casefold().split() or [""]
    opts_out = {word for words in load_command_words().values() for word in words.opt_outs}
    if not more or opts_out.isdisjoint((first, more[-1])):
        return False
    return all(
        part in opts_out or _BARE_ANSWER.fullmatch(part) or _is_answer_word(part, language)
        for part in (part.strip(_EDGES) for part in (first, *more))
    )


def _is_answer_word(word: str, language: str) -> bool:
    """A yes or no of any language, a number of the patient's own: "to" is two in Danish alone."""
    all_words = load_command_words()
    return word in all_words[language].when.numbers or any(
        word in words.answers for words in all_words.values()
    )


def _phrase_stops(said: str, compiled: _Compiled) -> bool:
    words = {word.casefold() for word in _WORDS.findall(said)}
    if compiled.anywhere_openings.isdisjoint(words) or not compiled.said_by_others.isdisjoint(
        words
    ):
        return False
    return compiled.anywhere.search(" " + said) is not None


def _a_clause_stops(text: str, language: str) -> bool:
    """Of several clauses one asks to stop, be it with the one word that all know."""
    if _CLAUSES.search(text) is None:
        return False
    clauses = [clause for clause in map(_said, _CLAUSES.split(_straight(text))) if clause]
    return len(clauses) > 1 and any(_stops(clause, language) for clause in clauses)


def _stops(clause: str, language: str) -> bool:
    command = _whole(clause, clause, language)
    if command is None or command.name != STOP:
        return False
    known = any(clause.casefold() in words.opt_outs for words in load_command_words().values())
    return known or " " in clause


def _whole(said: str, text: str, language: str) -> Command | None:
    ways = list(_ways(said))
    renamed = _renamed(ways)
    if renamed is not None:
        return renamed
    for words in ways:
        opening = _opening(words)
        for compiled in _by_language(language):
            command = _match(words, opening, compiled)
            if command is not None:
                return _with_text(command, text)
    return _rhythm(ways) or _put_off(ways)


def _match(said: str, opening: str, compiled: _Compiled) -> Command | None:
    for pattern in compiled.by_opening.get(opening, ()):
        found = _compile(pattern.expression).fullmatch(" " + said)
        if found is not None:
            slots = {k: v for k, v in found.groupdict().items() if v}
            if _are_right(slots):
                return Command(pattern.name, {**pattern.slots, **_split(slots)}, pattern.weak)
    return None


def _are_right(slots: Mapping[str, str]) -> bool:
    """Whether what is in the slots is such: of days, times, places, roles a closed grammar."""
    return all(read(slots[name]) is not None for name, read in _GRAMMARS.items() if slots.get(name))


def _split(slots: Mapping[str, str]) -> Mapping[str, str]:
    """`physio until June` as whom and until when."""
    whom = slots.get("whom")
    if whom is None:
        return slots
    person, ends = split_ends(whom)
    if ends is None:
        person, unclear = split_unclear_ends(whom)
        return {**slots, "whom": person, "until": unclear} if unclear else slots
    return {**slots, "whom": person, "until": whom[len(person) :].strip(" ,")}


def _with_text(command: Command, text: str) -> Command:
    own = {name: command.slots[name] for name in _OWN_WORDS if name in command.slots}
    slots = {name: _as_written(text, words) for name, words in own.items()}
    if command.name in _WHOLE:
        slots["said"] = text.strip()
    return Command(command.name, {**command.slots, **slots}, command.weak) if slots else command


def _rhythm(ways: Iterable[str]) -> Command | None:
    """A day or an hour alone, such as "on Mondays", changes when the questions come."""
    for words in ways:
        if read_unasked_rhythm(words) is not None:
            return Command("rhythm", {"when": words}, weak=True)
    return None


def _put_off(ways: Iterable[str]) -> Command | None:
    """A day close by alone, such as "tomorrow", puts off what was asked."""
    for words in ways:
        if read_put_off(words) is not None:
            return Command("later", {"day": words}, weak=True)
    return None


def _renamed(ways: Iterable[str]) -> Command | None:
    """Somebody by their name, and how they are called now: "Anne is now called Anne Berg"."""
    found = next(filter(None, map(_now_called().fullmatch, ways)), None)
    return None if found is None else Command("rename-member", found.groupdict(), weak=True)


@cache
def _now_called() -> re.Pattern[str]:
    """At most five words on either side, since these are names."""
    phrases = {phrase for words in load_command_words().values() for phrase in words.renamed}
    names = r"\S+(?:\s+\S+){0,4}"
    return re.compile(rf"(?P<whom>{names})\s+(?:{_either(phrases)})\s+(?P<called>{names})", re.I)


def _ways(said: str) -> Iterator[str]:
    """The words without what politeness puts around them, with some of it, as they are."""
    polite = _politeness()
    words = [word.casefold() for word in _WORDS.findall(said)]
    whole = " " + said
    start, end = 0, len(whole)
    if words and words[0] in polite.openings and (begun := polite.before.match(whole)):
        start = begun.end()
    if words and words[-1] in polite.endings and (ended := polite.after.search(whole)):
        end = ended.start()
    outside = dict.fromkeys([whole[:end], whole[start:end], whole, whole[start:]])
    inside = [] if polite.within.isdisjoint(words) else [polite.inside.sub("", w) for w in outside]
    yield from filter(None, dict.fromkeys(_MARKS.sub("", words) for words in [*outside, *inside]))


def without_politeness(text: str) -> str:
    """What is said, without greetings, thanks and the like around it; all of it if that is all."""
    said = _said(text)
    return min(_ways(said), key=len, default=said)


def role_of(words: str) -> str | None:
    """The role that these words name, in any language, or None."""
    said = tidy(words).casefold()
    for language in load_command_words().values():
        for role, names in language.roles.items():
            if said in names:
                return role
    return None


def _described(words: str) -> str | None:
    """Words that speak of somebody, since they have a mail address or begin with a role."""
    first = tidy(words).replace(",", " ").split(" ")
    named = any(role_of(" ".join(first[:length])) for length in (1, 2))
    return words if "@" in words or named else None


def _meeting(words: str) -> When | None:
    """Somebody, and then a day and a time: "Anne tomorrow at 2"."""
    parts = words.split()
    ends = (read_when(" ".join(parts[at:])) for at in range(1, len(parts)))
    return next((each for each in ends if each and each.has_day and each.clock), None)


_GRAMMARS: Mapping[str, Callable[[str], object]] = {
    "until": read_ends,
    "when": read_wished_rhythm,
    "day": read_put_off,
    "role": role_of,
    "somebody": _described,
    "meeting": _meeting,
    "place": read_place,
}


def means_everybody(words: str) -> bool:
    """Whether these words mean all the people, in any language."""
    said = tidy(words).casefold()
    return any(said in language.everybody for language in load_command_words().values())


def asks(text: str) -> bool:
    """Whether the message begins as a question does, or has such a phrase in it."""
    said = f" {tidy(text).casefold()} "
    return any(
        said.startswith(f" {word} ") or (" " in word and f" {word} " in said)
        for language in load_command_words().values()
        for word in language.questions
    )


def _as_written(text: str, words: str) -> str:
    """The end of a message as the patient wrote it, from these tidied words on."""
    written = unicodedata.normalize("NFC", text)
    pattern = r"\s+".join(map(re.escape, words.split()))
    places = [found.start() for found in re.finditer(pattern, _straight(written))]
    return written[places[-1] :].strip() if places else words


def _straight(text: str) -> str:
    return text.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")


def tidy(text: str) -> str:
    """One line, composed, without punctuation at its edges; a lone `?` stays."""
    line = _straight(_BLANKS.sub(" ", unicodedata.normalize("NFC", text)).strip(_EDGES))
    return line if line.strip("?") == "" else line.rstrip("?" + _EDGES)


def _said(text: str) -> str:
    """The words without pictures and punctuation around them."""
    line = tidy(text)
    return line if line.strip("?") == "" else _MARKS.sub("", line).rstrip("?")


def _opening(said: str) -> str:
    found = _WORDS.search(said)
    first = found.group() if found else said
    return first.replace("'", "").casefold()


def _by_language(first: str) -> Iterator[_Compiled]:
    compiled = _compiled()
    yield compiled[first]
    for language, patterns in compiled.items():
        if language != first:
            yield patterns


@cache
def _single_words() -> frozenset[str]:
    """What a message of one word must be to be a command: most answers are none of them."""
    openings = {word for each in _compiled().values() for word in each.by_opening}
    days = {
        day
        for words in load_command_words().values()
        for day in (*words.when.every, *words.when.days_ahead)
    }
    return frozenset(openings | days)


@cache
def _compiled() -> Mapping[str, _Compiled]:
    return {language: _language(words) for language, words in load_command_words().items()}


def _language(words: CommandWords) -> _Compiled:
    anywhere = [parse(each, words.phrases) for each in words.opt_out_anywhere]
    either = "|".join(map(expression, anywhere))
    return _Compiled(
        _indexed(words),
        re.compile(rf"(?:{either})(?!\w)", re.IGNORECASE),
        frozenset(_opening(word) for each in anywhere for word in openings(each)),
        words.said_by_others,
    )


@cache
def _politeness() -> _Politeness:
    """Of all languages at once: "danish please" is Danish for somebody."""
    all_words = load_command_words().values()
    before, after, inside = (
        [phrase for words in all_words for phrase in getattr(words, place)]
        for place in ("before", "after", "inside")
    )
    return _Politeness(
        frozenset(_WORDS.findall(phrase)[0] for phrase in before),
        frozenset(_WORDS.findall(phrase)[-1] for phrase in after),
        frozenset(inside),
        re.compile(rf"(?:{GAP}(?:{_either(before)})(?!\w))+", re.IGNORECASE),
        re.compile(rf"(?:{GAP}(?:{_either(after)})(?!\w)\W*)+$", re.IGNORECASE),
        re.compile(rf"{GAP}(?:{_either(inside)})(?!\w)", re.IGNORECASE),
    )


def _either(phrases: Iterable[str]) -> str:
    longest_first = sorted(phrases, key=len, reverse=True)
    return "|".join(GAP.join(map(re.escape, phrase.split())) for phrase in longest_first)


def _indexed(words: CommandWords) -> _Patterns:
    """Patterns by the word that a message begins with: most messages fit none of them.

    Those that take no words of the patient come first.
    """
    index: dict[str, list[_Pattern]] = {}
    for name, pattern in sorted(_all(words), key=lambda pair: "{" in pair[1]):
        nodes = parse(pattern.removeprefix("~"), words.phrases)
        slots = {"language": words.language} if name == "language" else {}
        made = _Pattern(name, expression(nodes), slots, pattern.startswith("~"))
        for opening in dict.fromkeys(openings(nodes)):
            index.setdefault(_opening(opening), []).append(made)
    return index


def prepare() -> None:
    """Compile every pattern now, for a process that goes on."""
    for compiled in _compiled().values():
        for patterns in compiled.by_opening.values():
            for pattern in patterns:
                _compile(pattern.expression)


@cache
def _compile(expression: str) -> re.Pattern[str]:
    """When it is first tried, which most of a thousand never are in a short run."""
    return re.compile(expression, re.IGNORECASE)


def _all(words: CommandWords) -> Iterator[tuple[str, str]]:
    for name, patterns in words.commands.items():
        yield from ((name, pattern) for pattern in patterns)
