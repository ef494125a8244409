"""Message catalogues: YAML files named by their language, one message per key.

Nested keys are joined with dots, every scalar is text (`no` and `18:00` stay what they are),
placeholders are those of `str.format`: `{days}`. Where a number decides the form, a key has
the plural categories of its language (`one`, `other`) under it and `count` chooses.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path, PurePath
from string import Formatter
from types import MappingProxyType
from typing import Literal

from babel import Locale

from flows.yaml_text import MappingNode, MarkedYAMLError, Node, ScalarNode, compose

Kind = Literal["messages", "words"]
"""`messages` is what the chat says, `words` what the pages show."""

PLURAL_FORMS = frozenset({"zero", "one", "two", "few", "many", "other"})
"""Plural categories of the Unicode CLDR."""


class MissingMessage(KeyError):
    """A key that the catalogue lacks, or a placeholder that was not given."""


class BrokenCatalogue(ValueError):
    """A catalogue file that cannot be used; says file, line and reason."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The messages of one language by dotted key; hashed by the language."""

    language: str
    messages: Mapping[str, str]

    def __hash__(self) -> int:
        return hash(self.language)

    @classmethod
    def read(cls, text: str, file: str) -> Catalogue:
        """Read a YAML text; the stem of `file` (`da.yaml`) is the language.

        Raises:
            BrokenCatalogue: not YAML, a doubled key, a list, an empty message or a broken
                placeholder.
        """
        return cls(PurePath(file).stem, MappingProxyType(dict(_messages(text, file))))

    def say(self, key: str, /, **params: object) -> str:
        """The message with its placeholders filled.

        Raises:
            MissingMessage: no such key, or one of its placeholders was not given.
        """
        message = self.messages.get(key)
        if message is None:
            raise MissingMessage(f"{self.language}: no message {key!r}")
        try:
            return message.format_map(params)
        except KeyError as missing:
            name = missing.args[0]
            raise MissingMessage(f"{self.language}: {key!r} needs {{{name}}}") from None

    def count(self, key: str, n: float, /, **params: object) -> str:
        """The form of the message that goes with this number, which fills `{n}`.

        Raises:
            MissingMessage: as `say`; the key has no such plural form.
        """
        return self.say(f"{key}.{Locale(self.language).plural_form(n)}", **{"n": n, **params})

    def has(self, key: str) -> bool:
        """Whether there is a message under exactly this key."""
        return key in self.messages


def compare(catalogues: Mapping[str, Catalogue]) -> list[str]:
    """What the languages differ in, keys and placeholders; empty when they agree.

    A message with plural forms needs those of each language: Polish has more than Danish.
    """
    known = {key for each in catalogues.values() for key in each.messages}
    stems = _plural_stems(known)
    known |= {f"{stem}.{form}" for stem in stems for form in PLURAL_FORMS}
    return [
        difference
        for key in sorted(known)
        for difference in _differences(
            key, {code: catalogues[code] for code in sorted(catalogues)}, stems
        )
    ]


@cache
def load_catalogues(kind: Kind) -> Mapping[str, Catalogue]:
    """Every catalogue of this kind that the package brings, by language code.

    Files of one language in folders below are parts of one catalogue.

    Raises:
        BrokenCatalogue: as `Catalogue.read`; two files have the same key.
    """
    folder = Path(str(files("templates") / kind))
    found: dict[str, dict[str, str]] = {}
    for file in sorted(folder.rglob("*.yaml")):
        part = Catalogue.read(file.read_text(encoding="utf-8"), file.name)
        whole = found.setdefault(part.language, {})
        if doubled := sorted(whole.keys() & part.messages.keys()):
            raise BrokenCatalogue(f"{file.relative_to(folder)}: {doubled[0]} stands elsewhere too")
        whole |= part.messages
    return MappingProxyType(
        {language: Catalogue(language, MappingProxyType(said)) for language, said in found.items()}
    )


def _plural_stems(keys: set[str]) -> set[str]:
    """Keys under which nothing but plural forms stand."""
    forms: dict[str, set[str]] = {}
    for key in keys:
        stem, _, form = key.rpartition(".")
        forms.setdefault(stem, set()).add(form)
    return {stem for stem, below in forms.items() if below <= PLURAL_FORMS}


def _needs(catalogue: Catalogue, key: str, stems: set[str]) -> bool:
    stem, _, form = key.rpartition(".")
    return stem not in stems or form in {*Locale(catalogue.language).plural_form.tags, "other"}


def _differences(key: str, catalogues: Mapping[str, Catalogue], stems: set[str]) -> Iterator[str]:
    lacking = [
        code for code, each in catalogues.items() if not each.has(key) and _needs(each, key, stems)
    ]
    if lacking:
        yield f"{key}: missing in {', '.join(lacking)}"
    wanted = {
        code: ", ".join(sorted(_placeholders(each.messages[key]))) or "nothing"
        for code, each in catalogues.items()
        if each.has(key)
    }
    if len(set(wanted.values())) > 1:
        yield f"{key}: " + "; ".join(f"{code} fills {names}" for code, names in wanted.items())


def _placeholders(message: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(message) if name is not None}


def _messages(text: str, file: str) -> Iterator[tuple[str, str]]:
    try:
        root = compose(text)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise BrokenCatalogue(f"{file}:{line}: {error.problem}") from None
    if not isinstance(root, MappingNode):
        raise BrokenCatalogue(f"{file}:1: expected keys with messages")
    seen: set[str] = set()
    for key, message, line in _leaves(root, file, ""):
        if key in seen:
            raise BrokenCatalogue(f"{file}:{line}: {key} stands twice")
        seen.add(key)
        _check_placeholders(key, message, f"{file}:{line}")
        yield key, message


def _leaves(node: Node, file: str, prefix: str) -> Iterator[tuple[str, str, int]]:
    for key_node, value in node.value:
        key = f"{prefix}{key_node.value}"
        line = key_node.start_mark.line + 1
        if isinstance(value, MappingNode):
            yield from _leaves(value, file, f"{key}.")
        elif isinstance(value, ScalarNode) and value.value:
            yield key, value.value, line
        else:
            raise BrokenCatalogue(f"{file}:{line}: {key} is neither a message nor keys")


def _check_placeholders(key: str, message: str, place: str) -> None:
    try:
        names = _placeholders(message)
    except ValueError as error:
        raise BrokenCatalogue(f"{place}: {key}: {error}") from None
    wrong = sorted(name for name in names if not name.isidentifier())
    if wrong:
        raise BrokenCatalogue(f"{place}: {key}: placeholder {wrong[0]!r} is not a name")
