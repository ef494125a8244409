"""Which steps can be played together, so that thousands of patients do not take hours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from backtrace.replay import steps as step
from bot.inbox import LARGEST_BATCH

Numbered = tuple[int, step.Step]


def batches(steps: Sequence[Numbered]) -> Iterator[list[Numbered]]:
    """Steps at one moment by patients who are all different; any other step stands alone."""
    batch: list[Numbered] = []
    people: set[str] = set()
    for number, each in steps:
        person = about(each)
        joins = person is not None and person not in people and len(batch) < LARGEST_BATCH
        if batch and not (joins and people and each.at == batch[-1][1].at):
            yield batch
            batch, people = [], set()
        batch.append((number, each))
        people |= {person} if person is not None else set()
    if batch:
        yield batch


def about(each: step.Step) -> str | None:
    """The one patient whom a step is about; None for professionals, and for time alone."""
    match each:
        case step.EnrolStep(enrol=enrol):
            return enrol.patient
        case step.StartStep(start=start):
            return start.patient
        case step.TextStep() | step.TapStep():
            return each.sender
        case _:
            return None
