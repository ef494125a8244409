"""Which command a message is, if the whole of it is one.

Patterns are data (`templates/commands`): `[x]` may be left out, `(x|y)` is either, `{name}`
takes any words. Compiled once; a message is matched against every language, the patient's
own first, since patients switch.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from templates.command_words import CommandWords, load_command_words

_TOKENS = re.compile(r"\[[^\]]*\]|\([^)]*\)|\{[a-z]+\}|[^\s\[\](){}]+")
_BLANKS = re.compile(r"\s+")
_EDGES = " \t\n.!,;:\"'()/"
_Patterns = Mapping[str, Sequence[tuple[str, re.Pattern[str]]]]


@dataclass(frozen=True, slots=True)
class Command:
    """A command by name, with the words in its slots as the patient wrote them."""

    name: str
    slots: Mapping[str, str] = field(default_factory=dict)


def recognise(text: str, language: str) -> Command | None:
    """The command that this whole message is, or None."""
    said = tidy(text)
    if not said:
        return None
    opening = _opening(said)
    for patterns in _by_language(language):
        for name, pattern in patterns.get(opening, ()):
            found = pattern.fullmatch(" " + said)
            if found is not None:
                slots = {k: v for k, v in found.groupdict().items() if v}
                if "text" in slots:
                    slots["text"] = _as_written(text, slots["text"])
                return Command(name, slots)
    return None


def role_of(words: str) -> str | None:
    """The role that these words name, in any language, or None."""
    said = tidy(words).casefold()
    for language in load_command_words().values():
        for role, names in language.roles.items():
            if said in names:
                return role
    return None


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


def _opening(said: str) -> str:
    return said.partition(" ")[0].rstrip(":,").casefold()


def _by_language(first: str) -> Iterator[_Patterns]:
    compiled = _compiled()
    yield compiled[first]
    for language, patterns in compiled.items():
        if language != first:
            yield patterns


@cache
def _compiled() -> Mapping[str, _Patterns]:
    return {language: _indexed(words) for language, words in load_command_words().items()}


def _indexed(words: CommandWords) -> _Patterns:
    """Patterns by the word that a message begins with: most messages fit none of them.

    Of one command, those that take no words of the patient come first.
    """
    index: dict[str, list[tuple[str, re.Pattern[str]]]] = {}
    for name, patterns in words.commands.items():
        for pattern in sorted(patterns, key=lambda pattern: "{" in pattern):
            compiled = re.compile(expression(pattern), re.IGNORECASE)
            for opening in dict.fromkeys(openings(pattern)):
                index.setdefault(opening, []).append((name, compiled))
    return index


def openings(pattern: str) -> Iterator[str]:
    """The words that a message of this pattern can begin with."""
    for token in _TOKENS.findall(pattern):
        for words in token.strip("[]()").split("|"):
            yield _opening(words.strip())
        if not token.startswith("["):
            return


def expression(pattern: str) -> str:
    """The regular expression of a pattern, for tidied words with a blank before them."""
    return "".join(_token(token) for token in _TOKENS.findall(pattern))


def _token(token: str) -> str:
    if token.startswith("{"):
        return f"[ :,]+(?P<{token[1:-1]}>.+?)"
    if token.startswith("["):
        return f"(?: {_either(token[1:-1].strip('()'))})?"
    if token.startswith("("):
        return f" {_either(token[1:-1])}"
    return f" {re.escape(token)}"


def _either(words: str) -> str:
    return "(?:" + "|".join(re.escape(word.strip()) for word in words.split("|")) + ")"
