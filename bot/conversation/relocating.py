"""The patient's clock runs elsewhere: what is planned by it is planned anew."""

from __future__ import annotations

from bot.conversation import admission, pathways, pausing, safety, timers, visits
from bot.conversation.effects import Audit, SavePatient, SetDue
from bot.conversation.step import Step


def relocate(step: Step, timezone: str) -> None:
    """Go by the clock of another time zone (IANA name) from now on; harmless where it is the same.

    Nothing that has come comes again, and nothing is left out: what the new clock has behind it
    already falls due now, if it is not night there.
    """
    if timezone == step.person.timezone:
        return
    before, day, zone = pathways.rhythm(step), pausing.last_day(step), step.person.zone
    step.memory.home = step.memory.home or step.person.timezone
    step.memory.moved_at = step.now.isoformat()
    step.person.timezone = timezone
    step.do(SavePatient())
    step.do(Audit("time-zone-changed"))
    if before is not None:
        pathways.follow(step, before, moved=True)
    if day is not None:
        pausing.end_on(step, day)
    timers.set_ends(step)
    safety.move_follow_up(step, zone)
    visits.set_anew(step)
    if step.memory.waiting:
        # The word about the clock is no occasion to open it: it may be early, or night, there.
        step.hushed = step.off_hours = True
        step.do(SetDue("waiting", "waiting", admission.next_hour(step)))
