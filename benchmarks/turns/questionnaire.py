"""What every contestant asks: ten statements to choose from, in the words that ours says them in.

Read by every contestant's own process, so this needs nothing but the standard library.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Option:
    """One statement: the letter that it is typed by, what its button shows, its score."""

    id: str
    letter: str
    label: str
    score: int
    echo: str
    """What is said first once it is chosen."""


@dataclass(frozen=True)
class Question:
    """One question with the whole text under which its buttons stand."""

    id: str
    text: str
    options: tuple[Option, ...]
    rows: tuple[int, ...]
    """How many buttons each row has."""


@dataclass(frozen=True)
class Questionnaire:
    """The ten questions, and the words that everything begins and ends with."""

    intro: str
    questions: tuple[Question, ...]
    closing: str
    hint: str
    """What is said to a reply that is no answer."""

    def to_json(self) -> dict[str, Any]:
        """For a contestant in another process."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Questionnaire:
        """Read what `to_json` wrote."""
        questions = tuple(
            Question(
                each["id"],
                each["text"],
                tuple(Option(**option) for option in each["options"]),
                tuple(each["rows"]),
            )
            for each in data["questions"]
        )
        return cls(data["intro"], questions, data["closing"], data["hint"])


def percentage(scores: Sequence[int]) -> float:
    """The ODI of ten answers."""
    return 100 * sum(scores) / (5 * len(scores))
