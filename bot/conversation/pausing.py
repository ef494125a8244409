"""A pause: nothing that is scheduled goes out until its end, then all goes on by itself.

What falls due meanwhile is put off to the end of the pause, a weekly question aside: there is
the next one. A session that was open runs out in its time; warning signs are followed up.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from bot.conversation import asking, silence
from bot.conversation.dates import day_name
from bot.conversation.effects import Audit, DropDue, SetDue
from bot.conversation.step import Step
from bot.schedule import QUIET_UNTIL, at_local
from bot.times import Ends, end_of, read_ends

OVER = "pause-over"
"""The kind and key of the due row at its end."""
DEFAULT = timedelta(weeks=2)
LONGEST = timedelta(days=366)
HELD = frozenset({"step", "flow", "remind", "waiting"})
"""The kinds of due rows that wait for the end of a pause."""


def holds(step: Step, kind: str) -> bool:
    """Whether a due row of this kind waits for the end of a pause."""
    return step.paused and kind in HELD


def until(step: Step) -> datetime:
    """The end of the pause that is on."""
    return datetime.fromisoformat(step.memory.paused_until)


def begin(step: Step, words: str) -> None:
    """Pause until what these words name, or for two weeks."""
    ends = read_ends(words) if words else None
    over = _morning(step, ends) if words else _default(step)
    if over is None:
        step.add_line("pause.unclear")
        return
    begin_until(step, over)


def begin_on(step: Step, day: date) -> bool:
    """Pause until the morning of this day; False: that is past, or too far away."""
    over = at_local(day, QUIET_UNTIL, step.person.zone)
    if not step.now < over <= step.now + LONGEST:
        return False
    begin_until(step, over)
    return True


def begin_until(step: Step, over: datetime) -> None:
    """Pause until then, and say so."""
    last_until(step, over)
    step.do(Audit("paused"))
    step.add_line("pause.begun", day=day_name(over, step.person.zone, step.person.language))


def last_until(step: Step, over: datetime) -> None:
    """Let the pause end then, and what was put off to its end come then."""
    step.memory.paused_until = over.isoformat()
    step.do(SetDue(OVER, OVER, over))
    _put_off_to(step, over)


def _put_off_to(step: Step, over: datetime) -> None:
    """What has fallen due in the pause comes at its end, be that sooner or later than it was."""
    for key, (kind, payload) in step.memory.put_off.items():
        step.do(SetDue(key, kind, over, payload=payload))


def last_day(step: Step) -> date | None:
    """The day on whose morning the pause that is on ends; None: there is no pause."""
    return until(step).astimezone(step.person.zone).date() if step.paused else None


def end_on(step: Step, day: date) -> None:
    """Let the pause that is on end on the morning of this day, where the patient is now."""
    last_until(step, at_local(day, QUIET_UNTIL, step.person.zone))


def _default(step: Step) -> datetime:
    day = (step.now + DEFAULT).astimezone(step.person.zone).date()
    return at_local(day, QUIET_UNTIL, step.person.zone)


def _morning(step: Step, ends: Ends | None) -> datetime | None:
    """The morning of the day that is meant; None where none is, or it is too far away."""
    moment = end_of(ends, step.now, step.person.zone, QUIET_UNTIL) if ends else None
    return moment if moment and moment - step.now <= LONGEST else None


def end(step: Step, key: str) -> None:
    """Go on, with a word, and with the question that waits."""
    lift(step)
    step.add_line(key)
    asking.take_up(step)


def lift(step: Step) -> None:
    """Pause no longer; what was due before it and is stale by now is not asked any more."""
    silence.drop_stale(step)
    _put_off_to(step, step.now)
    step.memory.put_off.clear()
    step.memory.paused_until = ""
    step.do(DropDue((OVER,)))
