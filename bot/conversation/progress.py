"""How am I doing: a few plain sentences from what the patient has reported, never a judgement."""

from __future__ import annotations

from bot.conversation.step import Step
from templates.pages import progress_picture
from templates.words import Words
from trajectory.measures import Direction, measures_of
from trajectory.progress import Progress, Trend, how_am_i
from trajectory.summary import Person, summarise


def tell(step: Step) -> None:
    """Lead the next message with what has changed since the start, in words and as a picture."""
    summary = summarise(step.timeline, person_of(step), step.now, None)
    step.lead.extend(_lines(step, how_am_i(summary)))
    step.picture = progress_picture(summary, step.person.language)


def _lines(step: Step, progress: Progress) -> list[str]:
    if not progress.enough:
        return [step.words.say("progress.too-early"), *_now(step, progress)]
    lines = [_sentence(step, trend) for trend in progress.trends if trend.change is not None]
    return [step.words.say("progress.intro"), *lines, step.words.say("progress.outro")]


def person_of(step: Step) -> Person:
    """The patient as the summary names them."""
    person = step.person
    pathway = step.pathway
    return Person(
        name=person.name,
        pathway_titles=pathway.title if pathway else {},
        started_at=person.started_at,
        timezone=person.timezone,
        language=person.language,
        measures=measures_of(step.world.library, person.pathway),
    )


def _now(step: Step, progress: Progress) -> list[str]:
    number = Words.of(step.person.language).number
    return [
        step.words.say("progress.now", now=number(trend.now.value), **_named(step, trend))
        for trend in progress.trends
    ]


def _named(step: Step, trend: Trend) -> dict[str, object]:
    measure = trend.measure
    return {"name": measure.plainly(step.person.language), "maximum": measure.maximum}


def _sentence(step: Step, trend: Trend) -> str:
    assert trend.change is not None
    number = Words.of(step.person.language).number
    direction = trend.change.direction
    start, now = number(trend.start.value), number(trend.now.value)
    sentence = step.words.say("progress.then-now", start=start, now=now, **_named(step, trend))
    small = trend.change.important is False
    which = "unchanged" if direction is Direction.UNCHANGED or small else direction.value
    if which == "worse" and trend.measure.higher_is_better:
        which = "fewer"
    return f"{sentence} {step.words.say(f'progress.verdict.{which}')}"
