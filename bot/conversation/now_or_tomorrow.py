"""The question "now or tomorrow?" where more is waiting than a day should hold."""

from __future__ import annotations

from bot.conversation.step import Step
from flows.model import Flow

NAME = "go-on"


def put(step: Step, flow: Flow, questions: int) -> None:
    """Say what is next and how long it is, and let the patient choose when."""
    step.begin(NAME, "when", flow=flow.id, questions=questions)
    language, clock = step.person.language, step.person.hour.isoformat("minutes")
    step.offer_words(
        step.words.say("go-on.ask", title=flow.title[language], count=questions),
        [
            ("now", step.words.say("go-on.now")),
            ("tomorrow", step.words.say("go-on.tomorrow", clock=clock)),
        ],
    )
