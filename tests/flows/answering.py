"""Small flows and answers for the tests of this folder."""

from __future__ import annotations

from collections.abc import Mapping

from flows.session import Given, GivenKind


def said(value: int | None = None, code: str | None = None, raw: str = "") -> Given:
    """An answer as the engine would hold it."""
    return Given(GivenKind.ANSWER, raw, turn=1, value=value, code=code)


def skipped() -> Given:
    """The patient would rather not answer."""
    return Given(GivenKind.SKIP, "skip", turn=1)


def not_applicable() -> Given:
    """The question does not apply to the patient."""
    return Given(GivenKind.NOT_APPLICABLE, "does not apply", turn=1)


def answers(items: tuple[str, ...], values: str) -> Mapping[str, Given]:
    """Answers written in one line, such as `5 5 s 0 - n`: s skipped, n not applicable, - none."""
    other = {"s": skipped(), "n": not_applicable()}
    pairs = zip(items, values.split(), strict=True)
    return {item: other.get(v) or said(int(v)) for item, v in pairs if v != "-"}
