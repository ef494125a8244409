"""The two questions about a visit, put when nothing else is being asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta

from bot.commands import role_of
from bot.conversation import visits
from bot.conversation.admission import note_opening, opens_at, tomorrow
from bot.conversation.dates import day_name
from bot.conversation.effects import SetDue
from bot.conversation.giving_way import give_way, waits_until
from bot.conversation.memory import AGREEING, TALKING
from bot.conversation.people import resolve
from bot.conversation.step import Step
from bot.conversation.visits import About, Visit
from bot.schedule import awake

CALM = timedelta(hours=24)
"""So long after a warning sign nothing is asked that can wait."""
_LONGEST_NAME = 20
"""Characters of a name that fit into one text message with the rest."""
_OWN = (TALKING, AGREEING)
"""The tasks that ask about a visit."""


def is_any(step: Step) -> bool:
    """Whether something is to be asked about a visit now."""
    return visits.to_ask(step) is not None


def ask_in_time(step: Step, bridge: str | None = None) -> bool:
    """Ask about a visit before what else waits, whose turn comes then; whether that was done.

    `bridge` is the message that leads over to it from what was said before. The limits of a day
    and a week count: where the clock may not speak first, it is asked when the patient writes.
    """
    if not step.memory.visits:
        return False
    visits.forget_old(step)
    found = visits.to_ask(step)
    if found is None or not _may_ask(step):
        return False
    at = _asks_at(step)
    if at > step.now or not _is_clear(step):
        if at > step.now:
            step.do(SetDue("waiting", "waiting", at))
        return False
    visit, about = found
    note_opening(step)
    visits.note_asked(step, visit, about)
    if bridge is not None:
        step.add_line(bridge)
    put(step, visit, about)
    if step.memory.waiting:
        step.do(SetDue("waiting", "waiting", tomorrow(step)))
    return True


def _may_ask(step: Step) -> bool:
    memory = step.memory
    silent = memory.quiet and step.bulk
    return not (step.open or memory.held or memory.suspended or step.paused or silent)


def _asks_at(step: Step) -> datetime:
    at = opens_at(step) if step.bulk else step.now
    if step.memory.flagged_at:
        calm = datetime.fromisoformat(step.memory.flagged_at) + CALM
        return awake(max(calm, at), step.person.zone) if calm > at else at
    return at


def _is_clear(step: Step) -> bool:
    """Whether no other dialogue is under way; one that may give way later is waited for."""
    if step.memory.task is None:
        return True
    if not step.bulk:
        return False
    if give_way(step):
        return True
    at = waits_until(step)
    if at is not None:
        step.do(SetDue("waiting", "waiting", at))
    return False


def put(step: Step, visit: Visit, about: About) -> None:
    """Ask, as a task of its own."""
    name = TALKING if about is About.TALK else AGREEING
    step.begin(name, "words", visit=visit.id, at=visit.at.isoformat(), who=visit.who)
    ask_talk(step) if about is About.TALK else ask_agreed(step)


def ask_talk(step: Step) -> None:
    """What would the patient most like to talk about? And who reads the answer."""
    visit = under_way(step)
    when = _when(step, visit.at)
    options = [("nothing", "visit.talk.nothing")]
    if not visit.who:
        step.offer("visit.talk.ask", options, when=when)
        return
    key = "visit.talk.ask-seen-by" if is_read_by(step, visit.who) else "visit.talk.ask-with"
    step.offer(key, options, when=when, who=called(step, visit.who))


def ask_agreed(step: Step) -> None:
    """Ask what was agreed there, or whether nobody was met."""
    visit = under_way(step)
    day = visit.at.astimezone(step.person.zone).date()
    yesterday = day == step.now.astimezone(step.person.zone).date() - timedelta(days=1)
    when = step.words.say("visit.yesterday") if yesterday else on_day(step, day)
    key = "visit.agreed.ask-with" if visit.who else "visit.agreed.ask"
    options = [("nothing", "visit.agreed.nothing"), ("not-met", "visit.agreed.not-met")]
    step.offer(key, options, when=when, who=called(step, visit.who))


def under_way(step: Step) -> Visit:
    """The visit that the task under way asks about."""
    task = step.memory.task
    assert task is not None
    data = task.data
    return Visit(data["visit"], datetime.fromisoformat(data["at"]), data["who"], talked=True)


def being_asked(step: Step) -> Visit | None:
    """The visit that is being asked about, as it stands while that has no answer yet."""
    task = step.memory.task
    if task is None or task.name not in _OWN:
        return None
    return replace(under_way(step), talked=task.name == AGREEING)


def gave_way(step: Step) -> bool:
    """Whether the patient has begun another dialogue, after which it is asked again."""
    return step.memory.task is not None and step.memory.task.name not in _OWN


def is_read_by(step: Step, who: str) -> bool:
    """Whether this is one person of the care team who may read the summary now."""
    found = resolve(who, step.care.members)
    readers = {grant.member.id for grant in step.care.grants}
    return len(found) == 1 and found[0].id in readers


def called(step: Step, who: str) -> str:
    """How somebody is named to the patient: `Anne`, `your physio`; a long name is cut."""
    short = who if len(who) <= _LONGEST_NAME else who[: _LONGEST_NAME - 3].rstrip() + "..."
    return step.words.say("visit.your", who=short) if role_of(who) else short


def on_day(step: Step, day: date) -> str:
    """`Thursday 8 January`."""
    noon = datetime.combine(day, time(12), tzinfo=step.person.zone)
    name = day_name(noon, step.person.zone, step.person.language)
    return step.words.say("visit.day", weekday=step.words.say(f"weekday.{day.weekday()}"), day=name)


def _when(step: Step, at: datetime) -> str:
    local = at.astimezone(step.person.zone)
    today = local.date() == step.now.astimezone(step.person.zone).date()
    key = "visit.at-today" if today else "visit.at-tomorrow"
    return step.words.say(key, clock=f"{local:%H:%M}")
