"""What the patient says about consent unasked: what have I agreed to, you may use my answers."""

from __future__ import annotations

from bot.conversation import consents
from bot.conversation.consents import RESEARCH
from bot.conversation.dates import day_name
from bot.conversation.lists import joined
from bot.conversation.pending import ask_again
from bot.conversation.step import Step


def tell(step: Step) -> None:
    """What stands, with its day, and how it is taken back; needs the timeline."""
    since = consents.listed(step)
    if since:
        step.add_line("consent.intro")
        step.lead.extend(f"- {_line(step, purpose)}" for purpose in since)
    step.add_line("consent.outro" if since else "consent.nothing")
    if step.care.grants:
        names = [grant.member.name for grant in step.care.grants]
        step.add_line("consent.shared", names=joined(names, step.words.say("and")))
    ask_again(step)


def _line(step: Step, purpose: str) -> str:
    since = consents.listed(step)[purpose]
    day = day_name(since, step.person.zone, step.person.language)
    named = step.words.say(f"consent.purpose.{purpose}")
    return step.words.say("consent.line", purpose=named, day=day)


def offer_research(step: Step) -> None:
    """Put the question of research, where there is any and it is not agreed to yet."""
    if step.world.clinic.research and not consents.stands(step, RESEARCH):
        consents.put(step, RESEARCH)
        return
    stands = consents.stands(step, RESEARCH)
    step.add_line("consent.research-already" if stands else "consent.no-research")
    ask_again(step)
