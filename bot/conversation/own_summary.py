"""The patient's own summary, as the conversation tells of it."""

from __future__ import annotations

from bot.conversation.step import Step
from trajectory.measures import measures_of
from trajectory.summary import Person, Summary, summarise


def own_summary(step: Step) -> Summary:
    """What the timeline of this step sums up to now."""
    return summarise(step.timeline, person_of(step), step.now, None)


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
