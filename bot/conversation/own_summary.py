"""The patient's own summary, as the conversation tells of it."""

from __future__ import annotations

from bot.conversation.step import Step
from trajectory.summary import Person, Summary, summarise


def own_summary(step: Step) -> Summary:
    """What the timeline of this step sums up to now."""
    return summarise(step.timeline, _person(step), step.now, None)


def _person(step: Step) -> Person:
    """The patient as the summary names them."""
    person = step.person
    pathway = step.world.library.pathway(person.pathway) if person.pathway else None
    return Person(
        name=person.name,
        pathway_titles=pathway.title if pathway else {},
        started_at=person.started_at,
        timezone=person.timezone,
        language=person.language,
    )
