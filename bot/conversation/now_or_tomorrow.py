"""The question "now or tomorrow?" where more is waiting than a day should hold."""

from __future__ import annotations

from bot.conversation.admission import tomorrow, tomorrow_at_the_earliest
from bot.conversation.dates import day_name
from bot.conversation.step import Step
from flows.model import Flow

NAME = "go-on"


def put(step: Step, flow: Flow, questions: int) -> None:
    """Say what is next and how long it is, and let the patient choose when."""
    step.begin(NAME, "when", flow=flow.id, questions=questions)
    language = step.person.language
    step.offer_words(
        _say(step, "ask", title=flow.title[language], count=questions),
        [
            ("now", step.words.say("go-on.now")),
            ("tomorrow", _say(step, "tomorrow")),
        ],
    )


def say_put_off(step: Step) -> None:
    """Say when it comes instead."""
    step.lead.append(_say(step, "put-off"))


def _say(step: Step, key: str, **params: object) -> str:
    """In words for tomorrow, or for the first day after it that holds another conversation."""
    person, at = step.person, tomorrow_at_the_earliest(step)
    day = day_name(at, person.zone, person.language)
    params |= {"clock": person.hour.isoformat("minutes"), "day": day}
    if at == tomorrow(step):
        return step.words.say(f"go-on.{key}", **params)
    return step.words.say(f"go-on.{key}-later", **params)
