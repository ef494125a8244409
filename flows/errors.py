"""What is not done, and why; what is wrong with a definition file, and where."""

from __future__ import annotations

from collections.abc import Iterable


class Refusal(Exception):
    """Something is not done, and the message says to whoever runs this what to do."""


class DefinitionError(Refusal, ValueError):
    """A definition file was refused.

    `str()` is one line for each thing that is wrong, `file:line: reason`; the reason also
    says what to do. `file`, `line` (from 1) and `reason` are those of the first, `errors`
    lists them all.
    """

    def __init__(
        self, file: str, line: int, reason: str, others: tuple[DefinitionError, ...] = ()
    ) -> None:
        super().__init__(file, line, reason)
        self.file = file
        self.line = line
        self.reason = reason
        self._others = others

    @classmethod
    def of(cls, errors: Iterable[DefinitionError]) -> DefinitionError:
        """All of several errors as one, in the order of their files and lines."""
        by_place = {(e.file, e.line, e.reason): e for each in errors for e in each.errors}
        first, *others = (by_place[place] for place in sorted(by_place))
        return cls(first.file, first.line, first.reason, tuple(others))

    @property
    def errors(self) -> tuple[DefinitionError, ...]:
        """Every single error, this one first."""
        return (self, *self._others)

    def __str__(self) -> str:
        return "\n".join(f"{e.file}:{e.line}: {e.reason}" for e in self.errors)
