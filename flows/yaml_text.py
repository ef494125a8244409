"""YAML 1.2, as nodes that know their lines or as plain data.

libyaml reads it, which takes a tenth of the time of a reader in Python. By itself it follows
YAML 1.1, where an answer `no` is false and `010` is eight; here plain words mean what the core
schema of YAML 1.2 says (https://yaml.org/spec/1.2.2/#103-core-schema).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable
from typing import Any

from yaml import CSafeLoader, MarkedYAMLError, Node, YAMLError
from yaml.composer import ComposerError
from yaml.constructor import ConstructorError
from yaml.nodes import MappingNode, ScalarNode, SequenceNode

__all__ = [
    "MappingNode",
    "MarkedYAMLError",
    "Node",
    "ScalarNode",
    "SequenceNode",
    "YAMLError",
    "compose",
    "load",
]

_TAG = "tag:yaml.org,2002:"
# Each kind of word: how it is written, and with what it may begin.
_CORE = (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", list("-+0123456789")),
    (
        "float",
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"
        r"|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        list("-+.0123456789"),
    ),
)


_DEEPEST = 100
"""So many levels stand within each other at most. Ours have eight; tens of thousands end the
process in PyYAML's composer, and on a thousand Python gives up in what walks down the data."""
_LONGEST_NUMBER = 100
"""So many signs has a whole number at most: Python does not write out one of thousands."""
_UNREADABLE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What PyYAML raises for a value that its tag does not allow."""


class _Loader(CSafeLoader):
    yaml_implicit_resolvers = {}  # noqa: RUF012 - YAML 1.1's are not inherited

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._depth = 0

    def descend_resolver(self, current_node: Node | None, current_index: object) -> None:
        """Count the levels: libyaml's binding calls this before it reads a node."""
        self._depth += 1
        if self._depth > _DEEPEST:
            problem = f"more than {_DEEPEST} levels stand within each other"
            mark = current_node.start_mark if current_node else None
            raise ComposerError(None, None, problem, mark)

    def ascend_resolver(self) -> None:
        """The same after it."""
        self._depth -= 1

    def construct_mapping(self, node: Node, deep: bool = False) -> dict[Hashable, Any]:
        """Refuse a key that stands twice: of two values nobody knows which is meant.

        That is two keys that are equal, however they are written: 10 and 010.
        """
        if not isinstance(node, MappingNode):
            raise ConstructorError(None, None, "these are no keys with values", node.start_mark)
        found: dict[Hashable, Any] = {}
        for key_node, value in node.value:
            key = self.construct_object(key_node, deep=deep)
            if not isinstance(key, Hashable):
                problem = "a list or keys with values cannot be a key"
                raise ConstructorError(None, None, problem, key_node.start_mark)
            if key in found:
                problem = f"the key {key!r} is there twice"
                raise ConstructorError(None, None, problem, key_node.start_mark)
            found[key] = self.construct_object(value, deep=deep)
        return found

    def construct_whole_number(self, node: ScalarNode) -> int:
        """Read a number in tens, or behind 0o and 0x in eights and sixteens."""
        written = self.construct_scalar(node)
        if len(written) > _LONGEST_NUMBER:
            problem = f"a whole number of more than {_LONGEST_NUMBER} signs"
            raise ConstructorError(None, None, problem, node.start_mark)
        return int(written, 0 if written[:2] in ("0o", "0x") else 10)


def _marked(read: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """As `read`, but what it cannot read is refused at its place."""

    def construct(loader: _Loader, node: Node) -> Any:
        try:
            return read(loader, node)
        except _UNREADABLE as error:
            problem = f"this is no {node.tag.removeprefix(_TAG)}"
            raise ConstructorError(None, None, problem, node.start_mark) from error

    return construct


for _kind, _pattern, _first in _CORE:
    _Loader.add_implicit_resolver(_TAG + _kind, re.compile(rf"(?:{_pattern})\Z"), _first)
for _kind, _read in (
    ("bool", _Loader.construct_yaml_bool),
    ("int", _Loader.construct_whole_number),
    ("float", _Loader.construct_yaml_float),
    ("timestamp", _Loader.construct_yaml_timestamp),
):
    _Loader.add_constructor(_TAG + _kind, _marked(_read))


def _opened(text: str) -> _Loader:
    try:
        return _Loader(text)
    except UnicodeEncodeError as error:
        raise YAMLError(f"{error.object[error.start]!a} is no sign by itself") from error


def compose(text: str) -> Node | None:
    """The one document as a tree of nodes; None where there is none.

    Raises:
        MarkedYAMLError: the text is not YAML or nested too deeply, with the place.
        YAMLError: it has signs that no YAML has.
    """
    loader = _opened(text)
    try:
        return loader.get_single_node()
    finally:
        loader.dispose()


def load(text: str) -> Any:
    """The one document as dictionaries, lists, texts, numbers, truth values and None.

    Raises:
        MarkedYAMLError, YAMLError: as `compose`; a key stands twice or is itself a list or
            keys with values, a tag is unknown, or a value is not what its tag says (`!!int foo`).
    """
    loader = _opened(text)
    try:
        return loader.get_single_data()
    finally:
        loader.dispose()
