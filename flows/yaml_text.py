"""YAML 1.2, as nodes that know their lines or as plain data.

libyaml reads it, which takes a tenth of the time of a reader in Python. By itself it follows
YAML 1.1, where an answer `no` is false and `010` is eight; here plain words mean what the core
schema of YAML 1.2 says (https://yaml.org/spec/1.2.2/#103-core-schema).
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from typing import Any

from yaml import CSafeLoader, MarkedYAMLError, Node, YAMLError
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


class _Loader(CSafeLoader):
    yaml_implicit_resolvers = {}  # noqa: RUF012 - YAML 1.1's are not inherited

    def construct_mapping(self, node: MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """Refuse a key that stands twice: of two values nobody knows which is meant."""
        seen = set()
        for key, _ in node.value:
            if key.value in seen:
                problem = f"the key {key.value!r} is there twice"
                raise ConstructorError(None, None, problem, key.start_mark)
            seen.add(key.value)
        return dict(super().construct_mapping(node, deep=deep))

    def construct_whole_number(self, node: ScalarNode) -> int:
        """Read a number in tens, or behind 0o and 0x in eights and sixteens."""
        return int(node.value, 0 if node.value[:2] in ("0o", "0x") else 10)


for _kind, _pattern, _first in _CORE:
    _Loader.add_implicit_resolver(_TAG + _kind, re.compile(rf"(?:{_pattern})\Z"), _first)
_Loader.add_constructor(f"{_TAG}int", _Loader.construct_whole_number)


def compose(text: str) -> Node | None:
    """The one document as a tree of nodes; None where there is none.

    Raises:
        MarkedYAMLError: the text is not YAML, with the place.
        YAMLError: it has signs that no YAML has.
    """
    loader = _Loader(text)
    try:
        return loader.get_single_node()
    finally:
        loader.dispose()


def load(text: str) -> Any:
    """The one document as dictionaries, lists, texts, numbers, truth values and None.

    Raises:
        MarkedYAMLError, YAMLError: as `compose`; a key stands twice, or a tag is unknown.
    """
    loader = _Loader(text)
    try:
        return loader.get_single_data()
    finally:
        loader.dispose()
