"""How many signs of the corpus are found: `python -m tests.corpus.signs [-v] [open|held|all]`."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from backtrace.languages import shipped_scanner
from flows import yaml_text
from flows.signs import SELF_HARM

FOLDER = Path(__file__).parent / "red-flags"
LANGUAGES = tuple(sorted(file.stem for file in FOLDER.glob("*.yaml")))


@dataclass(frozen=True)
class Sample:
    """A text of the corpus and what it must raise."""

    id: str
    say: str
    raises: str
    signs: tuple[str, ...]
    stop: bool = False
    held: bool = False

    @property
    def is_positive(self) -> bool:
        return self.raises != "none"


@cache
def samples(language: str) -> Sequence[Sample]:
    """Every text of a language."""
    entries = yaml_text.load((FOLDER / f"{language}.yaml").read_text("utf-8"))
    return [
        Sample(
            entry["id"],
            entry["say"],
            entry["raises"],
            tuple(filter(None, (entry.get("sign"), *entry.get("also", ())))),
            entry.get("stop", False),
            entry.get("held", False),
        )
        for entry in entries
    ]


def raised(text: str) -> tuple[str, tuple[str, ...]]:
    """What the scanner makes of a text: the level as the corpus names it, and the signs."""
    found = shipped_scanner().scan(text)
    if not found:
        return "none", ()
    first = found[0]
    level = SELF_HARM if first.sign == SELF_HARM else first.urgency.value
    return level, tuple(each.sign for each in found)


def is_right(sample: Sample) -> bool:
    """Whether a positive raises its level and one of its signs, and another text nothing."""
    level, signs = raised(sample.say)
    named = not sample.signs or not set(sample.signs).isdisjoint(signs)
    return level == sample.raises and named


def wrong(chosen: Iterable[Sample]) -> Iterator[Sample]:
    """The texts that are not read as they should be."""
    return (sample for sample in chosen if not is_right(sample))


def figures(chosen: Sequence[Sample]) -> str:
    """Recall and false alarms."""
    positive = [sample for sample in chosen if sample.is_positive]
    others = [sample for sample in chosen if not sample.is_positive]
    missed, alarms = len(list(wrong(positive))), len(list(wrong(others)))
    return (
        f"{len(positive) - missed}/{len(positive)} raised ({1 - missed / len(positive):.1%}), "
        f"{alarms}/{len(others)} false alarms ({alarms / len(others):.1%})"
    )


def main(arguments: Sequence[str]) -> None:
    """Print the figures of each language; `-v` with the texts that are read wrongly."""
    parts = {"open": (False,), "held": (True,), "all": (False, True)}
    wanted = [name for name in arguments if name in parts] or list(parts)
    for language in LANGUAGES:
        for part in wanted:
            chosen = [s for s in samples(language) if s.held in parts[part]]
            print(f"{language} {part}: {figures(chosen)}")
            if "-v" in arguments:
                for sample in wrong(chosen):
                    print(f"  {sample.id} {sample.raises}, not {raised(sample.say)}: {sample.say}")


if __name__ == "__main__":
    main(sys.argv[1:])
