"""Which next step fits, by the conditions in `templates/next_steps.yaml`; none in danger."""

from __future__ import annotations

from typing import NamedTuple

from bot.conversation.step import Step
from templates.next_steps import STEP, USUAL, NextStep
from trajectory.measures import Verdict
from trajectory.progress import Progress
from trajectory.summary import Summary

_COURSES = {
    Verdict.BETTER: "better",
    Verdict.UNCHANGED: "unchanged",
    Verdict.MIXED: "worse",
    Verdict.WORSE: "worse",
}
"""How it goes, by the verdict: where anything is worse, it is not said to be well."""


class Advice(NamedTuple):
    """Lines for the patient; none where they would stand beside a warning sign."""

    usual: list[str]
    next: list[str]
    in_danger: bool = False


def advice(step: Step, summary: Summary, progress: Progress) -> Advice:
    """What is usual, if something fits, and one next step; a text that nobody signed says so.

    The next step that needs no signature is a question for the visit. Nothing while a warning
    sign is open: advice beside it would calm.
    """
    if is_in_danger(step):
        return Advice([], [], in_danger=True)
    fitting = [each for each in step.world.next_steps if _fits(step, each, summary, progress)]
    usual, next_step = (
        [_told(step, each) for each in fitting if each.kind == kind][:1] for kind in (USUAL, STEP)
    )
    return Advice(usual, next_step or [step.words.say("progress.question")])


def is_in_danger(step: Step) -> bool:
    """Whether a warning sign was reported that no doctor has looked at, as far as is known."""
    memory = step.memory
    return memory.held or bool(memory.urgency) or bool(memory.self_harm_at)


def _fits(step: Step, each: NextStep, summary: Summary, progress: Progress) -> bool:
    if step.person.pathway is not None and step.person.pathway not in each.pathways:
        return False
    course = _COURSES[progress.overall] if progress.overall is not None else ""
    if course not in each.course:
        return False
    if each.work and (summary.work is None or summary.work.code not in each.work):
        return False
    values = {trend.measure.id: trend.now.value for trend in progress.trends}
    return all(
        measure in values and limits.hold(values[measure])
        for measure, limits in each.measures.items()
    )


def _told(step: Step, each: NextStep) -> str:
    text = each.text[step.person.language]
    key = f"progress.{each.kind}" if each.signed_by else f"progress.{each.kind}-unsigned"
    return step.words.say(key, text=text)
