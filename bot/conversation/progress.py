"""How am I doing: what has changed, the goal and a next step; never a judgement of danger."""

from __future__ import annotations

from collections.abc import Iterator

from bot.conversation import safety
from bot.conversation.own_summary import own_summary
from bot.conversation.plan import goal_lines
from bot.conversation.step import Step
from bot.conversation.stepping import advice
from templates.pages import progress_picture
from templates.words import Words
from trajectory.measures import Direction
from trajectory.progress import Progress, Trend, how_am_i

_ORDER = ("better", "unchanged", "worse", "fewer")


def tell(step: Step) -> None:
    """Lead the next message with what has changed since the start, in words and as a picture."""
    summary = own_summary(step)
    progress = how_am_i(summary)
    told = advice(step, summary, progress)
    if told.in_danger:
        _put_danger_first(step)
    step.lead.extend(_lines(step, progress, in_danger=told.in_danger))
    step.lead.extend([*told.usual, *goal_lines(step, summary), *told.next])
    step.picture = progress_picture(summary, step.person.language)


def _put_danger_first(step: Step) -> None:
    """What to do about the warning sign comes before all that has become better."""
    if safety.is_quiet(step):
        safety.say_quiet(step)
    elif step.memory.urgency:
        safety.remind(step)


def _lines(step: Step, progress: Progress, *, in_danger: bool) -> list[str]:
    if not progress.enough:
        return [step.words.say("progress.too-early"), *_now(step, progress)]
    sentences = [_plainly(step, progress)] if in_danger else _sentences(step, progress)
    return [*sentences, step.words.say("progress.outro")]


def _plainly(step: Step, progress: Progress) -> str:
    """The numbers without a word for them, which would calm beside a warning sign."""
    parts = [_part(step, trend) for trend in progress.trends if trend.change is not None]
    return step.words.say("progress.change.plain", parts=", ".join(parts))


def _now(step: Step, progress: Progress) -> list[str]:
    number = Words.of(step.person.language).number
    return [
        step.words.say("progress.now", now=number(trend.now.value), **_named(step, trend))
        for trend in progress.trends
    ]


def _sentences(step: Step, progress: Progress) -> Iterator[str]:
    """One sentence for all that has gone the same way."""
    for way in _ORDER:
        parts = [_part(step, trend) for trend in progress.trends if _way(trend) == way]
        if parts:
            yield step.words.say(f"progress.change.{way}", parts=", ".join(parts))


def _way(trend: Trend) -> str | None:
    """Which way it has gone; a change too small to matter is none."""
    change = trend.change
    if change is None:
        return None
    if change.important is False or change.direction is Direction.UNCHANGED:
        return "unchanged"
    worse = change.direction is Direction.WORSE
    return "fewer" if worse and trend.measure.higher_is_better else change.direction.value


def _part(step: Step, trend: Trend) -> str:
    number = Words.of(step.person.language).number
    named = _named(step, trend)
    named["name"] = _within_a_sentence(str(named["name"]))
    start, now = number(trend.start.value), number(trend.now.value)
    return step.words.say("progress.part", start=start, now=now, **named)


def _within_a_sentence(name: str) -> str:
    """`Pain` as it stands behind a colon; `PHQ-4` stays as it is."""
    return name[:1].lower() + name[1:] if name[1:2].islower() else name


def _named(step: Step, trend: Trend) -> dict[str, object]:
    measure = trend.measure
    return {"name": measure.plainly(step.person.language), "maximum": measure.maximum}
