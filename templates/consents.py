"""What patients are asked to agree to: purposes, the version of each text, and its hash."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from flows import yaml_text
from templates.catalogue import load_catalogues


@dataclass(frozen=True, slots=True)
class ConsentText:
    """One question of consent. `purposes` are asked together; `message` is its text's key.

    `version` is the date from which the text says what it says.
    """

    question: str
    purposes: tuple[str, ...]
    version: str
    message: str
    hashes: Mapping[str, str]
    """By language, of the text as it stands in the catalogue."""

    def detail(self, language: str) -> dict[str, object]:
        """What an entry says of an answer to it: which text it was, and in which language."""
        return {
            "version": self.version,
            "purposes": list(self.purposes),
            "hash": self.hashes[language],
            "language": language,
        }


@cache
def load_consents() -> Mapping[str, ConsentText]:
    """Every question by its id, in the order in which they may be asked."""
    text = (files("templates") / "consents.yaml").read_text("utf-8")
    data = yaml_text.load(text)
    return {
        question: ConsentText(
            question,
            tuple(each["purposes"]),
            each["version"],
            each["message"],
            each["hashes"],
        )
        for question, each in data.items()
    }


def hash_of(text: ConsentText, language: str) -> str:
    """The hash of the text that is asked now, in this language: 16 hexadecimal digits."""
    words = load_catalogues("messages")[language].messages[text.message]
    return hashlib.sha256(words.encode()).hexdigest()[:16]
