"""A pathway on one screen: what comes when, and what of it is followed."""

from __future__ import annotations

from flows.library import Library
from flows.model import Step
from trajectory.measures import measures_of


def plan(library: Library, pathway_id: str) -> str:
    """The plan of a pathway as text, one line a step; KeyError when there is no such pathway."""
    pathway, followed = library.pathway(pathway_id), measures_of(library, pathway_id)
    timings = [_timing(step) for step in pathway.steps]
    width = max(map(len, timings))
    own = {step.flow for step in pathway.steps}
    items = {item.id for flow in own for item in library.flow(flow).items}
    names = [measure.id for measure in followed.all if measure.id in own | items]
    told = [name for name in followed.told if name in names]
    drawn = [name for name in followed.curves if name in names]
    return "\n".join(
        [
            f"{pathway.id}: {pathway.title['en']}",
            *(
                f"  {timing:{width}}  {_asked(step)}"
                for timing, step in zip(timings, pathway.steps, strict=True)
            ),
            f"followed: {', '.join(names)}",
            f"drawn: {', '.join(drawn)}",
            f"told to the patient: {', '.join(told)}",
        ]
    )


def _timing(step: Step) -> str:
    if step.at_start:
        return "at the start"
    if step.day is not None:
        return f"day {step.day}"
    if step.weekly_until is not None:
        then = f", as chosen to week {step.then_until}" if step.then_until else ""
        return f"weekly to week {step.weekly_until}{then}"
    return f"week{'s' if len(step.weeks) > 1 else ''} {', '.join(map(str, step.weeks))}"


def _asked(step: Step) -> str:
    return step.flow if step.items is None else f"{step.flow} ({', '.join(step.items)})"
