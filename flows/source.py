"""A definition file as YAML with line numbers, read so that every mistake is collected.

A reader that meets a mistake notes it with its line and returns an empty value, so that
the rest of the file is still read. `Source.finish` raises what was noted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Any, TypeVar

from flows.errors import DefinitionError
from flows.model import Texts
from flows.spelling import (
    LONGEST_IDENTIFIER,
    advice,
    is_identifier,
    listed,
    nearest,
    parse_duration,
)
from flows.yaml_text import (
    MappingNode,
    MarkedYAMLError,
    Node,
    ScalarNode,
    SequenceNode,
    YAMLError,
    compose,
)

REQUIRED_LANGUAGES = ("da", "en")
_DECIMAL = re.compile(r"[+-]?[0-9]{1,9}")
_KINDS = {"str": "text", "int": "a whole number", "bool": "true or false", "null": "nothing"}

Kind = TypeVar("Kind", bound=StrEnum)


class Source:
    """One file being read: its name, its languages, and what is wrong with it so far."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.languages: frozenset[str] = frozenset()
        self.lines: dict[tuple[str, ...], int] = {}
        """Where the parts stand that are checked later, by a path such as ("item", id)."""
        self._errors: list[DefinitionError] = []

    def refuse(self, line: int, reason: str) -> None:
        """Note that something is wrong on this line."""
        self._errors.append(DefinitionError(self.file, line, reason))

    @property
    def refusals(self) -> int:
        """How many mistakes have been noted so far."""
        return len(self._errors)

    def finish(self) -> None:
        """Raise DefinitionError when anything was refused."""
        if self._errors:
            raise DefinitionError.of(self._errors)


class Block:
    """A mapping in the file, called `name` in what is said about it."""

    def __init__(self, source: Source, node: Node, name: str) -> None:
        self.source = source
        self.name = name
        self.line = line_of(node)
        self._values: dict[str, Node] = {}
        self._key_lines: dict[str, int] = {}
        if isinstance(node, MappingNode):
            self._gather(node)
        else:
            source.refuse(self.line, f"{name} must be keys with values, such as 'id: pain'")

    def _gather(self, node: MappingNode) -> None:
        for key_node, value in node.value:
            key = str(key_node.value)
            if key in self._values:
                first = self._key_lines[key]
                self.refuse_at(
                    line_of(key_node),
                    f"the key '{key}' is there twice (first on line {first}); keep one",
                )
                continue
            self._values[key] = value
            self._key_lines[key] = line_of(key_node)

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def __iter__(self) -> Iterator[str]:
        """The keys in the order of the file."""
        return iter(self._values)

    def line_at(self, key: str) -> int:
        """The line of a key, or of the block where it lacks the key."""
        return self._key_lines.get(key, self.line)

    def refuse(self, key: str, reason: str) -> None:
        """Note a mistake at a key of this block."""
        self.refuse_at(self.line_at(key), reason)

    def refuse_at(self, line: int, reason: str) -> None:
        """Note a mistake on a line of this block."""
        self.source.refuse(line, f"{self.name}: {reason}")

    def claim(self, *path: str) -> None:
        """Keep the line of this block under a path that ends in its id; refuse a twin."""
        first = self.source.lines.get(path)
        if first is None:
            self.source.lines[path] = self.line
        elif path[-1]:
            reason = f"the id '{path[-1]}' is taken (line {first}); choose another"
            self.refuse_at(self.line, reason)

    def allow(
        self, required: Iterable[str], optional: Iterable[str] = (), refused: Sequence[str] = ()
    ) -> None:
        """Refuse unknown keys and say which required ones are missing.

        `refused` are keys that the caller has refused already.
        """
        required = tuple(required)
        known = (*required, *optional)
        unknown = [key for key in self if key not in known and key not in refused]
        for key in unknown:
            self.refuse(key, f"unknown key '{key}'; {advice(key, known)}")
        misspelt = {nearest(key, known) for key in unknown}
        for key in required:
            if key not in self and key not in misspelt:
                self.refuse_at(self.line, f"the key '{key}' is missing; add it")

    def text(self, key: str, default: str = "") -> str:
        """A piece of text that is not empty."""
        node = self._values.get(key)
        if node is None:
            return default
        return self._text_of(node, f"'{key}'")

    def optional_text(self, key: str) -> str | None:
        """A piece of text, or None where the key is missing."""
        return self.text(key) if key in self else None

    def _text_of(self, node: Node, what: str) -> str:
        if self._is(node, "null") or (self._is(node, "str") and not node.value.strip()):
            self.refuse_at(line_of(node), f"{what} is empty; write a text or remove it")
        elif not self._is(node, "str"):
            self._wrong_kind(node, what, 'text; put it in quotes: "..."')
        else:
            return str(node.value).strip()
        return ""

    def integer(self, key: str, default: int = 0) -> int:
        """A whole number."""
        node = self._values.get(key)
        if node is None:
            return default
        return self._integer_of(node, f"'{key}'", default)

    def _integer_of(self, node: Node, what: str, default: int) -> int:
        if self._is(node, "int") and _DECIMAL.fullmatch(str(node.value)):
            return int(node.value)
        self._wrong_kind(node, what, "a whole number, such as 10")
        return default

    def flag(self, key: str) -> bool:
        """True or false; false where the key is missing."""
        node = self._values.get(key)
        if node is None:
            return False
        if not self._is(node, "bool"):
            self._wrong_kind(node, f"'{key}'", "true or false")
            return False
        return str(node.value).lower() == "true"

    def scalar(self, key: str) -> str | int | bool:
        """A text, a whole number, or true or false, as it is written."""
        node = self._values.get(key)
        if node is not None and self._is(node, "bool"):
            return self.flag(key)
        if node is not None and self._is(node, "int"):
            return self.integer(key)
        return self.text(key)

    def one_of(self, key: str, kinds: type[Kind], default: Kind) -> Kind:
        """One of the values of an enumeration."""
        word = self.text(key)
        if not word:
            return default
        known = [kind.value for kind in kinds]
        if word not in known:
            self.refuse(key, f"unknown {key} '{word}'; {advice(word, known)}")
            return default
        return kinds(word)

    def identifier(self, key: str) -> str:
        """An id: lower-case letters, digits and single hyphens, beginning with a letter."""
        word = self.text(key)
        if word and not is_identifier(word):
            self.refuse(
                key,
                f"'{word}' is not a good id; use at most {LONGEST_IDENTIFIER} lower-case "
                "letters a-z, digits and single hyphens, a letter first, such as 'leg-pain'",
            )
        return word

    def duration(self, key: str, default: timedelta) -> timedelta:
        """A length of time longer than zero, such as P7D or PT20H (ISO 8601)."""
        word = self.text(key)
        return self._duration_of(key, word) or default if word else default

    def durations(self, key: str) -> tuple[timedelta, ...]:
        """A list of lengths of time."""
        read = (self._duration_of(key, word) for word in self.words(key))
        return tuple(duration for duration in read if duration)

    def _duration_of(self, key: str, word: str) -> timedelta | None:
        duration = parse_duration(word)
        if duration is None:
            self.refuse(
                key,
                f"'{word}' is not a length of time longer than zero; "
                "write days as P7D and hours as PT20H",
            )
        return duration

    def words(self, key: str) -> tuple[str, ...]:
        """A list of texts."""
        return tuple(self._text_of(node, f"an entry of '{key}'") for node in self._list(key))

    def integers(self, key: str) -> tuple[int, ...]:
        """A list of whole numbers."""
        what = f"an entry of '{key}'"
        return tuple(self._integer_of(node, what, default=0) for node in self._list(key))

    def blocks(self, key: str, name: str) -> Iterator[Block]:
        """The blocks of a list, each called after its id or its place in the list."""
        for place, node in enumerate(self._list(key), start=1):
            block = Block(self.source, node, f"{name} {place}")
            label = block._label()
            if label:
                block.name = f"{name} '{label}'"
            yield block

    def block(self, key: str) -> Block | None:
        """The block under a key, or None where the key is missing."""
        node = self._values.get(key)
        return None if node is None else Block(self.source, node, f"{self.name}, '{key}'")

    def texts(self, key: str) -> Texts | None:
        """A text in every language of the file, or None where the key is missing."""
        block = self.block(key)
        if block is None:
            return None
        words = {language: block.text(language) for language in block}
        self._check_languages(key, words)
        return words

    def texts_or_empty(self, key: str) -> Texts:
        """A text that `allow` has required; empty where that was refused."""
        return self.texts(key) or {}

    def _check_languages(self, key: str, words: Mapping[str, str]) -> None:
        wanted = self.source.languages or frozenset(REQUIRED_LANGUAGES)
        missing = sorted(wanted - words.keys())
        if missing:
            self.refuse(key, f"'{key}' lacks the language {listed(missing)}; add the text")
        if self.source.languages:
            for language in sorted(words.keys() - wanted):
                self.refuse(
                    key,
                    f"'{key}' has the language '{language}', which the title lacks; every text "
                    "must have the languages of the title: add it there or remove it here",
                )

    def _list(self, key: str) -> list[Any]:
        node = self._values.get(key)
        if node is None:
            return []
        if not isinstance(node, SequenceNode):
            self._wrong_kind(node, f"'{key}'", "a list: one entry a line, each after '- '")
            return []
        if not node.value:
            self.refuse(key, f"'{key}' is an empty list; add an entry or remove the key")
        return list(node.value)

    def _label(self) -> str | None:
        for key in ("id", "key"):
            node = self._values.get(key)
            if node is not None and isinstance(node.value, str) and node.value:
                return node.value
        return None

    @staticmethod
    def _is(node: Node, tag: str) -> bool:
        return isinstance(node, ScalarNode) and node.tag == f"tag:yaml.org,2002:{tag}"

    def _wrong_kind(self, node: Node, what: str, wanted: str) -> None:
        self.refuse_at(line_of(node), f"{what} must be {wanted} (it is {_kind_of(node)})")


def parse(source: Source, text: str, name: str) -> Block:
    """The file as one block.

    Raises:
        DefinitionError: the file is not YAML, or not one mapping.
    """
    try:
        node = compose(text)
    except MarkedYAMLError as error:
        problem = str(error.problem or error.context or "it cannot be read")
        raise _not_yaml(source, _line_of_error(error, text), problem) from error
    except YAMLError as error:
        raise _not_yaml(source, 1, str(error).partition("\n")[0]) from error
    if not isinstance(node, MappingNode):
        reason = f"this is not a {name}; begin the file with 'id:'"
        raise DefinitionError(source.file, 1, reason)
    return Block(source, node, name)


def _line_of_error(error: MarkedYAMLError, text: str) -> int:
    """Where to look: what never ends is found at the end of the file, but begins earlier."""
    found, begun = error.problem_mark, error.context_mark
    whole = text.rstrip()
    never_ends = found is not None and found.index >= len(whole)
    mark = (begun or found) if never_ends else (found or begun)
    return 1 if mark is None else 1 + min(int(mark.line), whole.count("\n"))


def _not_yaml(source: Source, line: int, problem: str) -> DefinitionError:
    reason = (
        f"this is not YAML: {problem}; look for a missing quote, bracket or space after a "
        "colon, or a tab, on this line or just before it"
    )
    return DefinitionError(source.file, line, reason)


def line_of(node: Node) -> int:
    """The line on which a node begins, from 1."""
    return int(node.start_mark.line) + 1


def _kind_of(node: Node) -> str:
    if isinstance(node, MappingNode):
        return "keys with values"
    if isinstance(node, SequenceNode):
        return "a list"
    return _KINDS.get(str(node.tag).rpartition(":")[2], "something else")
